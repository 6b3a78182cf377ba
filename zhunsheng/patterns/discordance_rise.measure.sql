WITH monthly AS MATERIALIZED (
    SELECT
        vendor_id, EXTRACT(YEAR FROM reviewed_on) * 12 + EXTRACT(MONTH FROM reviewed_on) AS number,
        SUBSTR(CAST(reviewed_on AS VARCHAR), 1, 7) AS period, COUNT(*) AS told,
        COUNT(*) FILTER (WHERE NOT concordant) AS differ
    FROM second_reading
    WHERE concordant IS NOT NULL
    GROUP BY vendor_id, number, period
),

paired AS MATERIALIZED (
    SELECT
        b.rule_id, b.point_id, n.vendor_id, n.period, MAX(n.differ) AS x_now, MAX(n.told) AS n_now,
        CAST(SUM(p.differ) AS BIGINT) AS x_past, CAST(SUM(p.told) AS BIGINT) AS n_past
    FROM monthly AS n
    INNER JOIN b_discordance_rise AS b
        ON CAST(n.period || '-01' AS DATE) >= b.valid_from AND CAST(n.period || '-01' AS DATE) < b.valid_to
    INNER JOIN monthly AS p
        ON n.vendor_id = p.vendor_id AND p.number < n.number AND p.number >= n.number - b.months
    GROUP BY b.rule_id, b.point_id, n.vendor_id, n.period
)

SELECT
    rule_id, point_id, 'institution' AS subject_kind, vendor_id AS subject_id, vendor_id AS institution_id, period,
    '' AS item_code, 'now' AS peer_group, x_now AS numerator, n_now AS denominator, n_now AS weight, '' AS gap
FROM paired
UNION ALL
SELECT
    rule_id, point_id, 'institution', vendor_id, vendor_id, period, '', 'past', x_past, n_past, n_past, ''
FROM paired
