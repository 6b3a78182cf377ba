WITH ordered AS (
    SELECT
        encounter_id, result, checked_on,
        ROW_NUMBER() OVER (
            PARTITION BY encounter_id ORDER BY checked_on DESC, COALESCE(checked_at, 0) DESC, check_id DESC
        ) AS place
    FROM identity_check
),

bad AS MATERIALIZED (
    SELECT o.encounter_id, o.result, o.checked_on, e.start_date
    FROM ordered AS o
    INNER JOIN encounter AS e ON o.encounter_id = e.encounter_id
    WHERE o.place = 1 AND o.result <> 'matched'
),

charged AS (
    SELECT l.encounter_id, CAST(SUM(l.amount_fen) AS BIGINT) AS amount_fen
    FROM (SELECT DISTINCT encounter_id FROM bad) AS h
    INNER JOIN line AS l ON h.encounter_id = l.encounter_id
    GROUP BY l.encounter_id
)

SELECT
    b.rule_id,
    b.point_id,
    bad.encounter_id AS subject_key,
    CASE WHEN bad.result = b.failing THEN b.verdict ELSE 'unknown' END AS verdict,
    CASE WHEN bad.result = b.failing THEN 'identity_differs' ELSE 'check_failed' END AS reason,
    b.failing AS expected,
    CAST(bad.checked_on AS VARCHAR) AS actual,
    'subject' AS role,
    'encounter' AS row_kind,
    bad.encounter_id AS row_id,
    COALESCE(charged.amount_fen, CAST(0 AS BIGINT)) AS amount_fen
FROM bad
INNER JOIN b_identity_failed AS b ON bad.start_date >= b.valid_from AND bad.start_date < b.valid_to
LEFT JOIN charged ON bad.encounter_id = charged.encounter_id
