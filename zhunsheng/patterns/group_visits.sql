WITH flagged AS MATERIALIZED (
    SELECT
        m.rule_id, m.point_id, m.institution_id, m.period, b.verdict, b.min_people, b.min_days, b.planned_categories,
        m.institution_id || '|' || m.period || '||' AS place
    FROM measure AS m
    INNER JOIN b_group_visits AS b
        ON m.rule_id = b.rule_id AND m.point_id = b.point_id
        AND CAST(m.period || '-01' AS DATE) >= b.valid_from AND CAST(m.period || '-01' AS DATE) < b.valid_to
    WHERE m.numerator > 0
),

planned AS MATERIALIZED (
    SELECT DISTINCT b.rule_id, d.encounter_id
    FROM (
        SELECT encounter_id, SUBSTR(code, 1, 3) AS category
        FROM diagnosis
        WHERE SUBSTR(code, 1, 3) IN (SELECT UNNEST(STRING_SPLIT(planned_categories, ' ')) FROM b_group_visits)
    ) AS d
    INNER JOIN encounter AS e ON d.encounter_id = e.encounter_id
    INNER JOIN b_group_visits AS b
        ON CAST(SUBSTR(CAST(e.start_date AS VARCHAR), 1, 7) || '-01' AS DATE) >= b.valid_from
        AND CAST(SUBSTR(CAST(e.start_date AS VARCHAR), 1, 7) || '-01' AS DATE) < b.valid_to
    WHERE STRPOS(' ' || b.planned_categories || ' ', ' ' || d.category || ' ') > 0
),

met AS MATERIALIZED (
    SELECT f.*, e.person_id, e.encounter_id, e.start_date
    FROM flagged AS f
    INNER JOIN encounter AS e
        ON f.institution_id = e.institution_id AND f.period = SUBSTR(CAST(e.start_date AS VARCHAR), 1, 7)
    LEFT JOIN planned AS p ON f.rule_id = p.rule_id AND e.encounter_id = p.encounter_id
    WHERE e.visit_type <> 'inpatient' AND p.encounter_id IS NULL
),

days AS MATERIALIZED (
    SELECT
        rule_id, place, min_people, person_id, COUNT(*) AS days,
        CAST(SUM(CAST(1 AS BIGINT) << CAST(EXTRACT(DAY FROM start_date) - 1 AS INTEGER)) AS BIGINT) AS mask
    FROM (SELECT DISTINCT rule_id, place, min_people, min_days, person_id, start_date FROM met) AS once
    GROUP BY rule_id, place, min_people, min_days, person_id
    HAVING COUNT(*) >= min_days
),

together AS MATERIALIZED (
    SELECT rule_id, place, mask, days, COUNT(*) AS people
    FROM days
    GROUP BY rule_id, place, mask, days, min_people
    HAVING COUNT(*) >= min_people
),

told AS MATERIALIZED (
    SELECT
        f.rule_id, f.point_id, f.verdict, f.place, t.mask, f.place || CAST(t.mask AS VARCHAR) AS subject_key,
        CAST(f.min_people AS VARCHAR) || ' ' || CAST(f.min_days AS VARCHAR) AS expected,
        CAST(t.people AS VARCHAR) || ' ' || CAST(t.days AS VARCHAR) AS actual
    FROM flagged AS f
    INNER JOIN together AS t ON f.rule_id = t.rule_id AND f.place = t.place
),

named AS (
    SELECT d.rule_id, d.place, d.mask, met.encounter_id
    FROM days AS d
    INNER JOIN together AS t ON d.rule_id = t.rule_id AND d.place = t.place AND d.mask = t.mask
    INNER JOIN met ON d.rule_id = met.rule_id AND d.place = met.place AND d.person_id = met.person_id
    QUALIFY ROW_NUMBER() OVER (
        PARTITION BY d.rule_id, d.place, d.mask ORDER BY met.start_date, met.encounter_id
    ) <= 20
)

SELECT
    rule_id, point_id, subject_key, verdict, 'together' AS reason, expected, actual, 'subject' AS role,
    'institution' AS row_kind, place AS row_id, CAST(0 AS BIGINT) AS amount_fen
FROM told
UNION ALL
SELECT
    t.rule_id, t.point_id, t.subject_key, t.verdict, 'together', t.expected, t.actual, 'other', 'encounter',
    n.encounter_id, CAST(0 AS BIGINT)
FROM told AS t
INNER JOIN named AS n ON t.rule_id = n.rule_id AND t.place = n.place AND t.mask = n.mask
