SELECT b.rule_id, COUNT(*) AS candidates
FROM result AS r
INNER JOIN b_abnormal_streak AS b ON r.reported_on >= b.valid_from AND r.reported_on < b.valid_to
WHERE r.person_id <> '' AND r.value_e4 IS NOT NULL AND (r.low_e4 IS NOT NULL OR r.high_e4 IS NOT NULL)
GROUP BY b.rule_id
