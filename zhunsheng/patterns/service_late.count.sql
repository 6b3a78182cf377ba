SELECT b.rule_id, COUNT(*) AS candidates
FROM service_order AS o
INNER JOIN b_service_late AS b ON o.ordered_on >= b.valid_from AND o.ordered_on < b.valid_to
WHERE o.state = 'done' OR (o.state IS NULL AND o.done_at IS NOT NULL)
GROUP BY b.rule_id
