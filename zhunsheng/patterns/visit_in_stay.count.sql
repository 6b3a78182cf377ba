SELECT b.rule_id, CAST(SUM(d.visits) AS BIGINT) AS candidates
FROM (
    SELECT start_date, visit_type, COUNT(*) AS visits
    FROM encounter
    WHERE visit_type <> 'inpatient'
    GROUP BY start_date, visit_type
) AS d
INNER JOIN b_visit_in_stay AS b ON d.start_date >= b.valid_from AND d.start_date < b.valid_to
WHERE STRPOS(' ' || b.allowed_types || ' ', ' ' || d.visit_type || ' ') = 0
GROUP BY b.rule_id
