SELECT b.rule_id, CAST(SUM(d.lines) AS BIGINT) AS candidates
FROM (
    SELECT service_date, COUNT(*) AS lines FROM line WHERE practitioner_id IS NOT NULL GROUP BY service_date
) AS d
INNER JOIN b_practitioner_valid AS b ON d.service_date >= b.valid_from AND d.service_date < b.valid_to
GROUP BY b.rule_id
