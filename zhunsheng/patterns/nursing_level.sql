WITH ranks AS (
    SELECT '3' AS level, 1 AS place
    UNION ALL SELECT '2', 2
    UNION ALL SELECT '1', 3
    UNION ALL SELECT 'special', 4
),

c AS MATERIALIZED (
    SELECT
        l.line_id, l.encounter_id, l.service_date, l.amount_fen, b.rule_id, b.point_id, b.verdict, b.level,
        ranks.place
    FROM line AS l
    INNER JOIN b_nursing_level AS b
        ON l.item_code = b.item_code AND l.service_date >= b.valid_from AND l.service_date < b.valid_to
    INNER JOIN ranks ON b.level = ranks.level
),

noted AS (
    SELECT n.encounter_id, n.observed_on, MAX(ranks.place) AS place
    FROM nursing_record AS n
    INNER JOIN ranks ON n.level = ranks.level
    GROUP BY n.encounter_id, n.observed_on
),

judged AS (
    SELECT c.*, ranks.level AS own_level
    FROM c
    LEFT JOIN noted ON c.encounter_id = noted.encounter_id AND c.service_date = noted.observed_on
    LEFT JOIN ranks ON noted.place = ranks.place
    WHERE noted.place IS NULL OR c.place > noted.place
)

SELECT
    rule_id,
    point_id,
    line_id AS subject_key,
    CASE WHEN own_level IS NULL THEN 'unknown' ELSE verdict END AS verdict,
    CASE WHEN own_level IS NULL THEN 'record_missing' ELSE 'level_above_record' END AS reason,
    level AS expected,
    COALESCE(own_level, '') AS actual,
    'subject' AS role,
    'line' AS row_kind,
    line_id AS row_id,
    amount_fen
FROM judged
