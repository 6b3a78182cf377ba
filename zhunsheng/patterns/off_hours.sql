WITH off AS MATERIALIZED (
    SELECT o.rule_id, o.row_id, e.encounter_id, e.start_date
    FROM outlier AS o
    INNER JOIN b_off_hours AS b ON o.rule_id = b.rule_id AND o.point_id = b.point_id
    INNER JOIN encounter AS e
        ON o.institution_id = e.institution_id AND o.period = SUBSTR(CAST(e.start_date AS VARCHAR), 1, 7)
    WHERE
        o.verdict <> 'unknown' AND e.visit_type = 'inpatient'
        AND e.start_date >= b.valid_from AND e.start_date < b.valid_to
        AND CASE
            WHEN b.counts = 'weekend'
                THEN (DATE_DIFF('day', CAST('1970-01-01' AS DATE), e.start_date) + 3) % 7 >= 5
            ELSE
                (e.start_at + 28800) % 86400 >= b.night_from * 3600
                OR (e.start_at + 28800) % 86400 < b.night_to * 3600
        END
    QUALIFY ROW_NUMBER() OVER (PARTITION BY o.rule_id, o.row_id ORDER BY e.start_date, e.encounter_id) <= 20
)

SELECT
    o.rule_id, o.point_id, o.row_id AS subject_key, o.verdict, o.reason, o.expected, o.actual, 'other' AS role,
    'encounter' AS row_kind, off.encounter_id AS row_id, CAST(0 AS BIGINT) AS amount_fen
FROM outlier AS o
INNER JOIN off ON o.rule_id = off.rule_id AND o.row_id = off.row_id
