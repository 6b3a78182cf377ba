SELECT a.rule_id, COUNT(DISTINCT e.encounter_id) AS candidates
FROM encounter AS e
INNER JOIN (
    SELECT rule_id, valid_from, valid_to, UNNEST(STRING_SPLIT(visit_types, ' ')) AS visit_type FROM b_event_frequency
) AS a ON e.visit_type = a.visit_type
WHERE e.start_date >= a.valid_from AND e.start_date < a.valid_to
GROUP BY a.rule_id
