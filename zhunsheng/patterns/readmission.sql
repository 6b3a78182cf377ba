WITH stay AS MATERIALIZED (
    SELECT
        encounter_id, person_id, institution_id, start_date, end_date,
        COALESCE(start_at, DATE_DIFF('day', CAST('1970-01-01' AS DATE), start_date) * 86400 - 28800) AS start_lo
    FROM encounter
    WHERE visit_type = 'inpatient'
),

principal AS MATERIALIZED (
    SELECT d.encounter_id, MIN(d.code) AS code
    FROM diagnosis AS d
    INNER JOIN stay ON d.encounter_id = stay.encounter_id
    WHERE d.is_principal
    GROUP BY d.encounter_id
),

followed AS (
    SELECT
        encounter_id AS again_id, start_date,
        LAG(encounter_id) OVER (PARTITION BY person_id, institution_id ORDER BY start_lo, encounter_id) AS before_id,
        LAG(end_date) OVER (PARTITION BY person_id, institution_id ORDER BY start_lo, encounter_id) AS before_end
    FROM stay
),

pair AS (
    SELECT
        f.again_id, f.before_id, f.start_date, a.code AS again_code, b.code AS before_code,
        DATE_DIFF('day', f.before_end, f.start_date) AS days
    FROM followed AS f
    LEFT JOIN principal AS a ON f.again_id = a.encounter_id
    LEFT JOIN principal AS b ON f.before_id = b.encounter_id
    WHERE f.before_id IS NOT NULL
),

judged AS (
    SELECT
        r.rule_id, r.point_id, r.verdict, r.interval_days, pair.again_id, pair.before_id, pair.days,
        CASE
            WHEN pair.days IS NULL THEN 'end_missing'
            WHEN pair.days < 0 OR pair.days >= r.interval_days THEN NULL
            WHEN pair.again_code IS NULL OR pair.before_code IS NULL THEN 'diagnosis_missing'
            WHEN SUBSTR(pair.again_code, 1, r.shared_characters) = SUBSTR(pair.before_code, 1, r.shared_characters)
                THEN 'readmitted'
        END AS reason
    FROM pair
    INNER JOIN b_readmission AS r ON pair.start_date >= r.valid_from AND pair.start_date < r.valid_to
    WHERE
        pair.again_code IS NULL
        OR STRPOS(' ' || r.planned_categories || ' ', ' ' || SUBSTR(pair.again_code, 1, 3) || ' ') = 0
),

hit AS MATERIALIZED (
    SELECT judged.* FROM judged WHERE reason IS NOT NULL
),

charged AS (
    SELECT l.encounter_id, CAST(SUM(l.amount_fen) AS BIGINT) AS amount_fen
    FROM (SELECT DISTINCT again_id FROM hit) AS h
    INNER JOIN line AS l ON h.again_id = l.encounter_id
    GROUP BY l.encounter_id
),

told AS (
    SELECT
        rule_id, point_id, before_id, again_id, before_id || '|' || again_id AS subject_key,
        CASE WHEN reason = 'readmitted' THEN verdict ELSE 'unknown' END AS verdict, reason,
        CAST(interval_days AS VARCHAR) AS expected, COALESCE(CAST(days AS VARCHAR), '') AS actual
    FROM hit
)

SELECT
    rule_id, point_id, subject_key, verdict, reason, expected, actual, 'other' AS role, 'encounter' AS row_kind,
    before_id AS row_id, CAST(0 AS BIGINT) AS amount_fen
FROM told
UNION ALL
SELECT
    told.rule_id, told.point_id, told.subject_key, told.verdict, told.reason, told.expected, told.actual, 'subject',
    'encounter', told.again_id, COALESCE(charged.amount_fen, CAST(0 AS BIGINT))
FROM told
LEFT JOIN charged ON told.again_id = charged.encounter_id
