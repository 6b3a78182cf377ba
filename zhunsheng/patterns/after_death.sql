WITH died AS MATERIALIZED (
    SELECT person_id, MIN(died_on) AS first_on, MAX(died_on) AS last_on FROM death GROUP BY person_id
),

late AS MATERIALIZED (
    SELECT e.encounter_id, e.start_date, d.first_on, d.last_on
    FROM encounter AS e
    INNER JOIN died AS d ON e.person_id = d.person_id
    WHERE e.start_date > d.first_on
),

charged AS (
    SELECT l.encounter_id, CAST(SUM(l.amount_fen) AS BIGINT) AS amount_fen
    FROM late
    INNER JOIN line AS l ON late.encounter_id = l.encounter_id
    GROUP BY l.encounter_id
),

judged AS (
    SELECT
        b.rule_id, b.point_id, b.verdict, late.encounter_id, late.start_date, late.first_on,
        CASE
            WHEN DATE_DIFF('day', late.last_on, late.start_date) > b.tolerance_days THEN 'after_death'
            ELSE 'death_disputed'
        END AS reason
    FROM late
    INNER JOIN b_after_death AS b ON late.start_date >= b.valid_from AND late.start_date < b.valid_to
    WHERE DATE_DIFF('day', late.first_on, late.start_date) > b.tolerance_days
)

SELECT
    j.rule_id, j.point_id, j.encounter_id AS subject_key,
    CASE WHEN j.reason = 'after_death' THEN j.verdict ELSE 'unknown' END AS verdict, j.reason,
    CAST(j.first_on AS VARCHAR) AS expected, CAST(j.start_date AS VARCHAR) AS actual,
    'subject' AS role, 'encounter' AS row_kind, j.encounter_id AS row_id,
    COALESCE(charged.amount_fen, CAST(0 AS BIGINT)) AS amount_fen
FROM judged AS j
LEFT JOIN charged ON j.encounter_id = charged.encounter_id
