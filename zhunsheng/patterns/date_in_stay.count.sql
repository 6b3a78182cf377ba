-- before and after: lines of stays and lines whose encounter is not on record; death: lines of people whose death is
-- registered, an open stay being judged for its end by nobody
WITH placed AS (
    SELECT
        l.service_date,
        CASE WHEN e.encounter_id IS NULL OR e.person_id <> l.person_id THEN 1 ELSE 0 END AS lost,
        CASE WHEN e.end_date IS NULL THEN 0 ELSE 1 END AS ended,
        COUNT(*) AS lines
    FROM line AS l
    LEFT JOIN encounter AS e ON l.encounter_id = e.encounter_id
    WHERE e.encounter_id IS NULL OR e.person_id <> l.person_id OR e.visit_type = 'inpatient'
    GROUP BY 1, 2, 3
),

counted AS (
    SELECT 'before' AS edge, service_date, lines FROM placed
    UNION ALL
    SELECT 'after', service_date, lines FROM placed WHERE lost = 1 OR ended = 1
    UNION ALL
    SELECT 'death', l.service_date, COUNT(*)
    FROM line AS l
    INNER JOIN (SELECT DISTINCT person_id FROM death) AS d ON l.person_id = d.person_id
    GROUP BY l.service_date
)

SELECT b.rule_id, CAST(SUM(c.lines) AS BIGINT) AS candidates
FROM counted AS c
INNER JOIN b_date_in_stay AS b
    ON c.edge = b.edge AND c.service_date >= b.valid_from AND c.service_date < b.valid_to
GROUP BY b.rule_id
