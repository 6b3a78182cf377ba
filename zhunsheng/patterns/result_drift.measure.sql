WITH newest AS (
    SELECT * FROM result
    QUALIFY ROW_NUMBER() OVER (PARTITION BY vendor_id, order_id, analyte ORDER BY version DESC) = 1
),

numbered AS (
    SELECT
        vendor_id, analyte, order_id, value_e4, reported_on, COALESCE(reported_at, 0) AS moment,
        COALESCE(NULLIF(person_id, ''), '|' || order_id) AS who,
        EXTRACT(YEAR FROM reported_on) * 12 + EXTRACT(MONTH FROM reported_on) AS number,
        SUBSTR(CAST(reported_on AS VARCHAR), 1, 7) AS period
    FROM newest
    WHERE value_e4 IS NOT NULL
),

single AS MATERIALIZED (
    SELECT vendor_id, analyte, order_id, value_e4, number, period FROM numbered
    QUALIFY ROW_NUMBER() OVER (PARTITION BY vendor_id, analyte, number, who ORDER BY reported_on, moment, order_id) = 1
),

setting AS (
    SELECT vendor_id, analyte, level, MIN(run_on) AS since
    FROM qc_run
    GROUP BY vendor_id, analyte, level, device_id, COALESCE(lot, ''), COALESCE(mean_e4, 0)
),

first_setting AS (
    SELECT vendor_id, analyte, level, MIN(since) AS since FROM setting GROUP BY vendor_id, analyte, level
),

renewed AS (
    SELECT DISTINCT
        s.vendor_id, s.analyte, EXTRACT(YEAR FROM s.since) * 12 + EXTRACT(MONTH FROM s.since) AS number
    FROM setting AS s
    INNER JOIN first_setting AS f ON s.vendor_id = f.vendor_id AND s.analyte = f.analyte AND s.level = f.level
    WHERE s.since > f.since
),

asked AS (
    SELECT DISTINCT
        b.rule_id, b.point_id, b.moves, b.months, s.vendor_id, s.analyte, s.number, s.period,
        CASE WHEN r.number IS NULL THEN 0 ELSE 1 END AS is_renewed
    FROM (SELECT DISTINCT vendor_id, analyte, number, period FROM single) AS s
    INNER JOIN b_result_drift AS b
        ON CAST(s.period || '-01' AS DATE) >= b.valid_from AND CAST(s.period || '-01' AS DATE) < b.valid_to
    LEFT JOIN renewed AS r
        ON s.vendor_id = r.vendor_id AND s.analyte = r.analyte AND r.number <= s.number
        AND r.number >= s.number - b.months
),

past AS MATERIALIZED (
    SELECT
        a.rule_id, a.point_id, a.vendor_id, a.analyte, a.number, a.period, a.moves, p.value_e4,
        ROW_NUMBER() OVER (
            PARTITION BY a.rule_id, a.point_id, a.vendor_id, a.analyte, a.number ORDER BY p.value_e4, p.number, p.order_id
        ) AS place,
        COUNT(*) OVER (PARTITION BY a.rule_id, a.point_id, a.vendor_id, a.analyte, a.number) AS n
    FROM asked AS a
    INNER JOIN single AS p
        ON a.vendor_id = p.vendor_id AND a.analyte = p.analyte AND p.number < a.number AND p.number >= a.number - a.months
    WHERE a.is_renewed = 0
),

bound AS MATERIALIZED (
    SELECT
        rule_id, point_id, vendor_id, analyte, number, period,
        CASE MAX(moves)
            WHEN 'up' THEN MIN(value_e4) - 1000000000000000
            WHEN 'down' THEN MAX(CASE WHEN place = (n + 1) // 2 THEN value_e4 END)
            ELSE MAX(CASE WHEN place = (n + 9) // 10 THEN value_e4 END)
        END AS low,
        CASE MAX(moves)
            WHEN 'up' THEN MAX(CASE WHEN place = (n + 1) // 2 THEN value_e4 END)
            WHEN 'down' THEN MAX(value_e4) + 1000000000000000
            ELSE MAX(CASE WHEN place = n - (n + 9) // 10 + 1 THEN value_e4 END)
        END AS high
    FROM past
    GROUP BY rule_id, point_id, vendor_id, analyte, number, period
)

SELECT
    b.rule_id, b.point_id, 'institution' AS subject_kind, b.vendor_id AS subject_id, b.vendor_id AS institution_id,
    b.period, b.analyte AS item_code, 'now' AS peer_group,
    COUNT(*) FILTER (WHERE s.value_e4 < b.low OR s.value_e4 > b.high) AS numerator, COUNT(*) AS denominator,
    COUNT(*) AS weight, '' AS gap
FROM bound AS b
INNER JOIN single AS s ON b.vendor_id = s.vendor_id AND b.analyte = s.analyte AND b.number = s.number
GROUP BY b.rule_id, b.point_id, b.vendor_id, b.analyte, b.period
UNION ALL
SELECT
    b.rule_id, b.point_id, 'institution', b.vendor_id, b.vendor_id, b.period, b.analyte, 'past',
    COUNT(*) FILTER (WHERE p.value_e4 < b.low OR p.value_e4 > b.high), COUNT(*), COUNT(*), ''
FROM bound AS b
INNER JOIN past AS p
    ON b.rule_id = p.rule_id AND b.point_id = p.point_id AND b.vendor_id = p.vendor_id AND b.analyte = p.analyte
    AND b.number = p.number
GROUP BY b.rule_id, b.point_id, b.vendor_id, b.analyte, b.period
