SELECT b.rule_id, COUNT(DISTINCT l.line_id) AS candidates
FROM medical_order AS o
INNER JOIN encounter AS e ON o.encounter_id = e.encounter_id
INNER JOIN line AS l ON o.encounter_id = l.encounter_id AND o.item_code = l.item_code
INNER JOIN b_supply_days AS b ON e.visit_type = b.visit_type
WHERE l.service_date >= b.valid_from AND l.service_date < b.valid_to
GROUP BY b.rule_id
