SELECT b.rule_id, COUNT(DISTINCT e.encounter_id) AS candidates
FROM (SELECT DISTINCT encounter_id FROM identity_check) AS i
INNER JOIN encounter AS e ON i.encounter_id = e.encounter_id
INNER JOIN b_identity_failed AS b ON e.start_date >= b.valid_from AND e.start_date < b.valid_to
GROUP BY b.rule_id
