WITH compared AS MATERIALIZED (
    SELECT
        m.rule_id, m.point_id, b.verdict, b.limit_percent, b.window_months, b.min_lines, b.min_hospitals,
        m.subject_id AS vendor_id, m.item_code, m.period, m.denominator AS sum_e6, m.weight AS lines, m.gap,
        f.unit_price_e6, m.subject_id || '|' || m.item_code || '|' || m.peer_group AS subject_key,
        m.subject_id || '|' || m.period || '|' || m.item_code || '|' AS place
    FROM measure AS m
    INNER JOIN b_filed_price AS b
        ON m.rule_id = b.rule_id AND m.point_id = b.point_id
        AND CAST(m.period || '-01' AS DATE) >= b.valid_from AND CAST(m.period || '-01' AS DATE) < b.valid_to
    INNER JOIN price_filing AS f
        ON m.subject_id = f.vendor_id AND m.item_code = f.item_code AND m.peer_group = CAST(f.valid_from AS VARCHAR)
),

above AS MATERIALIZED (
    SELECT
        *, sum_e6 // lines AS mean_e6,
        CAST(SUBSTR(period, 1, 4) AS INTEGER) * 12 + CAST(SUBSTR(period, 6, 2) AS INTEGER) AS number
    FROM compared
    WHERE
        gap = ''
        AND CAST(unit_price_e6 AS HUGEINT) * lines * 100 >= CAST(sum_e6 AS HUGEINT) * limit_percent
    QUALIFY ROW_NUMBER() OVER (
        PARTITION BY rule_id, point_id, window_months, limit_percent, min_lines, min_hospitals, subject_key
        ORDER BY period
    ) = 1
),

untold AS (
    SELECT
        rule_id, point_id, subject_key, MAX(place) AS place, MAX(unit_price_e6) AS unit_price_e6
    FROM compared
    GROUP BY rule_id, point_id, window_months, limit_percent, min_lines, min_hospitals, subject_key
    HAVING NOT BOOL_OR(gap = '')
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
    CAST(unit_price_e6 AS VARCHAR) AS actual, 'subject' AS role, 'institution' AS row_kind, place AS row_id,
    CAST(0 AS BIGINT) AS amount_fen
FROM above
UNION ALL
SELECT
    rule_id, point_id, subject_key, verdict, 'above_mean', CAST(mean_e6 AS VARCHAR), CAST(unit_price_e6 AS VARCHAR),
    'other', 'line', line_id, CAST(0 AS BIGINT)
FROM behind
UNION ALL
SELECT
    rule_id, point_id, subject_key, 'unknown', 'peers_few', '', CAST(unit_price_e6 AS VARCHAR), 'subject',
    'institution', place, CAST(0 AS BIGINT)
FROM untold
