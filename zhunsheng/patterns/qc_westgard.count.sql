SELECT b.rule_id, COUNT(*) AS candidates
FROM qc_run AS q
INNER JOIN b_qc_westgard AS b ON q.run_on >= b.valid_from AND q.run_on < b.valid_to
GROUP BY b.rule_id
