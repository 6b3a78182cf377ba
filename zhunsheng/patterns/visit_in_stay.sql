WITH stay AS MATERIALIZED (
    SELECT encounter_id, person_id, start_date, end_date FROM encounter WHERE visit_type = 'inpatient'
),

-- whatever the rules, a visit at stake lies between the days of a stay; only those few meet the binding rows
pair AS MATERIALIZED (
    SELECT
        v.encounter_id AS visit_id, v.visit_type, v.start_date AS day, s.encounter_id AS stay_id, s.start_date, s.end_date
    FROM encounter AS v
    INNER JOIN stay AS s ON v.person_id = s.person_id
    WHERE
        v.visit_type <> 'inpatient' AND v.start_date >= s.start_date
        AND (s.end_date IS NULL OR v.start_date <= s.end_date)
),

hit AS MATERIALIZED (
    SELECT
        r.rule_id, r.point_id, pair.stay_id, pair.visit_id, pair.start_date, pair.end_date, pair.day,
        CASE WHEN pair.end_date IS NULL THEN 'unknown' ELSE r.verdict END AS verdict
    FROM pair
    INNER JOIN b_visit_in_stay AS r ON pair.day >= r.valid_from AND pair.day < r.valid_to
    WHERE
        STRPOS(' ' || r.allowed_types || ' ', ' ' || pair.visit_type || ' ') = 0
        AND DATE_DIFF('day', pair.start_date, pair.day) >= r.first_days
        AND (pair.end_date IS NULL OR DATE_DIFF('day', pair.day, pair.end_date) >= r.last_days)
),

charged AS (
    SELECT l.encounter_id, CAST(SUM(l.amount_fen) AS BIGINT) AS amount_fen
    FROM (SELECT DISTINCT visit_id FROM hit) AS h
    INNER JOIN line AS l ON h.visit_id = l.encounter_id
    GROUP BY l.encounter_id
),

told AS (
    SELECT
        rule_id, point_id, stay_id, visit_id, stay_id || '|' || visit_id AS subject_key, verdict,
        CASE WHEN end_date IS NULL THEN 'end_missing' ELSE 'visit_in_stay' END AS reason,
        CAST(start_date AS VARCHAR) || '..' || COALESCE(CAST(end_date AS VARCHAR), '') AS expected,
        CAST(day AS VARCHAR) AS actual
    FROM hit
)

SELECT
    rule_id, point_id, subject_key, verdict, reason, expected, actual, 'other' AS role, 'encounter' AS row_kind,
    stay_id AS row_id, CAST(0 AS BIGINT) AS amount_fen
FROM told
UNION ALL
SELECT
    told.rule_id, told.point_id, told.subject_key, told.verdict, told.reason, told.expected, told.actual, 'subject',
    'encounter', told.visit_id, COALESCE(charged.amount_fen, CAST(0 AS BIGINT))
FROM told
LEFT JOIN charged ON told.visit_id = charged.encounter_id
