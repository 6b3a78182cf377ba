SELECT b.rule_id, COUNT(DISTINCT l.line_id) AS candidates
FROM line AS l
INNER JOIN (SELECT DISTINCT rule_id, sub_code, valid_from, valid_to FROM b_mutex_pair) AS b
    ON l.item_code = b.sub_code AND l.service_date >= b.valid_from AND l.service_date < b.valid_to
GROUP BY b.rule_id
