SELECT b.rule_id, COUNT(*) AS candidates
FROM encounter AS e
INNER JOIN b_idle_bed AS b ON e.start_date >= b.valid_from AND e.start_date < b.valid_to
GROUP BY b.rule_id
