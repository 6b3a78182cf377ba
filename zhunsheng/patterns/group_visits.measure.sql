WITH planned AS MATERIALIZED (
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

-- the few who were at a place often enough within a month; only of them are the days read
often AS (
    SELECT
        person_id, institution_id, EXTRACT(YEAR FROM start_date) * 12 + EXTRACT(MONTH FROM start_date) AS months
    FROM encounter
    WHERE visit_type <> 'inpatient'
    GROUP BY person_id, institution_id, months
    HAVING COUNT(*) >= (SELECT MIN(min_days) FROM b_group_visits)
),

met AS (
    SELECT DISTINCT
        b.rule_id, b.point_id, b.min_people, b.min_days, e.person_id, e.institution_id, e.start_date,
        SUBSTR(CAST(e.start_date AS VARCHAR), 1, 7) AS period
    FROM encounter AS e
    INNER JOIN often
        ON e.person_id = often.person_id AND e.institution_id = often.institution_id
        AND EXTRACT(YEAR FROM e.start_date) * 12 + EXTRACT(MONTH FROM e.start_date) = often.months
    INNER JOIN b_group_visits AS b
        ON CAST(SUBSTR(CAST(e.start_date AS VARCHAR), 1, 7) || '-01' AS DATE) >= b.valid_from
        AND CAST(SUBSTR(CAST(e.start_date AS VARCHAR), 1, 7) || '-01' AS DATE) < b.valid_to
    LEFT JOIN planned AS p ON b.rule_id = p.rule_id AND e.encounter_id = p.encounter_id
    WHERE e.visit_type <> 'inpatient' AND p.encounter_id IS NULL
),

-- the days of a month as the bits of one number: equal numbers are equal days
days AS (
    SELECT
        rule_id, point_id, min_people, person_id, institution_id, period,
        CAST(SUM(CAST(1 AS BIGINT) << CAST(EXTRACT(DAY FROM start_date) - 1 AS INTEGER)) AS BIGINT) AS mask
    FROM met
    GROUP BY rule_id, point_id, min_people, min_days, person_id, institution_id, period
    HAVING COUNT(*) >= min_days
),

together AS (
    SELECT rule_id, point_id, min_people, institution_id, period, mask, COUNT(*) AS people
    FROM days
    GROUP BY rule_id, point_id, min_people, institution_id, period, mask
)

SELECT
    t.rule_id, t.point_id, 'institution' AS subject_kind, t.institution_id AS subject_id, t.institution_id, t.period,
    '' AS item_code, COALESCE(MAX(peer.peer_group), '') AS peer_group,
    CAST(SUM(CASE WHEN t.people >= t.min_people THEN t.people ELSE 0 END) AS BIGINT) AS numerator,
    CAST(SUM(t.people) AS BIGINT) AS denominator, CAST(SUM(t.people) AS BIGINT) AS weight, '' AS gap
FROM together AS t
LEFT JOIN peer
    ON t.institution_id = peer.institution_id
    AND CAST(t.period || '-01' AS DATE) >= peer.valid_from AND CAST(t.period || '-01' AS DATE) < peer.valid_to
GROUP BY t.rule_id, t.point_id, t.institution_id, t.period
