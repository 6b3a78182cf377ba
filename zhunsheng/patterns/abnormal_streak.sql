WITH newest AS (
    SELECT * FROM result
    QUALIFY ROW_NUMBER() OVER (PARTITION BY vendor_id, order_id, analyte ORDER BY version DESC) = 1
),

ranged AS (
    SELECT
        vendor_id, person_id, analyte, order_id, version, reported_on, COALESCE(reported_at, 0) AS moment,
        CASE WHEN value_e4 < low_e4 OR value_e4 > high_e4 THEN 1 ELSE 0 END AS is_abnormal
    FROM newest
    WHERE person_id <> '' AND value_e4 IS NOT NULL AND (low_e4 IS NOT NULL OR high_e4 IS NOT NULL)
),

broken AS (
    SELECT
        ranged.*,
        SUM(1 - is_abnormal) OVER (
            PARTITION BY vendor_id, person_id, analyte ORDER BY reported_on, moment, order_id
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS streak
    FROM ranged
),

numbered AS MATERIALIZED (
    SELECT
        broken.*,
        ROW_NUMBER() OVER (
            PARTITION BY vendor_id, person_id, analyte, streak ORDER BY reported_on, moment, order_id
        ) AS n,
        FIRST_VALUE(order_id) OVER (
            PARTITION BY vendor_id, person_id, analyte, streak ORDER BY reported_on, moment, order_id
        ) AS first_id
    FROM broken
    WHERE is_abnormal = 1
),

ending AS (
    SELECT
        b.rule_id, b.point_id, b.verdict, b.times, b.days, m.vendor_id, m.person_id, m.analyte, m.streak, m.n,
        m.n - b.times + 1 AS first_n, m.reported_on
    FROM numbered AS m
    INNER JOIN b_abnormal_streak AS b
        ON m.n >= b.times AND m.reported_on >= b.valid_from AND m.reported_on < b.valid_to
),

in_time AS MATERIALIZED (
    SELECT e.*
    FROM ending AS e
    INNER JOIN numbered AS f
        ON e.vendor_id = f.vendor_id AND e.person_id = f.person_id AND e.analyte = f.analyte AND e.streak = f.streak
        AND e.first_n = f.n
    WHERE DATE_DIFF('day', f.reported_on, e.reported_on) <= e.days
)

SELECT DISTINCT
    t.rule_id, t.point_id, m.vendor_id || '|' || m.person_id || '|' || m.analyte || '|' || m.first_id AS subject_key,
    t.verdict, 'in_a_row' AS reason, CAST(t.times AS VARCHAR) || ' ' || CAST(t.days AS VARCHAR) AS expected,
    m.analyte AS actual, 'subject' AS role, 'result' AS row_kind,
    m.vendor_id || '|' || m.order_id || '|' || m.analyte || '|' || CAST(m.version AS VARCHAR) AS row_id,
    CAST(0 AS BIGINT) AS amount_fen
FROM in_time AS t
INNER JOIN numbered AS m
    ON t.vendor_id = m.vendor_id AND t.person_id = m.person_id AND t.analyte = m.analyte AND t.streak = m.streak
    AND m.n >= t.first_n AND m.n <= t.n
