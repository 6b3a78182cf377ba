SELECT b.rule_id, COUNT(DISTINCT e.vendor_id || '|' || e.practitioner_id || '|' || SUBSTR(CAST(e.happened_on AS VARCHAR), 1, 7)) AS candidates
FROM service_event AS e
INNER JOIN b_staff_training AS b ON e.happened_on >= b.valid_from AND e.happened_on < b.valid_to
WHERE e.practitioner_id IS NOT NULL
GROUP BY b.rule_id
