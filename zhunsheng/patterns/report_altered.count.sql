SELECT b.rule_id, COUNT(*) AS candidates
FROM result AS r
INNER JOIN b_report_altered AS b ON r.reported_on >= b.valid_from AND r.reported_on < b.valid_to
GROUP BY b.rule_id
