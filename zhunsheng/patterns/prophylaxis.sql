WITH c AS MATERIALIZED (
    SELECT
        l.line_id, l.encounter_id, l.service_date, l.amount_fen, b.rule_id, b.point_id, b.valid_from, b.verdict,
        b.op_codes, b.max_days
    FROM line AS l
    INNER JOIN b_prophylaxis AS b
        ON l.item_code = b.item_code AND l.service_date >= b.valid_from AND l.service_date < b.valid_to
),

wanted AS (
    SELECT DISTINCT op_codes, UNNEST(STRING_SPLIT(op_codes, ' ')) AS beginning FROM b_prophylaxis
),

done AS (
    SELECT k.encounter_id, k.op_codes, MAX(p.performed_on) AS last_day
    FROM (SELECT DISTINCT encounter_id, op_codes FROM c) AS k
    INNER JOIN wanted ON k.op_codes = wanted.op_codes
    INNER JOIN procedure AS p ON k.encounter_id = p.encounter_id AND STARTS_WITH(p.code, wanted.beginning)
    GROUP BY k.encounter_id, k.op_codes
),

judged AS (
    SELECT c.*, DATE_DIFF('day', done.last_day, c.service_date) AS days
    FROM c
    INNER JOIN done ON c.encounter_id = done.encounter_id AND c.op_codes = done.op_codes
)

SELECT
    rule_id,
    point_id,
    line_id AS subject_key,
    CASE WHEN days IS NULL THEN 'unknown' ELSE verdict END AS verdict,
    CASE WHEN days IS NULL THEN 'date_missing' ELSE 'given_too_long' END AS reason,
    CAST(max_days AS VARCHAR) AS expected,
    COALESCE(CAST(days AS VARCHAR), '') AS actual,
    'subject' AS role,
    'line' AS row_kind,
    line_id AS row_id,
    amount_fen
FROM judged
WHERE days IS NULL OR days > max_days
