WITH c AS MATERIALIZED (
    SELECT
        l.line_id, l.person_id, l.institution_id, l.item_code, l.service_date, COALESCE(l.service_at, 0) AS service_at,
        l.quantity_e4, l.amount_fen, b.rule_id, b.point_id, b.verdict, b.cap_e4
    FROM line AS l
    INNER JOIN b_qty_cap AS b
        ON l.item_code = b.item_code AND l.service_date >= b.valid_from AND l.service_date < b.valid_to
),

exceeding AS (
    SELECT
        rule_id, point_id, person_id, institution_id, item_code, service_date,
        CAST(SUM(quantity_e4) AS BIGINT) AS total_e4
    FROM c
    GROUP BY rule_id, point_id, person_id, institution_id, item_code, service_date, cap_e4
    HAVING SUM(quantity_e4) > cap_e4
),

running AS (
    SELECT
        c.*,
        exceeding.total_e4,
        CAST(SUM(c.quantity_e4) OVER (
            PARTITION BY c.rule_id, c.point_id, c.person_id, c.institution_id, c.item_code, c.service_date
            ORDER BY c.service_at, c.line_id
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS BIGINT) AS so_far_e4
    FROM c
    INNER JOIN exceeding
        ON c.rule_id = exceeding.rule_id AND c.point_id = exceeding.point_id AND c.person_id = exceeding.person_id
        AND c.institution_id = exceeding.institution_id AND c.item_code = exceeding.item_code
        AND c.service_date = exceeding.service_date
),

excess AS (
    SELECT running.*, LEAST(quantity_e4, GREATEST(0, so_far_e4 - cap_e4)) AS excess_e4
    FROM running
)

SELECT
    rule_id,
    point_id,
    person_id || '|' || institution_id || '|' || item_code || '|' || CAST(service_date AS VARCHAR) AS subject_key,
    verdict,
    'over_daily_cap' AS reason,
    CAST(cap_e4 AS VARCHAR) AS expected,
    CAST(total_e4 AS VARCHAR) AS actual,
    CASE WHEN excess_e4 > 0 THEN 'subject' ELSE 'other' END AS role,
    'line' AS row_kind,
    line_id AS row_id,
    CAST((2 * amount_fen * excess_e4 + quantity_e4) // (2 * quantity_e4) AS BIGINT) AS amount_fen
FROM excess
