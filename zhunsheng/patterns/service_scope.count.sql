SELECT b.rule_id, COUNT(*) AS candidates
FROM service_order AS o
INNER JOIN b_service_scope AS b ON o.ordered_on >= b.valid_from AND o.ordered_on < b.valid_to
WHERE o.state IS NULL OR o.state IN ('accepted', 'done')
GROUP BY b.rule_id
