SELECT b.rule_id, CAST(SUM(d.stays) AS BIGINT) AS candidates
FROM (
    SELECT start_date, COUNT(*) AS stays FROM encounter WHERE visit_type = 'inpatient' GROUP BY start_date
) AS d
INNER JOIN b_readmission AS b ON d.start_date >= b.valid_from AND d.start_date < b.valid_to
GROUP BY b.rule_id
