WITH duty AS MATERIALIZED (
    SELECT DISTINCT
        vendor_id, practitioner_id, happened_on AS day, SUBSTR(CAST(happened_on AS VARCHAR), 1, 7) AS period
    FROM service_event
    WHERE practitioner_id IS NOT NULL
),

tested AS (
    SELECT vendor_id, practitioner_id, held_on, MAX(CASE WHEN passed THEN 1 ELSE 0 END) AS is_passed
    FROM training
    WHERE passed IS NOT NULL
    GROUP BY vendor_id, practitioner_id, held_on
),

last_test AS (
    SELECT d.vendor_id, d.practitioner_id, d.day, d.period, t.held_on, t.is_passed
    FROM duty AS d
    INNER JOIN tested AS t
        ON d.vendor_id = t.vendor_id AND d.practitioner_id = t.practitioner_id AND t.held_on <= d.day
    QUALIFY ROW_NUMBER() OVER (PARTITION BY d.vendor_id, d.practitioner_id, d.day ORDER BY t.held_on DESC) = 1
),

first_day AS (
    SELECT vendor_id, MIN(happened_on) AS day FROM service_event GROUP BY vendor_id
),

joined AS (
    SELECT vendor_id, practitioner_id, MIN(valid_from) AS day FROM vendor_staff GROUP BY vendor_id, practitioner_id
),

trained AS (
    SELECT vendor_id, 1 AS is_known FROM training GROUP BY vendor_id
),

last_duty AS (
    SELECT vendor_id, practitioner_id, period, MAX(day) AS day FROM duty GROUP BY vendor_id, practitioner_id, period
),

year_over AS MATERIALIZED (
    SELECT
        b.rule_id, b.point_id, b.verdict, b.min_hours, b.organisers, l.vendor_id, l.practitioner_id, l.period, l.day,
        CASE WHEN j.day IS NULL THEN 0 ELSE 1 END AS is_registered, COALESCE(t.is_known, 0) AS is_known
    FROM last_duty AS l
    INNER JOIN b_staff_training AS b ON l.day >= b.valid_from AND l.day < b.valid_to
    INNER JOIN first_day AS f ON l.vendor_id = f.vendor_id
    LEFT JOIN joined AS j ON l.vendor_id = j.vendor_id AND l.practitioner_id = j.practitioner_id
    LEFT JOIN trained AS t ON l.vendor_id = t.vendor_id
    WHERE DATE_DIFF('day', f.day, l.day) >= 365 AND (j.day IS NULL OR DATE_DIFF('day', j.day, l.day) >= 365)
),

summed AS (
    SELECT
        y.rule_id, y.point_id, y.vendor_id, y.practitioner_id, y.period,
        SUM(COALESCE(t.hours_e4, 0)) AS hours_e4, COUNT(*) - COUNT(t.hours_e4) AS unstated
    FROM year_over AS y
    INNER JOIN training AS t
        ON y.vendor_id = t.vendor_id AND y.practitioner_id = t.practitioner_id AND t.held_on <= y.day
    WHERE
        ' ' || y.organisers || ' ' LIKE '% ' || t.organiser || ' %' AND COALESCE(t.passed, TRUE)
        AND DATE_DIFF('day', t.held_on, y.day) < 365
    GROUP BY y.rule_id, y.point_id, y.vendor_id, y.practitioner_id, y.period
),

judged AS MATERIALIZED (
    SELECT
        y.*, COALESCE(s.hours_e4, 0) AS hours_e4,
        CASE
            WHEN y.is_known = 0 THEN 'training_missing'
            WHEN y.is_registered = 0 THEN 'joined_unknown'
            WHEN COALESCE(s.hours_e4, 0) >= CAST(y.min_hours AS BIGINT) * 10000 THEN ''
            WHEN s.unstated > 0 THEN 'hours_missing'
            ELSE 'hours_short'
        END AS reason
    FROM year_over AS y
    LEFT JOIN summed AS s
        ON y.rule_id = s.rule_id AND y.point_id = s.point_id AND y.vendor_id = s.vendor_id
        AND y.practitioner_id = s.practitioner_id AND y.period = s.period
)

SELECT
    rule_id, point_id, vendor_id || '|' || period || '||' || practitioner_id AS subject_key, verdict, reason,
    CAST(min_hours AS VARCHAR) AS expected, CAST(hours_e4 // 10000 AS VARCHAR) AS actual, 'subject' AS role,
    'institution' AS row_kind, vendor_id || '|' || period || '||' || practitioner_id AS row_id,
    CAST(0 AS BIGINT) AS amount_fen
FROM judged
WHERE reason = 'hours_short'
UNION ALL
SELECT DISTINCT
    b.rule_id, b.point_id, t.vendor_id || '|' || t.period || '||' || t.practitioner_id, b.verdict, 'training_failed',
    CAST(t.held_on AS VARCHAR), '', 'subject', 'institution',
    t.vendor_id || '|' || t.period || '||' || t.practitioner_id, CAST(0 AS BIGINT)
FROM last_test AS t
INNER JOIN b_staff_training AS b ON t.day >= b.valid_from AND t.day < b.valid_to
WHERE t.is_passed = 0
UNION ALL
SELECT
    rule_id, point_id, vendor_id || '|' || period || '||', 'unknown', reason, '', CAST(COUNT(*) AS VARCHAR), 'subject',
    'institution', vendor_id || '|' || period || '||', CAST(0 AS BIGINT)
FROM judged
WHERE reason IN ('hours_missing', 'joined_unknown', 'training_missing')
GROUP BY rule_id, point_id, vendor_id, period, reason
