SELECT b.rule_id, COUNT(DISTINCT o.vendor_id || '|' || o.order_id) AS candidates
FROM service_order AS o
INNER JOIN b_service_nodes AS b
    ON o.service_kind = b.service_kind AND o.ordered_on >= b.valid_from AND o.ordered_on < b.valid_to
WHERE o.state = 'done' OR (o.state IS NULL AND o.done_at IS NOT NULL)
GROUP BY b.rule_id
