WITH coded AS (
    SELECT DISTINCT encounter_id, 'diagnosis' AS register, code, SUBSTR(code, 1, 3) AS head FROM diagnosis
    WHERE is_principal
    UNION
    SELECT DISTINCT encounter_id, 'procedure', code, SUBSTR(code, 1, 3) FROM procedure WHERE sequence = 1
),

c AS MATERIALIZED (
    SELECT
        e.encounter_id, e.visit_type, e.end_date, coded.code, b.rule_id, b.point_id, b.valid_from, b.verdict, b.needs,
        b.need_codes
    FROM coded
    INNER JOIN b_code_requires AS b ON coded.register = b.register AND coded.head = SUBSTR(b.code, 1, 3)
    INNER JOIN encounter AS e ON coded.encounter_id = e.encounter_id
    WHERE STARTS_WITH(coded.code, b.code) AND e.start_date >= b.valid_from AND e.start_date < b.valid_to
),

wanted AS (
    SELECT DISTINCT needs, need_codes, UNNEST(STRING_SPLIT(need_codes, ' ')) AS need_code FROM b_code_requires
),

charged AS MATERIALIZED (
    SELECT DISTINCT l.encounter_id, l.item_code
    FROM line AS l
    INNER JOIN (SELECT DISTINCT need_code FROM wanted WHERE needs = 'item') AS k ON l.item_code = k.need_code
),

met AS (
    SELECT DISTINCT c.encounter_id, c.need_codes, c.needs
    FROM c
    INNER JOIN wanted AS w ON c.need_codes = w.need_codes AND c.needs = w.needs
    INNER JOIN charged ON c.encounter_id = charged.encounter_id AND w.need_code = charged.item_code
    WHERE c.needs = 'item'
    UNION
    SELECT DISTINCT c.encounter_id, c.need_codes, c.needs
    FROM c
    INNER JOIN wanted AS w ON c.need_codes = w.need_codes AND c.needs = w.needs
    INNER JOIN diagnosis AS d ON c.encounter_id = d.encounter_id
    WHERE c.needs = 'diagnosis' AND d.is_principal AND STARTS_WITH(d.code, w.need_code)
),

principal AS (
    SELECT DISTINCT encounter_id FROM diagnosis WHERE is_principal
),

judged AS (
    SELECT
        c.*,
        CASE
            WHEN c.needs = 'diagnosis' AND p.encounter_id IS NULL THEN 'principal_missing'
            WHEN c.needs = 'item' AND c.visit_type = 'inpatient' AND c.end_date IS NULL THEN 'encounter_open'
            ELSE 'evidence_absent'
        END AS reason
    FROM c
    LEFT JOIN met ON c.encounter_id = met.encounter_id AND c.need_codes = met.need_codes AND c.needs = met.needs
    LEFT JOIN principal AS p ON c.encounter_id = p.encounter_id
    WHERE met.encounter_id IS NULL
)

SELECT
    rule_id,
    point_id,
    encounter_id || '|' || code AS subject_key,
    CASE WHEN reason = 'evidence_absent' THEN verdict ELSE 'unknown' END AS verdict,
    reason,
    need_codes AS expected,
    code AS actual,
    'subject' AS role,
    'encounter' AS row_kind,
    encounter_id AS row_id,
    CAST(0 AS BIGINT) AS amount_fen
FROM judged
