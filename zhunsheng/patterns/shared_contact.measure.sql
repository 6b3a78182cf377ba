WITH known AS MATERIALIZED (
    SELECT b.rule_id, b.point_id, c.phone_key AS contact_key, c.person_id, c.institution_id, e.start_date
    FROM contact AS c
    INNER JOIN encounter AS e ON c.encounter_id = e.encounter_id
    INNER JOIN b_shared_contact AS b ON e.start_date >= b.valid_from AND e.start_date < b.valid_to
    WHERE b.contact = 'phone' AND c.phone_key IS NOT NULL
    UNION ALL
    SELECT b.rule_id, b.point_id, c.account_key, c.person_id, c.institution_id, e.start_date
    FROM contact AS c
    INNER JOIN encounter AS e ON c.encounter_id = e.encounter_id
    INNER JOIN b_shared_contact AS b ON e.start_date >= b.valid_from AND e.start_date < b.valid_to
    WHERE b.contact = 'account' AND c.account_key IS NOT NULL
),

-- of keys that few share there are as many as households: they are no one's peers, and are left at once
people AS MATERIALIZED (
    SELECT
        rule_id, point_id, contact_key, EXTRACT(YEAR FROM start_date) AS of_year, COUNT(DISTINCT person_id) AS people
    FROM known
    GROUP BY rule_id, point_id, contact_key, of_year
    HAVING 2 * COUNT(DISTINCT person_id) > (SELECT MIN(max_people) FROM b_shared_contact)
),

-- of a year; a key belongs to where most of its encounters are, and to the month of the last one there
used AS (
    SELECT
        k.rule_id, k.point_id, k.contact_key, p.of_year, k.institution_id, COUNT(*) AS met,
        MAX(k.start_date) AS last_day
    FROM known AS k
    INNER JOIN people AS p
        ON k.rule_id = p.rule_id AND k.point_id = p.point_id AND k.contact_key = p.contact_key
        AND EXTRACT(YEAR FROM k.start_date) = p.of_year
    GROUP BY k.rule_id, k.point_id, k.contact_key, p.of_year, k.institution_id
),

home AS (
    SELECT * FROM used
    QUALIFY ROW_NUMBER() OVER (
        PARTITION BY rule_id, point_id, contact_key, of_year ORDER BY met DESC, institution_id
    ) = 1
)

SELECT
    h.rule_id, h.point_id, 'institution' AS subject_kind, h.institution_id AS subject_id, h.institution_id,
    SUBSTR(CAST(h.last_day AS VARCHAR), 1, 7) AS period, h.contact_key AS item_code,
    COALESCE(peer.peer_group, '') AS peer_group, p.people AS numerator, CAST(1 AS BIGINT) AS denominator,
    CAST(1 AS BIGINT) AS weight, '' AS gap
FROM home AS h
INNER JOIN people AS p
    ON h.rule_id = p.rule_id AND h.point_id = p.point_id AND h.contact_key = p.contact_key AND h.of_year = p.of_year
INNER JOIN b_shared_contact AS b
    ON h.rule_id = b.rule_id AND h.point_id = b.point_id AND h.last_day >= b.valid_from AND h.last_day < b.valid_to
LEFT JOIN peer
    ON h.institution_id = peer.institution_id
    AND CAST(SUBSTR(CAST(h.last_day AS VARCHAR), 1, 7) || '-01' AS DATE) >= peer.valid_from AND CAST(SUBSTR(CAST(h.last_day AS VARCHAR), 1, 7) || '-01' AS DATE) < peer.valid_to
WHERE 2 * p.people > b.max_people
