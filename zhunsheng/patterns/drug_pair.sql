WITH c AS MATERIALIZED (
    SELECT
        l.line_id, l.person_id, l.encounter_id, l.service_date, l.amount_fen, b.rule_id, b.point_id, b.valid_from,
        b.verdict, b.first_code, b.time_window
    FROM line AS l
    INNER JOIN b_drug_pair AS b
        ON l.item_code = b.second_code AND l.service_date >= b.valid_from AND l.service_date < b.valid_to
),

given AS MATERIALIZED (
    SELECT l.line_id, l.person_id, l.encounter_id, l.service_date, l.item_code
    FROM line AS l
    INNER JOIN (SELECT DISTINCT first_code FROM b_drug_pair) AS k ON l.item_code = k.first_code
),

day AS (
    SELECT person_id, service_date, item_code, MIN(line_id) AS line_id
    FROM given
    GROUP BY person_id, service_date, item_code
),

day_encounter AS (
    SELECT person_id, encounter_id, service_date, item_code, MIN(line_id) AS line_id
    FROM given
    GROUP BY person_id, encounter_id, service_date, item_code
),

met AS MATERIALIZED (
    SELECT c.*, day.line_id AS other_id
    FROM c
    INNER JOIN day ON c.person_id = day.person_id AND c.service_date = day.service_date AND c.first_code = day.item_code
    WHERE c.time_window = 'day' AND day.line_id <> c.line_id
    UNION ALL
    SELECT c.*, d.line_id
    FROM c
    INNER JOIN day_encounter AS d
        ON c.person_id = d.person_id AND c.encounter_id = d.encounter_id AND c.service_date = d.service_date
        AND c.first_code = d.item_code
    WHERE c.time_window = 'encounter' AND d.line_id <> c.line_id
)

SELECT
    rule_id, point_id, line_id || '|' || first_code AS subject_key, verdict, 'pair_met' AS reason,
    first_code AS expected, other_id AS actual, 'subject' AS role, 'line' AS row_kind, line_id AS row_id, amount_fen
FROM met
UNION ALL
SELECT
    rule_id, point_id, line_id || '|' || first_code, verdict, 'pair_met', first_code, other_id, 'other', 'line',
    other_id, CAST(0 AS BIGINT)
FROM met
