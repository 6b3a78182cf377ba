SELECT b.rule_id, COUNT(*) AS candidates
FROM settlement AS s
INNER JOIN b_dup_settlement AS b ON s.settled_on >= b.valid_from AND s.settled_on < b.valid_to
GROUP BY b.rule_id
