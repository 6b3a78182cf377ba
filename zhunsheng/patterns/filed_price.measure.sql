WITH filing AS MATERIALIZED (
    SELECT
        vendor_id, item_code, unit_price_e6, valid_from, SUBSTR(CAST(valid_from AS VARCHAR), 1, 7) AS first_month,
        SUBSTR(CAST(CAST(
            LEAST(
                COALESCE(valid_to, CAST('9999-12-31' AS DATE)),
                COALESCE(
                    LEAD(valid_from) OVER (PARTITION BY vendor_id, item_code ORDER BY valid_from),
                    CAST('9999-12-31' AS DATE)
                )
            ) - INTERVAL 1 DAY AS DATE
        ) AS VARCHAR), 1, 7) AS last_month
    FROM price_filing
),

sold AS MATERIALIZED (
    SELECT
        l.item_code, l.institution_id, SUBSTR(CAST(l.service_date AS VARCHAR), 1, 7) AS period,
        CAST(COUNT(*) AS BIGINT) AS lines, CAST(SUM(l.unit_price_e6) AS BIGINT) AS sum_e6
    FROM line AS l
    INNER JOIN (SELECT DISTINCT item_code FROM filing) AS f ON l.item_code = f.item_code
    INNER JOIN institution_registration AS r
        ON l.institution_id = r.institution_id AND l.service_date >= r.valid_from AND l.service_date < r.valid_to
    WHERE r.kind = 'hospital'
    GROUP BY l.item_code, l.institution_id, period
),

seen AS (
    SELECT vendor_id, item_code, valid_from, first_month AS period FROM filing
    UNION
    SELECT f.vendor_id, f.item_code, f.valid_from, s.period
    FROM filing AS f
    INNER JOIN sold AS s ON f.item_code = s.item_code AND s.period >= f.first_month AND s.period <= f.last_month
),

ruled AS (
    SELECT
        b.rule_id, b.point_id, b.window_months, b.min_lines, b.min_hospitals, seen.*,
        CAST(SUBSTR(seen.period, 1, 4) AS INTEGER) * 12 + CAST(SUBSTR(seen.period, 6, 2) AS INTEGER) AS number
    FROM seen
    INNER JOIN b_filed_price AS b
        ON CAST(seen.period || '-01' AS DATE) >= b.valid_from AND CAST(seen.period || '-01' AS DATE) < b.valid_to
),

summed AS (
    SELECT
        r.rule_id, r.point_id, r.min_lines, r.min_hospitals, r.vendor_id, r.item_code, r.valid_from, r.period,
        CAST(COALESCE(SUM(s.lines), 0) AS BIGINT) AS lines, CAST(COALESCE(SUM(s.sum_e6), 0) AS BIGINT) AS sum_e6,
        COUNT(DISTINCT s.institution_id) AS hospitals
    FROM ruled AS r
    LEFT JOIN sold AS s
        ON r.item_code = s.item_code
        AND CAST(SUBSTR(s.period, 1, 4) AS INTEGER) * 12 + CAST(SUBSTR(s.period, 6, 2) AS INTEGER) <= r.number
        AND CAST(SUBSTR(s.period, 1, 4) AS INTEGER) * 12 + CAST(SUBSTR(s.period, 6, 2) AS INTEGER) > r.number - r.window_months
    GROUP BY
        r.rule_id, r.point_id, r.min_lines, r.min_hospitals, r.vendor_id, r.item_code, r.valid_from, r.period
)

SELECT
    s.rule_id, s.point_id, 'institution' AS subject_kind, s.vendor_id AS subject_id, s.vendor_id AS institution_id,
    s.period, s.item_code, '' AS peer_group, s.lines * f.unit_price_e6 AS numerator, s.sum_e6 AS denominator,
    s.lines AS weight, CASE WHEN s.lines < s.min_lines OR s.hospitals < s.min_hospitals THEN 'peers_few' ELSE '' END AS gap
FROM summed AS s
INNER JOIN filing AS f ON s.vendor_id = f.vendor_id AND s.item_code = f.item_code AND s.valid_from = f.valid_from
