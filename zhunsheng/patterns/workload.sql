WITH flagged AS MATERIALIZED (
    SELECT
        m.rule_id, m.point_id, m.subject_id, m.institution_id, m.period, b.verdict, b.max_visits,
        CAST(b.max_visits AS VARCHAR) AS expected, CAST(m.numerator AS VARCHAR) AS actual,
        m.institution_id || '|' || m.period || '||' || m.subject_id AS place
    FROM measure AS m
    INNER JOIN b_workload AS b
        ON m.rule_id = b.rule_id AND m.point_id = b.point_id
        AND CAST(m.period || '-01' AS DATE) >= b.valid_from AND CAST(m.period || '-01' AS DATE) < b.valid_to
    WHERE m.numerator > b.max_visits
),

met AS (
    SELECT
        f.rule_id, f.place, f.max_visits, e.encounter_id, e.start_date,
        COUNT(*) OVER (PARTITION BY f.rule_id, f.place, e.start_date) AS of_day
    FROM flagged AS f
    INNER JOIN encounter AS e
        ON f.subject_id = e.practitioner_id AND f.institution_id = e.institution_id
        AND f.period = SUBSTR(CAST(e.start_date AS VARCHAR), 1, 7)
    WHERE e.visit_type IN ('outpatient', 'emergency', 'internet')
),

named AS (
    SELECT * FROM met
    WHERE of_day > max_visits
    QUALIFY ROW_NUMBER() OVER (PARTITION BY rule_id, place ORDER BY of_day DESC, start_date, encounter_id) <= 20
)

SELECT
    rule_id, point_id, place AS subject_key, verdict, 'too_many' AS reason, expected, actual, 'subject' AS role,
    'practitioner' AS row_kind, place AS row_id, CAST(0 AS BIGINT) AS amount_fen
FROM flagged
UNION ALL
SELECT
    f.rule_id, f.point_id, f.place, f.verdict, 'too_many', f.expected, f.actual, 'other', 'encounter', n.encounter_id,
    CAST(0 AS BIGINT)
FROM flagged AS f
INNER JOIN named AS n ON f.rule_id = n.rule_id AND f.place = n.place
