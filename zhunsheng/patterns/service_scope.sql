WITH live AS (
    SELECT vendor_id, order_id, item_code, ordered_on FROM service_order
    WHERE state IS NULL OR state IN ('accepted', 'done')
),

act AS (
    SELECT vendor_id, order_id, item_code, ordered_on FROM live
    UNION
    SELECT l.vendor_id, l.order_id, r.item_code, l.ordered_on
    FROM result AS r
    INNER JOIN live AS l ON r.vendor_id = l.vendor_id AND r.order_id = l.order_id
    WHERE r.item_code IS NOT NULL
),

scoped AS (
    SELECT vendor_id, 1 AS is_known FROM vendor_scope GROUP BY vendor_id
),

licensed AS (
    SELECT DISTINCT a.vendor_id, a.order_id, a.item_code, 1 AS is_licensed
    FROM act AS a
    INNER JOIN vendor_scope AS s
        ON a.vendor_id = s.vendor_id AND a.item_code = s.item_code AND a.ordered_on >= s.valid_from
        AND a.ordered_on < COALESCE(s.valid_to, CAST('9999-12-31' AS DATE))
),

judged AS MATERIALIZED (
    SELECT
        b.rule_id, b.point_id, b.verdict, a.vendor_id, a.item_code, a.vendor_id || '|' || a.order_id AS row_id,
        a.vendor_id || '|' || SUBSTR(CAST(a.ordered_on AS VARCHAR), 1, 7) || '||' AS place,
        CASE
            WHEN s.is_known IS NULL THEN 'scope_missing'
            WHEN a.item_code IS NULL THEN 'item_missing'
            WHEN l.is_licensed IS NULL THEN 'out_of_scope'
            ELSE ''
        END AS reason
    FROM act AS a
    INNER JOIN b_service_scope AS b ON a.ordered_on >= b.valid_from AND a.ordered_on < b.valid_to
    LEFT JOIN scoped AS s ON a.vendor_id = s.vendor_id
    LEFT JOIN licensed AS l ON a.vendor_id = l.vendor_id AND a.order_id = l.order_id AND a.item_code = l.item_code
)

SELECT
    rule_id, point_id, row_id AS subject_key, verdict, reason, '' AS expected, item_code AS actual, 'subject' AS role,
    'service_order' AS row_kind, row_id, CAST(0 AS BIGINT) AS amount_fen
FROM judged
WHERE reason = 'out_of_scope'
UNION ALL
SELECT
    rule_id, point_id, place, 'unknown', reason, '', CAST(COUNT(*) AS VARCHAR), 'subject', 'institution', place,
    CAST(0 AS BIGINT)
FROM judged
WHERE reason IN ('scope_missing', 'item_missing')
GROUP BY rule_id, point_id, place, reason
