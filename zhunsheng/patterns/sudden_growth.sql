WITH charged AS MATERIALIZED (
    SELECT o.rule_id, o.row_id, l.encounter_id, CAST(SUM(l.amount_fen) AS BIGINT) AS fen
    FROM outlier AS o
    INNER JOIN line AS l
        ON o.institution_id = l.institution_id AND o.period = SUBSTR(CAST(l.service_date AS VARCHAR), 1, 7)
    WHERE o.verdict <> 'unknown'
    GROUP BY o.rule_id, o.row_id, l.encounter_id
),

largest AS (
    SELECT * FROM charged
    QUALIFY ROW_NUMBER() OVER (PARTITION BY rule_id, row_id ORDER BY fen DESC, encounter_id) <= 20
)

SELECT
    o.rule_id, o.point_id, o.row_id AS subject_key, o.verdict, o.reason, o.expected, o.actual, 'other' AS role,
    'encounter' AS row_kind, c.encounter_id AS row_id, CAST(0 AS BIGINT) AS amount_fen
FROM outlier AS o
INNER JOIN largest AS c ON o.rule_id = c.rule_id AND o.row_id = c.row_id
