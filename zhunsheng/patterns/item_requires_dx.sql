WITH c AS MATERIALIZED (
    SELECT
        l.line_id, l.person_id, l.encounter_id, l.service_date, l.amount_fen, l.in_scope_fen,
        b.rule_id, b.point_id, b.verdict, b.dx_codes, b.within_days, b.scope
    FROM line AS l
    INNER JOIN b_item_requires_dx AS b
        ON l.item_code = b.item_code AND l.service_date >= b.valid_from AND l.service_date < b.valid_to
    WHERE b.scope = 'all' OR l.in_scope_fen IS NULL OR l.in_scope_fen <> 0
),

wanted AS (
    SELECT DISTINCT dx_codes, UNNEST(STRING_SPLIT(dx_codes, ' ')) AS beginning
    FROM b_item_requires_dx
),

own AS (
    SELECT d.encounter_id, MIN(d.code) AS first_code, COUNT(DISTINCT d.code) AS codes
    FROM diagnosis AS d
    INNER JOIN (SELECT DISTINCT encounter_id FROM c) AS k ON d.encounter_id = k.encounter_id
    GROUP BY d.encounter_id
),

-- the encounters whose diagnoses count for a line: its own, and those that touch the days before it
seen AS (
    SELECT line_id, rule_id, point_id, dx_codes, encounter_id FROM c
    UNION ALL
    SELECT c.line_id, c.rule_id, c.point_id, c.dx_codes, e.encounter_id
    FROM c
    INNER JOIN encounter AS e ON c.person_id = e.person_id
    WHERE
        c.within_days > 0 AND e.start_date <= c.service_date
        AND DATE_DIFF('day', COALESCE(e.end_date, e.start_date), c.service_date) <= c.within_days
),

met AS (
    SELECT DISTINCT seen.line_id, seen.rule_id, seen.point_id
    FROM seen
    INNER JOIN diagnosis AS d ON seen.encounter_id = d.encounter_id
    INNER JOIN wanted ON seen.dx_codes = wanted.dx_codes AND STARTS_WITH(d.code, wanted.beginning)
),

judged AS (
    SELECT
        c.*,
        own.first_code,
        own.codes,
        CASE
            WHEN own.encounter_id IS NULL THEN 'dx_missing'
            WHEN c.scope = 'paid' AND c.in_scope_fen IS NULL THEN 'scope_missing'
            ELSE 'dx_absent'
        END AS reason
    FROM c
    LEFT JOIN own ON c.encounter_id = own.encounter_id
    LEFT JOIN met ON c.line_id = met.line_id AND c.rule_id = met.rule_id AND c.point_id = met.point_id
    WHERE met.line_id IS NULL
)

SELECT
    rule_id,
    point_id,
    line_id AS subject_key,
    CASE WHEN reason = 'dx_absent' THEN verdict ELSE 'unknown' END AS verdict,
    reason,
    dx_codes AS expected,
    CASE WHEN first_code IS NULL THEN '' ELSE first_code || ' ' || CAST(codes AS VARCHAR) END AS actual,
    'subject' AS role,
    'line' AS row_kind,
    line_id AS row_id,
    amount_fen
FROM judged
