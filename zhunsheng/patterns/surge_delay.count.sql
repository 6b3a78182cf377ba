SELECT b.rule_id, COUNT(DISTINCT o.vendor_id || '|' || o.service_kind || '|' || SUBSTR(CAST(o.ordered_on AS VARCHAR), 1, 7)) AS candidates
FROM service_order AS o
INNER JOIN b_surge_delay AS b ON o.ordered_on >= b.valid_from AND o.ordered_on < b.valid_to
WHERE COALESCE(o.state, '') <> 'cancelled'
GROUP BY b.rule_id
