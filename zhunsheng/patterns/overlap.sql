WITH stay AS MATERIALIZED (
    SELECT
        encounter_id, person_id, start_date, end_date,
        COALESCE(start_at, DATE_DIFF('day', CAST('1970-01-01' AS DATE), start_date) * 86400 - 28800) AS start_lo,
        COALESCE(start_at, DATE_DIFF('day', CAST('1970-01-01' AS DATE), start_date) * 86400 + 57600) AS start_hi,
        COALESCE(end_at, DATE_DIFF('day', CAST('1970-01-01' AS DATE), end_date) * 86400 - 28800) AS end_lo,
        COALESCE(end_at, DATE_DIFF('day', CAST('1970-01-01' AS DATE), end_date) * 86400 + 57600) AS end_hi
    FROM encounter
    WHERE visit_type = 'inpatient'
),

pair AS (
    SELECT
        a.encounter_id AS earlier_id, b.encounter_id AS later_id, b.start_date AS later_start,
        CASE
            WHEN a.end_date IS NULL OR b.end_date IS NULL THEN NULL
            WHEN a.end_date < b.end_date THEN a.end_date
            ELSE b.end_date
        END AS last_day,
        CASE WHEN a.end_date IS NULL OR b.end_date IS NULL THEN 1 ELSE 0 END AS open_ended,
        LEAST(COALESCE(a.end_lo, b.end_lo), COALESCE(b.end_lo, a.end_lo)) - GREATEST(a.start_hi, b.start_hi) AS lo,
        LEAST(COALESCE(a.end_hi, b.end_hi), COALESCE(b.end_hi, a.end_hi)) - b.start_lo AS hi
    FROM stay AS a
    INNER JOIN stay AS b
        ON a.person_id = b.person_id AND a.encounter_id <> b.encounter_id
        AND (a.start_lo < b.start_lo OR (a.start_lo = b.start_lo AND a.encounter_id < b.encounter_id))
),

judged AS (
    SELECT
        r.rule_id, r.point_id, r.verdict, r.tolerance_hours, pair.*,
        CASE
            WHEN open_ended = 1 AND (hi IS NULL OR hi > r.tolerance_hours * 3600) THEN 'end_missing'
            WHEN open_ended = 1 THEN NULL
            WHEN lo > r.tolerance_hours * 3600 THEN 'stays_overlap'
            WHEN hi > r.tolerance_hours * 3600 THEN 'time_missing'
        END AS reason
    FROM pair
    INNER JOIN b_overlap AS r ON pair.later_start >= r.valid_from AND pair.later_start < r.valid_to
),

hit AS MATERIALIZED (
    SELECT judged.* FROM judged WHERE reason IS NOT NULL
),

charged AS (
    SELECT hit.earlier_id, hit.later_id, CAST(SUM(l.amount_fen) AS BIGINT) AS amount_fen
    FROM (SELECT DISTINCT earlier_id, later_id, later_start, last_day FROM hit) AS hit
    INNER JOIN line AS l
        ON hit.later_id = l.encounter_id AND l.service_date >= hit.later_start AND l.service_date <= hit.last_day
    GROUP BY hit.earlier_id, hit.later_id
),

told AS (
    SELECT
        rule_id, point_id, earlier_id, later_id, reason, CAST(tolerance_hours AS VARCHAR) AS expected,
        CASE WHEN reason = 'stays_overlap' THEN verdict ELSE 'unknown' END AS verdict,
        CASE
            WHEN reason = 'stays_overlap' THEN CAST(lo AS VARCHAR)
            WHEN reason = 'time_missing' THEN CAST(hi AS VARCHAR)
            ELSE ''
        END AS actual
    FROM hit
)

SELECT
    rule_id, point_id, earlier_id || '|' || later_id AS subject_key, verdict, reason, expected, actual,
    'other' AS role, 'encounter' AS row_kind, earlier_id AS row_id, CAST(0 AS BIGINT) AS amount_fen
FROM told
UNION ALL
SELECT
    told.rule_id, told.point_id, told.earlier_id || '|' || told.later_id, told.verdict, told.reason, told.expected,
    told.actual, 'subject', 'encounter', told.later_id, COALESCE(charged.amount_fen, CAST(0 AS BIGINT))
FROM told
LEFT JOIN charged ON told.earlier_id = charged.earlier_id AND told.later_id = charged.later_id
