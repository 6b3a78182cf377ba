WITH asked AS MATERIALIZED (
    SELECT
        b.rule_id, b.point_id, b.verdict, o.vendor_id || '|' || o.order_id AS row_id,
        COALESCE(o.told, FALSE) AS is_told, COALESCE(o.declined, FALSE) AS has_declined
    FROM service_order AS o
    INNER JOIN b_not_told AS b ON o.ordered_on >= b.valid_from AND o.ordered_on < b.valid_to
    WHERE (o.state = 'done' OR (o.state IS NULL AND o.done_at IS NOT NULL)) AND o.person_id IS NOT NULL
)

SELECT
    rule_id, point_id, row_id AS subject_key, verdict, 'declined_done' AS reason, '' AS expected, '' AS actual,
    'subject' AS role, 'service_order' AS row_kind, row_id, CAST(0 AS BIGINT) AS amount_fen
FROM asked
WHERE has_declined
UNION ALL
SELECT
    rule_id, point_id, row_id, verdict, 'not_told', '', '', 'subject', 'service_order', row_id, CAST(0 AS BIGINT)
FROM asked
WHERE NOT is_told
