-- the runs of a device and analyte in their order; a run that the vendor refused begins every series anew
WITH run AS MATERIALIZED (
    SELECT
        vendor_id, device_id, analyte, run_id, MIN(run_on) AS run_on, MIN(run_at) AS moment,
        MIN(COALESCE(run_at, 0)) AS placed, MAX(CASE WHEN accepted THEN 0 WHEN accepted IS NULL THEN 0 ELSE 1 END) AS refused
    FROM qc_run
    GROUP BY vendor_id, device_id, analyte, run_id
),

placed AS MATERIALIZED (
    SELECT
        run.*,
        ROW_NUMBER() OVER (PARTITION BY vendor_id, device_id, analyte ORDER BY run_on, placed, run_id) AS n,
        COALESCE(SUM(refused) OVER (
            PARTITION BY vendor_id, device_id, analyte ORDER BY run_on, placed, run_id
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ), 0) AS resets
    FROM run
),

distance AS (
    SELECT
        q.vendor_id, q.device_id, q.analyte, q.level, q.run_id, q.run_on, p.n, p.resets, q.mean_e4,
        COALESCE(q.lot, '') AS lot, q.value_e4 - q.mean_e4 AS d, q.sd_e4 AS sd
    FROM qc_run AS q
    INNER JOIN placed AS p
        ON q.vendor_id = p.vendor_id AND q.device_id = p.device_id AND q.analyte = p.analyte AND q.run_id = p.run_id
    WHERE q.mean_e4 IS NOT NULL AND q.sd_e4 > 0
),

side AS (
    SELECT
        distance.*,
        CASE WHEN d > 2 * sd THEN 1 WHEN d < -2 * sd THEN -1 ELSE 0 END AS two,
        CASE WHEN d > sd THEN 1 WHEN d < -sd THEN -1 ELSE 0 END AS one,
        CASE WHEN d > 0 THEN 1 WHEN d < 0 THEN -1 ELSE 0 END AS any_side
    FROM distance
),

summed AS MATERIALIZED (
    SELECT
        side.*,
        SUM(two) OVER (
            PARTITION BY vendor_id, device_id, analyte, level, lot, mean_e4, resets ORDER BY n
            ROWS BETWEEN 1 PRECEDING AND CURRENT ROW
        ) AS two_of_2,
        SUM(one) OVER (
            PARTITION BY vendor_id, device_id, analyte, level, lot, mean_e4, resets ORDER BY n
            ROWS BETWEEN 3 PRECEDING AND CURRENT ROW
        ) AS one_of_4,
        SUM(any_side) OVER (
            PARTITION BY vendor_id, device_id, analyte, level, lot, mean_e4, resets ORDER BY n
            ROWS BETWEEN 9 PRECEDING AND CURRENT ROW
        ) AS any_of_10,
        SUM(CASE WHEN two = 1 THEN 1 ELSE 0 END) OVER (PARTITION BY vendor_id, device_id, analyte, run_id) AS above,
        SUM(CASE WHEN two = -1 THEN 1 ELSE 0 END) OVER (PARTITION BY vendor_id, device_id, analyte, run_id) AS below
    FROM side
),

broken AS (
    SELECT '1-3s' AS code, 'one_3s' AS reason, s.* FROM summed AS s WHERE s.d > 3 * s.sd OR s.d < -3 * s.sd
    UNION ALL
    SELECT '2-2s', 'two_2s', s.* FROM summed AS s
    WHERE s.two_of_2 IN (2, -2) OR (s.two = 1 AND s.above > 1) OR (s.two = -1 AND s.below > 1)
    UNION ALL
    SELECT 'R-4s', 'range_4s', s.* FROM summed AS s WHERE s.two <> 0 AND s.above > 0 AND s.below > 0
    UNION ALL
    SELECT '4-1s', 'four_1s', s.* FROM summed AS s WHERE s.one_of_4 IN (4, -4)
    UNION ALL
    SELECT '10-x', 'ten_x', s.* FROM summed AS s WHERE s.any_of_10 IN (10, -10)
),

failed AS MATERIALIZED (
    SELECT b.rule_id, b.point_id, b.verdict, b.valid_from, f.*
    FROM broken AS f
    INNER JOIN b_qc_westgard AS b
        ON ' ' || b.rules || ' ' LIKE '% ' || f.code || ' %' AND f.run_on >= b.valid_from AND f.run_on < b.valid_to
),

-- every run of a device and analyte as one binding row sees it: bad where it failed or was refused
judged AS (
    SELECT
        k.rule_id, k.point_id, k.verdict, k.valid_from, p.*, COALESCE(x.is_failing, 0) AS is_failing,
        CASE WHEN COALESCE(x.is_failing, 0) = 1 OR p.refused = 1 THEN 0 ELSE 1 END AS is_good
    FROM placed AS p
    INNER JOIN (
        SELECT DISTINCT rule_id, point_id, verdict, valid_from, vendor_id, device_id, analyte FROM failed
    ) AS k ON p.vendor_id = k.vendor_id AND p.device_id = k.device_id AND p.analyte = k.analyte
    LEFT JOIN (
        SELECT DISTINCT rule_id, point_id, valid_from, vendor_id, device_id, analyte, run_id, 1 AS is_failing FROM failed
    ) AS x
        ON k.rule_id = x.rule_id AND k.point_id = x.point_id AND k.valid_from = x.valid_from
        AND p.vendor_id = x.vendor_id AND p.device_id = x.device_id AND p.analyte = x.analyte AND p.run_id = x.run_id
),

