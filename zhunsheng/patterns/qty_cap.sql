WITH c AS MATERIALIZED (
    SELECT
        l.line_id, l.person_id, l.institution_id, l.item_code, l.service_date, l.service_at AS known_at,
        COALESCE(l.service_at, 0) AS service_at, l.amount_fen, b.rule_id, b.point_id, b.valid_from, b.verdict,
        b.cap_e4, b.period, b.period_days,
        CASE WHEN b.counts = 'lines' THEN 10000 ELSE l.quantity_e4 END AS unit_e4,
        CASE WHEN b.period = 'rolling' AND b.reach = 'person' THEN '' ELSE l.institution_id END AS place,
        -- empty: a rolling period, or an hour that is not known
        CASE
            WHEN b.period = 'day' THEN CAST(l.service_date AS VARCHAR)
            WHEN b.period = 'encounter' THEN l.encounter_id
            WHEN b.period = 'hour' AND l.service_at IS NOT NULL
                THEN CAST(l.service_date AS VARCHAR) || 'T'
                || LPAD(CAST(((l.service_at + 28800) // 3600) % 24 AS VARCHAR), 2, '0')
            ELSE ''
        END AS slot
    FROM line AS l
    INNER JOIN b_qty_cap AS b
        ON l.item_code = b.item_code AND l.service_date >= b.valid_from AND l.service_date < b.valid_to
),

exceeding AS (
    SELECT
        rule_id, point_id, valid_from, person_id, institution_id, item_code, slot,
        CAST(SUM(unit_e4) AS BIGINT) AS total_e4
    FROM c
    WHERE slot <> ''
    GROUP BY rule_id, point_id, valid_from, person_id, institution_id, item_code, slot, cap_e4
    HAVING SUM(unit_e4) > cap_e4
),

running AS (
    SELECT
        c.*,
        exceeding.total_e4,
        CAST(SUM(c.unit_e4) OVER (
            PARTITION BY c.rule_id, c.point_id, c.valid_from, c.person_id, c.institution_id, c.item_code, c.slot
            ORDER BY c.service_date, c.service_at, c.line_id
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS BIGINT) AS so_far_e4
    FROM c
    INNER JOIN exceeding
        ON c.rule_id = exceeding.rule_id AND c.point_id = exceeding.point_id AND c.valid_from = exceeding.valid_from
        AND c.person_id = exceeding.person_id AND c.institution_id = exceeding.institution_id
        AND c.item_code = exceeding.item_code AND c.slot = exceeding.slot
),

excess AS (
    SELECT running.*, LEAST(unit_e4, GREATEST(0, so_far_e4 - cap_e4)) AS excess_e4
    FROM running
),

-- what a day holds in all could lie in one hour while times are missing
untimed AS (
    SELECT
        rule_id, point_id, valid_from, person_id, institution_id, item_code, service_date,
        CAST(SUM(unit_e4) AS BIGINT) AS total_e4
    FROM c
    WHERE period = 'hour'
    GROUP BY rule_id, point_id, valid_from, person_id, institution_id, item_code, service_date, cap_e4
    HAVING COUNT(known_at) < COUNT(*) AND SUM(unit_e4) > cap_e4
),

heavy AS (
    SELECT rule_id, point_id, valid_from, person_id, place, item_code
    FROM c
    WHERE period = 'rolling'
    GROUP BY rule_id, point_id, valid_from, person_id, place, item_code, cap_e4
    HAVING SUM(unit_e4) > cap_e4
),

r AS MATERIALIZED (
    SELECT c.*, DATE_DIFF('day', CAST('1970-01-01' AS DATE), c.service_date) AS day_no
    FROM c
    INNER JOIN heavy
        ON c.rule_id = heavy.rule_id AND c.point_id = heavy.point_id AND c.valid_from = heavy.valid_from
        AND c.person_id = heavy.person_id AND c.place = heavy.place AND c.item_code = heavy.item_code
    WHERE c.period = 'rolling'
),

-- each line comes on its day and goes period_days later: a running sum holds what the period holds, without a join
event AS (
    SELECT
        rule_id, point_id, valid_from, person_id, place, item_code, line_id, day_no, 1 AS comes, service_at,
        unit_e4 AS change_e4
    FROM r
    UNION ALL
    SELECT
        rule_id, point_id, valid_from, person_id, place, item_code, line_id, day_no + period_days, 0, service_at,
        -unit_e4
    FROM r
),

swept AS (
    SELECT
        event.*,
        CAST(SUM(change_e4) OVER (
            PARTITION BY rule_id, point_id, valid_from, person_id, place, item_code
            ORDER BY day_no, comes, service_at, line_id
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS BIGINT) AS held_e4
    FROM event
),

over_line AS MATERIALIZED (
    SELECT r.*, swept.held_e4, LEAST(r.unit_e4, swept.held_e4 - r.cap_e4) AS excess_e4
    FROM r
    INNER JOIN swept
        ON r.rule_id = swept.rule_id AND r.point_id = swept.point_id AND r.valid_from = swept.valid_from
        AND r.line_id = swept.line_id
    WHERE swept.comes = 1 AND swept.held_e4 > r.cap_e4
)

SELECT
    rule_id,
    point_id,
    person_id || '|' || institution_id || '|' || item_code || '|' || slot AS subject_key,
    verdict,
    CASE
        WHEN period = 'day' THEN 'over_daily_cap'
        WHEN period = 'hour' THEN 'over_hourly_cap'
        ELSE 'over_encounter_cap'
    END AS reason,
    CAST(cap_e4 AS VARCHAR) AS expected,
    CAST(total_e4 AS VARCHAR) AS actual,
    CASE WHEN excess_e4 > 0 THEN 'subject' ELSE 'other' END AS role,
    'line' AS row_kind,
    line_id AS row_id,
    CAST((2 * amount_fen * excess_e4 + unit_e4) // (2 * unit_e4) AS BIGINT) AS amount_fen
FROM excess
UNION ALL
SELECT
    c.rule_id, c.point_id,
    c.person_id || '|' || c.institution_id || '|' || c.item_code || '|' || CAST(c.service_date AS VARCHAR) || 'T?',
    'unknown', 'time_missing', CAST(c.cap_e4 AS VARCHAR), CAST(untimed.total_e4 AS VARCHAR), 'subject', 'line',
    c.line_id, c.amount_fen
FROM c
INNER JOIN untimed
    ON c.rule_id = untimed.rule_id AND c.point_id = untimed.point_id AND c.valid_from = untimed.valid_from
    AND c.person_id = untimed.person_id AND c.institution_id = untimed.institution_id
    AND c.item_code = untimed.item_code AND c.service_date = untimed.service_date
WHERE c.known_at IS NULL
UNION ALL
SELECT
    rule_id, point_id, person_id || '|' || institution_id || '|' || item_code || '|' || line_id, verdict,
    'over_rolling_cap', CAST(cap_e4 AS VARCHAR) || ' ' || CAST(period_days AS VARCHAR), CAST(held_e4 AS VARCHAR),
    'subject', 'line', line_id, CAST((2 * amount_fen * excess_e4 + unit_e4) // (2 * unit_e4) AS BIGINT)
FROM over_line
UNION ALL
SELECT
    o.rule_id, o.point_id, o.person_id || '|' || o.institution_id || '|' || o.item_code || '|' || o.line_id, o.verdict,
    'over_rolling_cap', CAST(o.cap_e4 AS VARCHAR) || ' ' || CAST(o.period_days AS VARCHAR), CAST(o.held_e4 AS VARCHAR),
    'other', 'line', r.line_id, CAST(0 AS BIGINT)
FROM over_line AS o
INNER JOIN r
    ON o.rule_id = r.rule_id AND o.point_id = r.point_id AND o.valid_from = r.valid_from AND o.person_id = r.person_id
    AND o.place = r.place AND o.item_code = r.item_code
WHERE
    r.day_no > o.day_no - o.period_days
    AND (
        r.day_no < o.day_no
        OR (r.day_no = o.day_no AND r.service_at < o.service_at)
        OR (r.day_no = o.day_no AND r.service_at = o.service_at AND r.line_id < o.line_id)
    )
