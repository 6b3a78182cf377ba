-- what moves is the whole of a month: no single result stands behind it
SELECT
    o.rule_id, o.point_id, o.row_id AS subject_key, o.verdict, o.reason, o.expected, o.actual, 'other' AS role,
    'institution' AS row_kind, o.row_id, CAST(0 AS BIGINT) AS amount_fen
FROM outlier AS o
WHERE FALSE