stretched AS MATERIALIZED (
    SELECT
        judged.*,
        SUM(is_good) OVER (
            PARTITION BY rule_id, point_id, valid_from, vendor_id, device_id, analyte ORDER BY n
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS stretch
    FROM judged
),

episode AS MATERIALIZED (
    SELECT
        s.rule_id, s.point_id, s.verdict, s.valid_from, s.vendor_id, s.device_id, s.analyte, s.stretch,
        s.run_id AS first_id, s.moment AS since
    FROM stretched AS s
    WHERE s.is_failing = 1
    QUALIFY ROW_NUMBER() OVER (
        PARTITION BY s.rule_id, s.point_id, s.valid_from, s.vendor_id, s.device_id, s.analyte, s.stretch ORDER BY s.n
    ) = 1
),

taken AS (
    SELECT
        rule_id, point_id, valid_from, vendor_id, device_id, analyte, stretch, MIN(refused) AS all_refused
    FROM stretched
    WHERE is_failing = 1
    GROUP BY rule_id, point_id, valid_from, vendor_id, device_id, analyte, stretch
),

bounded AS (
    SELECT
        e.*, t.all_refused, g.moment AS until, CASE WHEN g.run_id IS NULL THEN 1 ELSE 0 END AS is_open
    FROM episode AS e
    INNER JOIN taken AS t
        ON e.rule_id = t.rule_id AND e.point_id = t.point_id AND e.valid_from = t.valid_from
        AND e.vendor_id = t.vendor_id AND e.device_id = t.device_id AND e.analyte = t.analyte AND e.stretch = t.stretch
    LEFT JOIN stretched AS g
        ON e.rule_id = g.rule_id AND e.point_id = g.point_id AND e.valid_from = g.valid_from
        AND e.vendor_id = g.vendor_id AND e.device_id = g.device_id AND e.analyte = g.analyte
        AND e.stretch + 1 = g.stretch AND g.is_good = 1
),

released AS (
    SELECT
        b.rule_id, b.point_id, b.verdict, b.valid_from, b.vendor_id, b.device_id, b.analyte, b.stretch, b.first_id,
        r.vendor_id || '|' || r.order_id || '|' || r.analyte || '|' || CAST(r.version AS VARCHAR) AS row_id, r.reported_at
    FROM bounded AS b
    INNER JOIN result AS r ON b.vendor_id = r.vendor_id AND b.analyte = r.analyte AND r.reported_at >= b.since
    WHERE b.is_open = 1 OR r.reported_at < b.until
),

counted AS MATERIALIZED (
    SELECT
        released.*,
        COUNT(*) OVER (PARTITION BY rule_id, point_id, valid_from, vendor_id, device_id, analyte, stretch) AS reports,
        ROW_NUMBER() OVER (
            PARTITION BY rule_id, point_id, valid_from, vendor_id, device_id, analyte, stretch
            ORDER BY reported_at, row_id
        ) AS place
    FROM released
),

told AS (
    SELECT b.* FROM bounded AS b
    LEFT JOIN counted AS c
        ON b.rule_id = c.rule_id AND b.point_id = c.point_id AND b.valid_from = c.valid_from
        AND b.vendor_id = c.vendor_id AND b.device_id = c.device_id AND b.analyte = c.analyte AND b.stretch = c.stretch
        AND c.place = 1
    WHERE b.all_refused = 0 OR c.place = 1
)

SELECT
    f.rule_id, f.point_id, f.vendor_id || '|' || f.device_id || '|' || f.analyte || '|' || t.first_id AS subject_key,
    f.verdict, f.reason, '' AS expected, f.device_id || ' ' || f.analyte AS actual, 'subject' AS role,
    'qc_run' AS row_kind,
    f.vendor_id || '|' || f.device_id || '|' || f.analyte || '|' || f.level || '|' || f.run_id AS row_id,
    CAST(0 AS BIGINT) AS amount_fen
FROM failed AS f
INNER JOIN stretched AS s
    ON f.rule_id = s.rule_id AND f.point_id = s.point_id AND f.valid_from = s.valid_from
    AND f.vendor_id = s.vendor_id AND f.device_id = s.device_id AND f.analyte = s.analyte AND f.run_id = s.run_id
INNER JOIN told AS t
    ON s.rule_id = t.rule_id AND s.point_id = t.point_id AND s.valid_from = t.valid_from
    AND s.vendor_id = t.vendor_id AND s.device_id = t.device_id AND s.analyte = t.analyte AND s.stretch = t.stretch
UNION ALL
SELECT
    rule_id, point_id, vendor_id || '|' || device_id || '|' || analyte || '|' || first_id, verdict, 'released', '',
    CAST(reports AS VARCHAR), 'other', 'result', row_id, CAST(0 AS BIGINT)
FROM counted
WHERE place <= 20
UNION ALL
SELECT
    b.rule_id, MIN(b.point_id), q.vendor_id || '|' || SUBSTR(CAST(q.run_on AS VARCHAR), 1, 7) || '||' AS place,
    'unknown', 'target_missing', '', CAST(COUNT(*) AS VARCHAR), 'subject', 'institution',
    q.vendor_id || '|' || SUBSTR(CAST(q.run_on AS VARCHAR), 1, 7) || '||', CAST(0 AS BIGINT)
FROM qc_run AS q
INNER JOIN b_qc_westgard AS b ON q.run_on >= b.valid_from AND q.run_on < b.valid_to
WHERE q.mean_e4 IS NULL OR q.sd_e4 IS NULL OR q.sd_e4 <= 0
GROUP BY b.rule_id, q.vendor_id, SUBSTR(CAST(q.run_on AS VARCHAR), 1, 7)
