SELECT b.rule_id, COUNT(*) AS candidates
FROM service_order AS o
INNER JOIN b_not_told AS b ON o.ordered_on >= b.valid_from AND o.ordered_on < b.valid_to
WHERE (o.state = 'done' OR (o.state IS NULL AND o.done_at IS NOT NULL)) AND o.person_id IS NOT NULL
GROUP BY b.rule_id
