WITH c AS MATERIALIZED (
    SELECT
        l.line_id, l.encounter_id, l.item_code, l.amount_fen, b.rule_id, b.point_id, b.valid_from, b.verdict,
        b.daily_max_e4, b.factor_percent
    FROM line AS l
    INNER JOIN b_dose_range AS b
        ON l.item_code = b.item_code AND l.service_date >= b.valid_from AND l.service_date < b.valid_to
),

own AS MATERIALIZED (
    SELECT o.order_id, o.encounter_id, o.item_code, o.quantity_e4, o.supply_days
    FROM medical_order AS o
    INNER JOIN (SELECT DISTINCT encounter_id, item_code FROM c) AS k
        ON o.encounter_id = k.encounter_id AND o.item_code = k.item_code
),

limits AS (
    SELECT DISTINCT encounter_id, item_code, daily_max_e4, factor_percent FROM c
),

over AS (
    SELECT
        limits.encounter_id, limits.item_code, limits.daily_max_e4, limits.factor_percent,
        MIN(own.order_id) AS order_id
    FROM limits
    INNER JOIN own ON limits.encounter_id = own.encounter_id AND limits.item_code = own.item_code
    WHERE
        own.supply_days > 0
        AND own.quantity_e4 * 100 > limits.daily_max_e4 * limits.factor_percent * own.supply_days
    GROUP BY limits.encounter_id, limits.item_code, limits.daily_max_e4, limits.factor_percent
),

stated AS (
    SELECT
        encounter_id, item_code, COUNT(*) AS orders,
        COUNT(CASE WHEN quantity_e4 IS NOT NULL AND supply_days > 0 THEN 1 END) AS whole
    FROM own
    GROUP BY encounter_id, item_code
),

judged AS (
    SELECT
        c.*, over.order_id,
        CASE
            WHEN over.order_id IS NOT NULL THEN 'dose_over'
            WHEN stated.orders IS NULL THEN 'order_missing'
            WHEN stated.whole < stated.orders THEN 'dose_missing'
        END AS reason
    FROM c
    LEFT JOIN over
        ON c.encounter_id = over.encounter_id AND c.item_code = over.item_code
        AND c.daily_max_e4 = over.daily_max_e4 AND c.factor_percent = over.factor_percent
    LEFT JOIN stated ON c.encounter_id = stated.encounter_id AND c.item_code = stated.item_code
)

SELECT
    j.rule_id,
    j.point_id,
    j.line_id AS subject_key,
    CASE WHEN j.reason = 'dose_over' THEN j.verdict ELSE 'unknown' END AS verdict,
    j.reason,
    CAST(j.daily_max_e4 AS VARCHAR) AS expected,
    COALESCE(CAST(own.quantity_e4 AS VARCHAR) || ' ' || CAST(own.supply_days AS VARCHAR), '') AS actual,
    'subject' AS role,
    'line' AS row_kind,
    j.line_id AS row_id,
    j.amount_fen
FROM judged AS j
LEFT JOIN own ON j.order_id = own.order_id
WHERE j.reason IS NOT NULL
