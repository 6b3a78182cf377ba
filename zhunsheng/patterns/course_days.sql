-- rows that differ in item, point, verdict and end alone state one limit
WITH k AS MATERIALIZED (
    SELECT
        b.*,
        DENSE_RANK() OVER (
            ORDER BY rule_id, item_group, valid_from, max_days, period, gap_days, min_interval, counts, reach, scope
        ) AS limit_no
    FROM b_course_days AS b
),

c AS MATERIALIZED (
    SELECT
        l.line_id, l.person_id, l.institution_id, l.service_date, l.amount_fen, k.limit_no,
        CASE WHEN k.reach = 'institution' THEN l.institution_id ELSE '' END AS place,
        CASE WHEN k.period = 'stay' THEN l.encounter_id ELSE '' END AS stay,
        CASE WHEN k.scope = 'paid' AND l.in_scope_fen IS NULL THEN 1 ELSE 0 END AS untold,
        MIN(k.point_id) AS point_id, MIN(k.verdict) AS verdict
    FROM line AS l
    INNER JOIN k ON l.item_code = k.item_code AND l.service_date >= k.valid_from AND l.service_date < k.valid_to
    WHERE k.scope = 'all' OR l.in_scope_fen IS NULL OR l.in_scope_fen <> 0
    GROUP BY
        l.line_id, l.person_id, l.institution_id, l.encounter_id, l.service_date, l.amount_fen, l.in_scope_fen,
        k.limit_no, k.reach, k.period, k.scope
),

one_limit AS (
    SELECT DISTINCT
        limit_no, rule_id, item_group, max_days, period, gap_days, min_interval, counts
    FROM k
),

used AS (
    SELECT limit_no, person_id, place, stay, service_date, MAX(untold) AS untold
    FROM c
    GROUP BY limit_no, person_id, place, stay, service_date
),

stepped AS (
    SELECT
        used.*,
        DATE_DIFF(
            'day',
            LAG(used.service_date) OVER (
                PARTITION BY used.limit_no, used.person_id, used.place, used.stay ORDER BY used.service_date
            ),
            used.service_date
        ) AS step
    FROM used
),

-- the windows: a stay, the years, or courses that end where a step is longer than the gap
cut AS (
    SELECT
        s.limit_no, s.person_id, s.place, s.stay, s.service_date, s.step, s.untold, o.max_days, o.min_interval, o.counts, o.period,
        CASE
            WHEN o.period = 'year' THEN CAST(EXTRACT(YEAR FROM s.service_date) AS BIGINT)
            ELSE CAST(SUM(CASE WHEN o.period IN ('course', 'unstated') AND s.step > o.gap_days THEN 1 ELSE 0 END) OVER (
                PARTITION BY s.limit_no, s.person_id, s.place, s.stay ORDER BY s.service_date
                ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
            ) AS BIGINT)
        END AS window_no
    FROM stepped AS s
    INNER JOIN one_limit AS o ON s.limit_no = o.limit_no
),

measured AS (
    SELECT
        cut.*,
        MIN(service_date) OVER (PARTITION BY limit_no, person_id, place, stay, window_no) AS first_day,
        MAX(untold) OVER (PARTITION BY limit_no, person_id, place, stay, window_no) AS untold_in_all,
        MIN(CASE WHEN step < min_interval THEN step END)
            OVER (PARTITION BY limit_no, person_id, place, stay, window_no) AS least_step,
        CASE
            WHEN counts = 'days' THEN
                ROW_NUMBER() OVER (
                    PARTITION BY limit_no, person_id, place, stay, window_no ORDER BY service_date
                )
            ELSE
                1 + DATE_DIFF(
                    'day',
                    MIN(service_date) OVER (PARTITION BY limit_no, person_id, place, stay, window_no),
                    service_date
                )
        END AS lasted
    FROM cut
),

judged AS (
    SELECT
        measured.*,
        MAX(lasted) OVER (PARTITION BY limit_no, person_id, place, stay, window_no) AS lasted_in_all
    FROM measured
),

hit AS MATERIALIZED (
    SELECT
        limit_no, person_id, place, stay, window_no, service_date, first_day, untold_in_all,
        CAST(max_days AS VARCHAR) || ' ' || period AS expected,
        CASE WHEN counts = 'days' THEN 'days_over' ELSE 'span_over' END AS reason,
        CAST(lasted_in_all AS VARCHAR) AS actual,
        CASE WHEN lasted > max_days THEN 1 ELSE 0 END AS at_stake
    FROM judged
    WHERE lasted_in_all > max_days
    UNION ALL
    SELECT
        limit_no, person_id, place, stay, window_no, service_date, first_day, untold_in_all,
        CAST(min_interval AS VARCHAR), 'interval_short',
        CAST(least_step AS VARCHAR), CASE WHEN step < min_interval THEN 1 ELSE 0 END
    FROM judged
    WHERE least_step IS NOT NULL
),

charged AS MATERIALIZED (
    SELECT hit.*, c.line_id, c.institution_id, c.amount_fen, c.point_id, c.verdict
    FROM hit
    INNER JOIN c
        ON hit.limit_no = c.limit_no AND hit.person_id = c.person_id AND hit.place = c.place AND hit.stay = c.stay
        AND hit.service_date = c.service_date
),

-- one subject per institution: nobody answers for a line that another institution charged
answering AS (
    SELECT DISTINCT limit_no, person_id, place, stay, window_no, reason, institution_id
    FROM charged
    WHERE at_stake = 1
)

SELECT
    o.rule_id,
    h.point_id,
    h.person_id || '|' || o.item_group || '|'
    || CASE
        WHEN o.period = 'stay' THEN h.stay
        WHEN o.period = 'year' THEN CAST(h.window_no AS VARCHAR)
        ELSE CAST(h.first_day AS VARCHAR)
    END || '|' || a.institution_id AS subject_key,
    CASE WHEN h.untold_in_all = 1 THEN 'unknown' ELSE h.verdict END AS verdict,
    CASE WHEN h.untold_in_all = 1 THEN 'scope_missing' ELSE h.reason END AS reason,
    h.expected,
    h.actual,
    CASE WHEN h.at_stake = 1 AND h.institution_id = a.institution_id THEN 'subject' ELSE 'other' END AS role,
    'line' AS row_kind,
    h.line_id AS row_id,
    CASE WHEN h.at_stake = 1 AND h.institution_id = a.institution_id THEN h.amount_fen ELSE 0 END AS amount_fen
FROM charged AS h
INNER JOIN answering AS a
    ON h.limit_no = a.limit_no AND h.person_id = a.person_id AND h.place = a.place AND h.stay = a.stay
    AND h.window_no = a.window_no AND h.reason = a.reason
INNER JOIN one_limit AS o ON h.limit_no = o.limit_no
