WITH told AS MATERIALIZED (
    SELECT
        vendor_id, service_kind, order_id, EXTRACT(YEAR FROM ordered_on) * 12 + EXTRACT(MONTH FROM ordered_on) AS number,
        SUBSTR(CAST(ordered_on AS VARCHAR), 1, 7) AS period,
        CASE
            WHEN (state = 'done' OR state IS NULL) AND due_at IS NOT NULL AND done_at IS NOT NULL THEN 1
            ELSE 0
        END AS is_told,
        CASE WHEN (state = 'done' OR state IS NULL) AND done_at > due_at THEN 1 ELSE 0 END AS is_late
    FROM service_order
    WHERE COALESCE(state, '') <> 'cancelled'
),

monthly AS MATERIALIZED (
    SELECT
        vendor_id, service_kind, number, period, COUNT(*) AS orders, CAST(SUM(is_told) AS BIGINT) AS told,
        CAST(SUM(is_late) AS BIGINT) AS late
    FROM told
    GROUP BY vendor_id, service_kind, number, period
),

surged AS MATERIALIZED (
    SELECT
        b.rule_id, b.point_id, b.verdict, b.months, n.vendor_id, n.service_kind, n.period,
        MAX(n.orders) AS orders, MAX(n.told) AS told, MAX(n.late) AS late, CAST(SUM(p.orders) AS BIGINT) AS orders_then
    FROM monthly AS n
    INNER JOIN b_surge_delay AS b
        ON CAST(n.period || '-01' AS DATE) >= b.valid_from AND CAST(n.period || '-01' AS DATE) < b.valid_to
    INNER JOIN monthly AS p
        ON n.vendor_id = p.vendor_id AND n.service_kind = p.service_kind AND p.number < n.number
        AND p.number >= n.number - b.months
    GROUP BY
        b.rule_id, b.point_id, b.verdict, b.months, b.growth_percent, b.on_time_percent, b.min_orders, n.vendor_id,
        n.service_kind, n.period
    HAVING
        COUNT(*) = b.months
        AND MAX(n.told) >= b.min_orders
        AND MAX(n.orders) * b.months * 100 >= SUM(p.orders) * b.growth_percent
        AND (MAX(n.told) - MAX(n.late)) * 100 < MAX(n.told) * b.on_time_percent
        AND MAX(n.late) * SUM(p.told) > SUM(p.late) * MAX(n.told)
),

hit AS MATERIALIZED (
    SELECT
        rule_id, point_id, verdict, vendor_id, service_kind, period,
        vendor_id || '|' || period || '|' || service_kind || '|' AS place,
        CAST(orders_then AS VARCHAR) || ' ' || CAST(months AS VARCHAR) AS expected,
        CAST(orders AS VARCHAR) || ' ' || CAST(late AS VARCHAR) || ' ' || CAST(told AS VARCHAR) AS actual
    FROM surged
),

behind AS (
    SELECT h.*, t.vendor_id || '|' || t.order_id AS row_id
    FROM hit AS h
    INNER JOIN told AS t
        ON h.vendor_id = t.vendor_id AND h.service_kind = t.service_kind AND h.period = t.period AND t.is_late = 1
    QUALIFY ROW_NUMBER() OVER (PARTITION BY h.rule_id, h.point_id, h.place ORDER BY t.order_id) <= 20
)

SELECT
    rule_id, point_id, place AS subject_key, verdict, 'surge' AS reason, expected, actual, 'subject' AS role,
    'institution' AS row_kind, place AS row_id, CAST(0 AS BIGINT) AS amount_fen
FROM hit
UNION ALL
SELECT
    rule_id, point_id, place, verdict, 'surge', expected, actual, 'other', 'service_order', row_id, CAST(0 AS BIGINT)
FROM behind
