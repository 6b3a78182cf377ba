SELECT b.rule_id, COUNT(*) AS candidates
FROM encounter AS e
INNER JOIN b_low_standard AS b ON e.start_date >= b.valid_from AND e.start_date < b.valid_to
WHERE e.visit_type = 'inpatient' AND e.end_date IS NOT NULL
GROUP BY b.rule_id
