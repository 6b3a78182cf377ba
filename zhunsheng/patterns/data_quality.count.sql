SELECT b.rule_id, CAST(SUM(d.rows) AS BIGINT) AS candidates
FROM (
    SELECT service_date AS day, COUNT(*) AS rows FROM line GROUP BY service_date
    UNION ALL
    SELECT start_date, COUNT(*) FROM encounter GROUP BY start_date
) AS d
INNER JOIN b_data_quality AS b ON d.day >= b.valid_from AND d.day < b.valid_to
GROUP BY b.rule_id
