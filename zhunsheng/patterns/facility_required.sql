WITH c AS MATERIALIZED (
    SELECT
        l.line_id, l.institution_id, l.service_date, l.amount_fen, b.rule_id, b.point_id, b.verdict, b.valid_from,
        b.register, b.accepted_kinds
    FROM line AS l
    INNER JOIN b_facility_required AS b
        ON l.item_code = b.item_code AND l.service_date >= b.valid_from AND l.service_date < b.valid_to
),

registered AS MATERIALIZED (
    SELECT institution_id, 'facility' AS register, kind, valid_from, valid_to FROM facility
    UNION ALL
    SELECT institution_id, 'device', device_class, valid_from, valid_to FROM device
    UNION ALL
    SELECT institution_id, 'licence', specialty, valid_from, valid_to FROM licence
),

held AS (
    SELECT DISTINCT c.rule_id, c.point_id, c.valid_from, c.line_id
    FROM c
    INNER JOIN registered AS r ON c.institution_id = r.institution_id AND c.register = r.register
    WHERE
        STRPOS(' ' || c.accepted_kinds || ' ', ' ' || r.kind || ' ') > 0
        AND c.service_date >= r.valid_from AND (r.valid_to IS NULL OR c.service_date < r.valid_to)
),

known AS (
    SELECT DISTINCT institution_id, register FROM registered
)

SELECT
    c.rule_id, c.point_id, c.line_id AS subject_key,
    CASE WHEN known.institution_id IS NULL THEN 'unknown' ELSE c.verdict END AS verdict,
    CASE WHEN known.institution_id IS NULL THEN 'register_missing' ELSE 'not_registered' END AS reason,
    c.accepted_kinds AS expected, CAST(c.service_date AS VARCHAR) AS actual,
    'subject' AS role, 'line' AS row_kind, c.line_id AS row_id, c.amount_fen
FROM c
LEFT JOIN held
    ON c.rule_id = held.rule_id AND c.point_id = held.point_id AND c.valid_from = held.valid_from
    AND c.line_id = held.line_id
LEFT JOIN known ON c.institution_id = known.institution_id AND c.register = known.register
WHERE held.line_id IS NULL
