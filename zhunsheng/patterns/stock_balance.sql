WITH flagged AS MATERIALIZED (
    SELECT
        m.rule_id, m.point_id, m.institution_id, m.period, m.item_code, m.numerator, m.denominator, m.gap,
        CASE WHEN m.gap = '' THEN b.verdict ELSE 'unknown' END AS verdict,
        CASE WHEN m.gap = '' THEN 'over_stock' ELSE m.gap END AS reason,
        CASE WHEN m.gap = '' THEN CAST(m.denominator AS VARCHAR) ELSE '' END AS expected,
        CAST(m.numerator AS VARCHAR) AS actual,
        m.institution_id || '|' || m.period || '|' || m.item_code || '|' AS place
    FROM measure AS m
    INNER JOIN b_stock_balance AS b
        ON m.rule_id = b.rule_id AND m.point_id = b.point_id
        AND CAST(m.period || '-01' AS DATE) >= b.valid_from AND CAST(m.period || '-01' AS DATE) < b.valid_to
    WHERE
        m.gap <> ''
        OR (m.numerator - b.tolerance_e4) * 100 > m.denominator * (100 + b.tolerance_percent)
),

-- the rows of the month in which the balance was closed, and of the months since the count before it
last_edge AS (
    SELECT f.institution_id, f.item_code, f.period, MAX(SUBSTR(CAST(m.moved_on AS VARCHAR), 1, 7)) AS since
    FROM flagged AS f
    INNER JOIN stock_move AS m ON f.institution_id = m.institution_id AND f.item_code = m.item_code
    WHERE m.kind IN ('opening', 'count') AND SUBSTR(CAST(m.moved_on AS VARCHAR), 1, 7) < f.period
    GROUP BY f.institution_id, f.item_code, f.period
),

reach AS MATERIALIZED (
    SELECT DISTINCT f.rule_id, f.point_id, f.place, f.institution_id, f.item_code, f.period, COALESCE(e.since, '') AS since
    FROM flagged AS f
    LEFT JOIN last_edge AS e
        ON f.institution_id = e.institution_id AND f.item_code = e.item_code AND f.period = e.period
),

row_behind AS (
    SELECT r.rule_id, r.point_id, r.place, 'line' AS row_kind, l.line_id AS row_id, l.quantity_e4, l.amount_fen
    FROM reach AS r
    INNER JOIN line AS l ON r.institution_id = l.institution_id AND r.item_code = l.item_code
    WHERE
        SUBSTR(CAST(l.service_date AS VARCHAR), 1, 7) > r.since
        AND SUBSTR(CAST(l.service_date AS VARCHAR), 1, 7) <= r.period
    UNION ALL
    SELECT r.rule_id, r.point_id, r.place, 'stock_move', m.move_id, m.quantity_e4, CAST(0 AS BIGINT)
    FROM reach AS r
    INNER JOIN stock_move AS m ON r.institution_id = m.institution_id AND r.item_code = m.item_code
    WHERE
        SUBSTR(CAST(m.moved_on AS VARCHAR), 1, 7) >= r.since
        AND SUBSTR(CAST(m.moved_on AS VARCHAR), 1, 7) <= r.period
),

priced AS (
    SELECT
        rule_id, point_id, place, CAST(SUM(quantity_e4) AS BIGINT) AS sold_e4,
        CAST(SUM(amount_fen) AS BIGINT) AS sold_fen
    FROM row_behind
    WHERE row_kind = 'line'
    GROUP BY rule_id, point_id, place
),

named AS (
    SELECT rule_id, point_id, place, row_kind, row_id FROM row_behind
    QUALIFY ROW_NUMBER() OVER (
        PARTITION BY rule_id, point_id, place, row_kind ORDER BY quantity_e4 DESC, row_id
    ) <= 20
)

SELECT
    f.rule_id, f.point_id, f.place AS subject_key, f.verdict, f.reason, f.expected, f.actual, 'subject' AS role,
    'institution' AS row_kind, f.place AS row_id,
    CAST(
        COALESCE((2 * CAST(p.sold_fen AS HUGEINT) * (f.numerator - f.denominator) + p.sold_e4) // (2 * p.sold_e4), 0) AS BIGINT
    ) AS amount_fen
FROM flagged AS f
LEFT JOIN priced AS p ON f.rule_id = p.rule_id AND f.point_id = p.point_id AND f.place = p.place
UNION ALL
SELECT
    f.rule_id, f.point_id, f.place, f.verdict, f.reason, f.expected, f.actual, 'other', n.row_kind, n.row_id,
    CAST(0 AS BIGINT)
FROM flagged AS f
INNER JOIN named AS n ON f.rule_id = n.rule_id AND f.point_id = n.point_id AND f.place = n.place
