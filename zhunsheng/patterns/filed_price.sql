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
        b.rule_id, b.point_id, b.verdict, b.limit_percent, b.window_months, b.min_lines, b.min_hospitals, seen.*,
        CAST(SUBSTR(seen.period, 1, 4) AS INTEGER) * 12 + CAST(SUBSTR(seen.period, 6, 2) AS INTEGER) AS number
    FROM seen
    INNER JOIN b_filed_price AS b
        ON CAST(seen.period || '-01' AS DATE) >= b.valid_from AND CAST(seen.period || '-01' AS DATE) < b.valid_to
),

summed AS (
    SELECT
        r.rule_id, r.point_id, r.verdict, r.limit_percent, r.window_months, r.min_lines, r.min_hospitals, r.vendor_id,
        r.item_code, r.valid_from, r.period, r.number, CAST(COALESCE(SUM(s.lines), 0) AS BIGINT) AS lines, CAST(COALESCE(SUM(s.sum_e6), 0) AS BIGINT) AS sum_e6,
        COUNT(DISTINCT s.institution_id) AS hospitals
    FROM ruled AS r
    LEFT JOIN sold AS s
        ON r.item_code = s.item_code
        AND CAST(SUBSTR(s.period, 1, 4) AS INTEGER) * 12 + CAST(SUBSTR(s.period, 6, 2) AS INTEGER) <= r.number
        AND CAST(SUBSTR(s.period, 1, 4) AS INTEGER) * 12 + CAST(SUBSTR(s.period, 6, 2) AS INTEGER) > r.number - r.window_months
    GROUP BY
        r.rule_id, r.point_id, r.verdict, r.limit_percent, r.window_months, r.min_lines, r.min_hospitals, r.vendor_id,
        r.item_code, r.valid_from, r.period, r.number
),

priced AS (
    SELECT
        s.*, f.unit_price_e6, s.lines >= s.min_lines AND s.hospitals >= s.min_hospitals AS told,
        s.vendor_id || '|' || s.item_code || '|' || CAST(s.valid_from AS VARCHAR) AS subject_key
    FROM summed AS s
    INNER JOIN filing AS f ON s.vendor_id = f.vendor_id AND s.item_code = f.item_code AND s.valid_from = f.valid_from
),

above AS MATERIALIZED (
    SELECT *, sum_e6 // lines AS mean_e6
    FROM priced
    WHERE
        told
        AND CAST(unit_price_e6 AS HUGEINT) * lines * 100 >= CAST(sum_e6 AS HUGEINT) * limit_percent
    QUALIFY ROW_NUMBER() OVER (PARTITION BY rule_id, point_id, window_months, limit_percent, min_lines, min_hospitals, subject_key ORDER BY period) = 1
),

untold AS (
    SELECT
        rule_id, point_id, subject_key, MAX(period) AS period, MAX(unit_price_e6) AS unit_price_e6,
        MAX(vendor_id) AS vendor_id, MAX(item_code) AS item_code
    FROM priced
    GROUP BY rule_id, point_id, window_months, limit_percent, min_lines, min_hospitals, subject_key
    HAVING NOT BOOL_OR(told)
),

behind AS (
    SELECT
        a.rule_id, a.point_id, a.subject_key, a.verdict, a.mean_e6, a.unit_price_e6, l.line_id
    FROM above AS a
    INNER JOIN line AS l ON a.item_code = l.item_code
    INNER JOIN institution_registration AS r
        ON l.institution_id = r.institution_id AND l.service_date >= r.valid_from AND l.service_date < r.valid_to
    WHERE
        r.kind = 'hospital'
        AND YEAR(l.service_date) * 12 + MONTH(l.service_date) <= a.number
        AND YEAR(l.service_date) * 12 + MONTH(l.service_date) > a.number - a.window_months
    QUALIFY ROW_NUMBER() OVER (
        PARTITION BY a.rule_id, a.point_id, a.subject_key
        ORDER BY YEAR(l.service_date) * 12 + MONTH(l.service_date) DESC, l.line_id
    ) <= 20
)

SELECT
    rule_id, point_id, subject_key, verdict, 'above_mean' AS reason, CAST(mean_e6 AS VARCHAR) AS expected,
    CAST(unit_price_e6 AS VARCHAR) AS actual, 'subject' AS role, 'institution' AS row_kind,
    vendor_id || '|' || period || '|' || item_code || '|' AS row_id, CAST(0 AS BIGINT) AS amount_fen
FROM above
UNION ALL
SELECT
    rule_id, point_id, subject_key, verdict, 'above_mean', CAST(mean_e6 AS VARCHAR), CAST(unit_price_e6 AS VARCHAR),
    'other', 'line', line_id, CAST(0 AS BIGINT)
FROM behind
UNION ALL
SELECT
    rule_id, point_id, subject_key, 'unknown', 'peers_few', '', CAST(unit_price_e6 AS VARCHAR), 'subject',
    'institution', vendor_id || '|' || period || '|' || item_code || '|', CAST(0 AS BIGINT)
FROM untold
