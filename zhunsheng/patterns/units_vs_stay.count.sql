SELECT b.rule_id, COUNT(DISTINCT l.line_id) AS candidates
FROM line AS l
INNER JOIN b_units_vs_stay AS b
    ON l.item_code = b.item_code AND l.service_date >= b.valid_from AND l.service_date < b.valid_to
LEFT JOIN encounter AS e ON l.encounter_id = e.encounter_id
WHERE e.encounter_id IS NULL OR e.person_id <> l.person_id OR e.visit_type = 'inpatient'
GROUP BY b.rule_id
