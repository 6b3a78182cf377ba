WITH sold AS MATERIALIZED (
    SELECT t.trace_id, t.encounter_id, t.trace_code, t.settled_on, COALESCE(l.amount_fen, 0) AS amount_fen
    FROM trace_code AS t
    LEFT JOIN line AS l ON t.line_id = l.line_id
    WHERE t.line_id IS NULL OR l.line_id IS NOT NULL
),

ordered AS (
    SELECT
        sold.*,
        FIRST_VALUE(encounter_id) OVER (
            PARTITION BY trace_code ORDER BY settled_on, encounter_id, trace_id
        ) AS first_id
    FROM sold
),

later AS (
    SELECT
        trace_code, first_id, encounter_id, MIN(settled_on) AS settled_on, CAST(SUM(amount_fen) AS BIGINT) AS amount_fen
    FROM ordered
    WHERE encounter_id <> first_id
    GROUP BY trace_code, first_id, encounter_id
),

hit AS (
    SELECT b.rule_id, b.point_id, b.verdict, later.*, later.trace_code || '|' || later.encounter_id AS subject_key
    FROM later
    INNER JOIN b_trace_twice AS b ON later.settled_on >= b.valid_from AND later.settled_on < b.valid_to
)

SELECT
    rule_id, point_id, subject_key, verdict, 'code_again' AS reason, first_id AS expected, trace_code AS actual,
    'subject' AS role, 'encounter' AS row_kind, encounter_id AS row_id, amount_fen
FROM hit
UNION ALL
SELECT
    rule_id, point_id, subject_key, verdict, 'code_again', first_id, trace_code, 'other', 'encounter', first_id,
    CAST(0 AS BIGINT)
FROM hit
