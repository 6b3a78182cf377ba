WITH asked AS (
    SELECT rule_id, point_id, valid_from, valid_to, verdict, UNNEST(STRING_SPLIT(checks, ' ')) AS reason
    FROM b_data_quality
),

-- few lines are wrong: they are found first, then meet the rules
bad AS MATERIALIZED (
    SELECT line_id, service_date, amount_fen, 'amount_mismatch' AS reason
    FROM line
    WHERE
        ABS(CAST(amount_fen AS HUGEINT) * 100000000 - CAST(unit_price_e6 AS HUGEINT) * quantity_e4) > 100000000
    UNION ALL
    SELECT line_id, service_date, amount_fen, 'class_missing' FROM line WHERE item_class IS NULL OR item_class = ''
),

principal AS (
    SELECT encounter_id, COUNT(DISTINCT code) AS codes FROM diagnosis WHERE is_principal GROUP BY encounter_id
),

wrong AS MATERIALIZED (
    SELECT
        e.encounter_id, e.start_date, COALESCE(p.codes, 0) AS codes,
        CASE WHEN p.codes > 1 THEN 'principal_twice' ELSE 'principal_missing' END AS reason
    FROM encounter AS e
    LEFT JOIN principal AS p ON e.encounter_id = p.encounter_id
    WHERE p.codes > 1 OR (p.codes IS NULL AND e.visit_type = 'inpatient' AND e.end_date IS NOT NULL)
)

SELECT
    a.rule_id, a.point_id, bad.line_id || '|' || bad.reason AS subject_key, a.verdict, bad.reason, '' AS expected,
    '' AS actual, 'subject' AS role, 'line' AS row_kind, bad.line_id AS row_id, bad.amount_fen
FROM bad
INNER JOIN asked AS a ON bad.reason = a.reason AND bad.service_date >= a.valid_from AND bad.service_date < a.valid_to
UNION ALL
SELECT
    a.rule_id, a.point_id, wrong.encounter_id || '|' || wrong.reason, a.verdict, wrong.reason, '',
    CAST(wrong.codes AS VARCHAR), 'subject', 'encounter', wrong.encounter_id, CAST(0 AS BIGINT)
FROM wrong
INNER JOIN asked AS a ON wrong.reason = a.reason AND wrong.start_date >= a.valid_from AND wrong.start_date < a.valid_to
