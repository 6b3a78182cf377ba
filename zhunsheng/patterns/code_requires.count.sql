SELECT b.rule_id, COUNT(DISTINCT e.encounter_id || '|' || coded.code) AS candidates
FROM (
    SELECT encounter_id, 'diagnosis' AS register, code, SUBSTR(code, 1, 3) AS head FROM diagnosis WHERE is_principal
    UNION ALL
    SELECT encounter_id, 'procedure', code, SUBSTR(code, 1, 3) FROM procedure WHERE sequence = 1
) AS coded
INNER JOIN b_code_requires AS b ON coded.register = b.register AND coded.head = SUBSTR(b.code, 1, 3)
INNER JOIN encounter AS e ON coded.encounter_id = e.encounter_id
WHERE STARTS_WITH(coded.code, b.code) AND e.start_date >= b.valid_from AND e.start_date < b.valid_to
GROUP BY b.rule_id
