WITH asked AS MATERIALIZED (
    SELECT
        b.rule_id, b.point_id, b.verdict, b.node, b.position, b.max_minutes, o.vendor_id, o.order_id,
        SUBSTR(CAST(o.ordered_on AS VARCHAR), 1, 7) AS period
    FROM service_order AS o
    INNER JOIN b_service_nodes AS b
        ON o.service_kind = b.service_kind AND o.ordered_on >= b.valid_from AND o.ordered_on < b.valid_to
    WHERE o.state = 'done' OR (o.state IS NULL AND o.done_at IS NOT NULL)
),

reached AS (
    SELECT
        vendor_id, order_id, node, MIN(happened_at) AS moment, COUNT(*) - COUNT(happened_at) AS untimed, 1 AS is_met
    FROM service_event
    WHERE order_id IS NOT NULL
    GROUP BY vendor_id, order_id, node
),

met AS (
    SELECT a.*, r.moment, COALESCE(r.untimed, 0) AS untimed, COALESCE(r.is_met, 0) AS is_met
    FROM asked AS a
    LEFT JOIN reached AS r ON a.vendor_id = r.vendor_id AND a.order_id = r.order_id AND a.node = r.node
),

course AS MATERIALIZED (
    SELECT
        met.*,
        vendor_id || '|' || order_id AS row_id,
        SUM(is_met) OVER (PARTITION BY rule_id, vendor_id, order_id) AS nodes_met,
        SUM(untimed) OVER (PARTITION BY rule_id, vendor_id, order_id) AS untimed_all,
        moment - MAX(moment) OVER (
            PARTITION BY rule_id, vendor_id, order_id ORDER BY position
            RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS seconds
    FROM met
),

unclear AS (
    SELECT
        rule_id, MIN(point_id) AS point_id, vendor_id || '|' || period || '||' AS row_id,
        CASE WHEN nodes_met = 0 THEN 'nodes_absent' ELSE 'time_missing' END AS reason,
        COUNT(DISTINCT order_id) AS orders
    FROM course
    WHERE nodes_met = 0 OR untimed_all > 0
    GROUP BY rule_id, vendor_id, period, reason
)

SELECT
    rule_id, point_id, row_id AS subject_key, verdict, 'node_missing' AS reason, node AS expected, '' AS actual,
    'subject' AS role, 'service_order' AS row_kind, row_id, CAST(0 AS BIGINT) AS amount_fen
FROM course
WHERE nodes_met > 0 AND is_met = 0
UNION ALL
SELECT
    rule_id, point_id, row_id, verdict, 'node_order', node, CAST((59 - seconds) // 60 AS VARCHAR), 'subject',
    'service_order', row_id, CAST(0 AS BIGINT)
FROM course
WHERE untimed_all = 0 AND seconds < 0
UNION ALL
SELECT
    rule_id, point_id, row_id, verdict, 'node_late', node || ' ' || CAST(max_minutes AS VARCHAR),
    CAST(seconds // 60 AS VARCHAR), 'subject', 'service_order', row_id, CAST(0 AS BIGINT)
FROM course
WHERE untimed_all = 0 AND max_minutes > 0 AND seconds > 60 * max_minutes
UNION ALL
SELECT
    rule_id, point_id, row_id, 'unknown', reason, '', CAST(orders AS VARCHAR), 'subject', 'institution', row_id,
    CAST(0 AS BIGINT)
FROM unclear
