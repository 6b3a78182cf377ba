SELECT b.rule_id, CAST(SUM(d.encounters) AS BIGINT) AS candidates
FROM (
    SELECT e.start_date, COUNT(*) AS encounters
    FROM encounter AS e
    INNER JOIN (SELECT DISTINCT person_id FROM death) AS d ON e.person_id = d.person_id
    GROUP BY e.start_date
) AS d
INNER JOIN b_after_death AS b ON d.start_date >= b.valid_from AND d.start_date < b.valid_to
GROUP BY b.rule_id
