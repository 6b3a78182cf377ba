WITH c AS MATERIALIZED (
    SELECT l.line_id, l.person_id, l.amount_fen, b.rule_id, b.point_id, b.verdict, b.sex
    FROM line AS l
    INNER JOIN b_item_sex AS b
        ON l.item_code = b.item_code AND l.service_date >= b.valid_from AND l.service_date < b.valid_to
)

SELECT
    c.rule_id,
    c.point_id,
    c.line_id AS subject_key,
    CASE WHEN p.sex IS NULL THEN 'unknown' ELSE c.verdict END AS verdict,
    CASE WHEN p.sex IS NULL THEN 'sex_missing' ELSE 'sex_differs' END AS reason,
    c.sex AS expected,
    COALESCE(p.sex, '') AS actual,
    'subject' AS role,
    'line' AS row_kind,
    c.line_id AS row_id,
    c.amount_fen
FROM c
LEFT JOIN person AS p ON c.person_id = p.person_id
WHERE p.sex IS NULL OR p.sex <> c.sex
