WITH known AS MATERIALIZED (SELECT DISTINCT item_code FROM b_resale_prone),

bought AS MATERIALIZED (
    SELECT
        l.institution_id, SUBSTR(CAST(l.service_date AS VARCHAR), 1, 7) AS period, l.item_code, l.encounter_id
    FROM line AS l
    INNER JOIN known ON l.item_code = known.item_code
),

-- months are counted by number and named at the end: cutting a date's text once a line costs more than the counts
contact AS (
    SELECT
        institution_id, EXTRACT(YEAR FROM service_date) * 12 + EXTRACT(MONTH FROM service_date) AS months,
        encounter_id, MIN(service_date) AS some_day
    FROM line
    GROUP BY institution_id, months, encounter_id
),

named AS (
    SELECT b.rule_id, bought.institution_id, bought.period, COUNT(DISTINCT bought.encounter_id) AS numerator
    FROM bought
    INNER JOIN b_resale_prone AS b
        ON bought.item_code = b.item_code
        AND CAST(bought.period || '-01' AS DATE) >= b.valid_from AND CAST(bought.period || '-01' AS DATE) < b.valid_to
    GROUP BY b.rule_id, bought.institution_id, bought.period
),

whole AS (
    SELECT
        institution_id, SUBSTR(CAST(MIN(some_day) AS VARCHAR), 1, 7) AS period,
        COUNT(encounter_id) AS denominator
    FROM contact
    GROUP BY institution_id, months
),

asked AS (
    SELECT rule_id, MIN(point_id) AS point_id, MIN(valid_from) AS valid_from, MAX(valid_to) AS valid_to
    FROM b_resale_prone
    GROUP BY rule_id
)

SELECT
    a.rule_id, a.point_id, 'institution' AS subject_kind, w.institution_id AS subject_id, w.institution_id, w.period,
    '' AS item_code, COALESCE(peer.peer_group, '') AS peer_group, COALESCE(n.numerator, 0) AS numerator, w.denominator,
    w.denominator AS weight, '' AS gap
FROM whole AS w
INNER JOIN asked AS a
    ON CAST(w.period || '-01' AS DATE) >= a.valid_from AND CAST(w.period || '-01' AS DATE) < a.valid_to
LEFT JOIN named AS n ON a.rule_id = n.rule_id AND w.institution_id = n.institution_id AND w.period = n.period
LEFT JOIN peer
    ON w.institution_id = peer.institution_id
    AND CAST(w.period || '-01' AS DATE) >= peer.valid_from AND CAST(w.period || '-01' AS DATE) < peer.valid_to
