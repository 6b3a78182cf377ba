WITH known AS MATERIALIZED (SELECT DISTINCT item_code FROM b_stock_balance),

moved AS MATERIALIZED (
    SELECT m.institution_id, m.item_code, m.moved_on, m.kind, m.quantity_e4
    FROM stock_move AS m
    INNER JOIN known ON m.item_code = known.item_code
),

billed AS MATERIALIZED (
    SELECT l.institution_id, l.item_code, l.service_date AS day, CAST(SUM(l.quantity_e4) AS BIGINT) AS billed_e4
    FROM line AS l
    INNER JOIN known ON l.item_code = known.item_code
    GROUP BY l.institution_id, l.item_code, l.service_date
),

-- a count speaks for the day after it, an opening for its own; where both speak for a day the count does
stated AS (
    SELECT
        institution_id, item_code, kind,
        CASE WHEN kind = 'count' THEN CAST(moved_on + INTERVAL 1 DAY AS DATE) ELSE moved_on END AS edge,
        CAST(SUM(quantity_e4) AS BIGINT) AS lay_e4
    FROM moved
    WHERE kind IN ('opening', 'count')
    GROUP BY institution_id, item_code, kind, edge
),

edges AS (
    SELECT institution_id, item_code, edge, lay_e4 FROM stated
    QUALIFY ROW_NUMBER() OVER (PARTITION BY institution_id, item_code, edge ORDER BY kind) = 1
),

span AS MATERIALIZED (
    SELECT
        institution_id, item_code, edge AS first_day, lay_e4 AS first_e4,
        LEAD(edge) OVER (PARTITION BY institution_id, item_code ORDER BY edge) AS next_day,
        LEAD(lay_e4) OVER (PARTITION BY institution_id, item_code ORDER BY edge) AS last_e4
    FROM edges
),

flow AS (
    SELECT
        institution_id, item_code, moved_on AS day,
        CASE kind WHEN 'purchase' THEN quantity_e4 ELSE -quantity_e4 END AS came_e4, CAST(0 AS BIGINT) AS billed_e4
    FROM moved
    WHERE kind IN ('purchase', 'return', 'use')
    UNION ALL
    SELECT institution_id, item_code, day, CAST(0 AS BIGINT), billed_e4 FROM billed
),

placed AS (
    SELECT f.institution_id, f.item_code, f.day, f.came_e4, f.billed_e4, s.next_day
    FROM flow AS f
    LEFT JOIN span AS s
        ON f.institution_id = s.institution_id AND f.item_code = s.item_code
        AND f.day >= s.first_day AND f.day < s.next_day
),

part AS (
    SELECT institution_id, item_code, next_day, first_e4 - last_e4 AS could_e4, CAST(0 AS BIGINT) AS billed_e4
    FROM span
    WHERE next_day IS NOT NULL
    UNION ALL
    SELECT institution_id, item_code, next_day, came_e4, billed_e4 FROM placed WHERE next_day IS NOT NULL
),

balance AS (
    SELECT
        institution_id, item_code,
        SUBSTR(CAST(CAST(next_day - INTERVAL 1 DAY AS DATE) AS VARCHAR), 1, 7) AS period,
        CAST(SUM(billed_e4) AS BIGINT) AS numerator,
        CAST(GREATEST(SUM(could_e4), 0) AS BIGINT) AS denominator,
        '' AS gap
    FROM part
    GROUP BY institution_id, item_code, period
    UNION ALL
    SELECT
        p.institution_id, p.item_code, SUBSTR(CAST(MAX(p.day) AS VARCHAR), 1, 7),
        CAST(SUM(p.billed_e4) AS BIGINT), CAST(0 AS BIGINT),
        CASE WHEN MAX(k.item_code) IS NULL THEN 'stock_missing' ELSE 'count_missing' END
    FROM placed AS p
    LEFT JOIN (SELECT DISTINCT institution_id, item_code FROM moved) AS k
        ON p.institution_id = k.institution_id AND p.item_code = k.item_code
    WHERE p.next_day IS NULL AND p.billed_e4 > 0
    GROUP BY p.institution_id, p.item_code
)

SELECT
    b.rule_id, b.point_id, 'institution' AS subject_kind, balance.institution_id AS subject_id, balance.institution_id,
    balance.period, balance.item_code, COALESCE(peer.peer_group, '') AS peer_group, balance.numerator,
    balance.denominator, CAST(1 AS BIGINT) AS weight, balance.gap
FROM balance
INNER JOIN b_stock_balance AS b
    ON balance.item_code = b.item_code
    AND CAST(balance.period || '-01' AS DATE) >= b.valid_from AND CAST(balance.period || '-01' AS DATE) < b.valid_to
LEFT JOIN peer
    ON balance.institution_id = peer.institution_id
    AND CAST(balance.period || '-01' AS DATE) >= peer.valid_from AND CAST(balance.period || '-01' AS DATE) < peer.valid_to
