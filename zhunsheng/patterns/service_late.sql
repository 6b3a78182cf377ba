WITH asked AS MATERIALIZED (
    SELECT
        b.rule_id, b.point_id, b.verdict, o.vendor_id, o.vendor_id || '|' || o.order_id AS row_id, o.due_at, o.done_at,
        o.vendor_id || '|' || SUBSTR(CAST(o.ordered_on AS VARCHAR), 1, 7) || '||' AS place
    FROM service_order AS o
    INNER JOIN b_service_late AS b ON o.ordered_on >= b.valid_from AND o.ordered_on < b.valid_to
    WHERE o.state = 'done' OR (o.state IS NULL AND o.done_at IS NOT NULL)
)

SELECT
    rule_id, point_id, row_id AS subject_key, verdict, 'done_late' AS reason, '' AS expected,
    CAST((done_at - due_at + 59) // 60 AS VARCHAR) AS actual, 'subject' AS role, 'service_order' AS row_kind, row_id,
    CAST(0 AS BIGINT) AS amount_fen
FROM asked
WHERE done_at > due_at
UNION ALL
SELECT
    rule_id, point_id, place, 'unknown', 'due_missing', '', CAST(COUNT(*) AS VARCHAR), 'subject', 'institution', place,
    CAST(0 AS BIGINT)
FROM asked
WHERE due_at IS NULL OR done_at IS NULL
GROUP BY rule_id, point_id, place
