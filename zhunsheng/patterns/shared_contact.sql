WITH flagged AS MATERIALIZED (
    SELECT
        m.rule_id, m.point_id, m.item_code AS contact_key, SUBSTR(m.period, 1, 4) AS of_year, b.verdict, b.contact,
        b.valid_from, b.valid_to,
        CAST(b.max_people AS VARCHAR) AS expected, CAST(m.numerator AS VARCHAR) AS actual,
        m.institution_id || '|' || m.period || '|' || m.item_code || '|' AS place
    FROM measure AS m
    INNER JOIN b_shared_contact AS b
        ON m.rule_id = b.rule_id AND m.point_id = b.point_id
        AND CAST(m.period || '-01' AS DATE) >= b.valid_from AND CAST(m.period || '-01' AS DATE) < b.valid_to
    WHERE m.numerator > b.max_people
),

met AS (
    SELECT f.rule_id, f.place, e.encounter_id, e.start_date
    FROM flagged AS f
    INNER JOIN contact AS c ON f.contact_key = c.phone_key
    INNER JOIN encounter AS e ON c.encounter_id = e.encounter_id
    WHERE f.contact = 'phone' AND SUBSTR(CAST(e.start_date AS VARCHAR), 1, 4) = f.of_year
    UNION ALL
    SELECT f.rule_id, f.place, e.encounter_id, e.start_date
    FROM flagged AS f
    INNER JOIN contact AS c ON f.contact_key = c.account_key
    INNER JOIN encounter AS e ON c.encounter_id = e.encounter_id
    WHERE f.contact = 'account' AND SUBSTR(CAST(e.start_date AS VARCHAR), 1, 4) = f.of_year
),

named AS (
    SELECT * FROM met
    QUALIFY ROW_NUMBER() OVER (PARTITION BY rule_id, place ORDER BY start_date, encounter_id) <= 20
)

SELECT
    rule_id, point_id, place AS subject_key, verdict, 'many_people' AS reason, expected, actual, 'subject' AS role,
    'institution' AS row_kind, place AS row_id, CAST(0 AS BIGINT) AS amount_fen
FROM flagged
UNION ALL
SELECT
    f.rule_id, f.point_id, f.place, f.verdict, 'many_people', f.expected, f.actual, 'other', 'encounter',
    n.encounter_id, CAST(0 AS BIGINT)
FROM flagged AS f
INNER JOIN named AS n ON f.rule_id = n.rule_id AND f.place = n.place
