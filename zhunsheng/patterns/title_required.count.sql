SELECT b.rule_id, COUNT(DISTINCT l.line_id) AS candidates
FROM line AS l
INNER JOIN b_title_required AS b
    ON l.item_code = b.item_code AND l.service_date >= b.valid_from AND l.service_date < b.valid_to
GROUP BY b.rule_id
