WITH c AS MATERIALIZED (
    SELECT
        l.line_id, l.person_id, l.encounter_id, l.service_date, l.amount_fen,
        b.rule_id, b.point_id, b.verdict, b.need_set, b.need_code, b.time_window
    FROM line AS l
    INNER JOIN b_item_requires_item AS b
        ON l.item_code = b.item_code AND l.service_date >= b.valid_from AND l.service_date < b.valid_to
),

need AS MATERIALIZED (
    SELECT l.person_id, l.encounter_id, l.service_date, l.item_code
    FROM line AS l
    INNER JOIN (SELECT DISTINCT need_code FROM b_item_requires_item) AS k ON l.item_code = k.need_code
),

met AS (
    SELECT DISTINCT c.rule_id, c.need_set, c.line_id
    FROM c
    INNER JOIN need AS n
        ON c.person_id = n.person_id AND c.service_date = n.service_date AND c.need_code = n.item_code
    WHERE c.time_window = 'day'
    UNION
    SELECT DISTINCT c.rule_id, c.need_set, c.line_id
    FROM c
    INNER JOIN need AS n
        ON c.person_id = n.person_id AND c.encounter_id = n.encounter_id AND c.need_code = n.item_code
    WHERE c.time_window = 'encounter'
),

asked AS (
    SELECT
        rule_id, need_set, line_id, encounter_id, amount_fen, MIN(point_id) AS point_id, MIN(verdict) AS verdict,
        MAX(CASE WHEN time_window = 'encounter' THEN 1 ELSE 0 END) AS by_encounter
    FROM c
    GROUP BY rule_id, need_set, line_id, encounter_id, amount_fen
),

told AS (
    SELECT
        a.rule_id, a.point_id, a.need_set, a.line_id, a.verdict, a.amount_fen,
        CASE
            WHEN a.by_encounter = 1 AND e.encounter_id IS NULL THEN 'encounter_missing'
            WHEN a.by_encounter = 1 AND e.visit_type = 'inpatient' AND e.end_date IS NULL THEN 'encounter_open'
            ELSE 'needed_absent'
        END AS reason
    FROM asked AS a
    LEFT JOIN met AS m ON a.rule_id = m.rule_id AND a.need_set = m.need_set AND a.line_id = m.line_id
    LEFT JOIN encounter AS e ON a.encounter_id = e.encounter_id
    WHERE m.line_id IS NULL
)

SELECT
    rule_id,
    point_id,
    line_id || '|' || need_set AS subject_key,
    CASE WHEN reason = 'needed_absent' THEN verdict ELSE 'unknown' END AS verdict,
    reason,
    need_set AS expected,
    '' AS actual,
    'subject' AS role,
    'line' AS row_kind,
    line_id AS row_id,
    amount_fen
FROM told
