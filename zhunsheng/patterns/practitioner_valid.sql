-- each practitioner, institution and day is asked once, however many lines name them
WITH seen AS MATERIALIZED (
    SELECT DISTINCT practitioner_id, institution_id, service_date FROM line WHERE practitioner_id IS NOT NULL
),

registered AS (
    SELECT DISTINCT s.practitioner_id, s.institution_id, s.service_date
    FROM seen AS s
    INNER JOIN practice AS p ON s.practitioner_id = p.practitioner_id AND s.institution_id = p.institution_id
    WHERE p.valid_from <= s.service_date AND (p.valid_to IS NULL OR s.service_date < p.valid_to)
),

known AS (SELECT DISTINCT practitioner_id FROM practice),

asked AS (
    SELECT DISTINCT b.rule_id, b.point_id, b.valid_from, b.valid_to, b.verdict,
        UNNEST(STRING_SPLIT(b.barring, ' ')) AS status
    FROM b_practitioner_valid AS b
),

barred AS (
    SELECT
        a.rule_id, a.point_id, a.valid_from, s.practitioner_id, s.institution_id, s.service_date, MAX(d.status) AS status
    FROM seen AS s
    INNER JOIN payment_status AS d ON s.practitioner_id = d.practitioner_id
    INNER JOIN asked AS a ON d.status = a.status
    WHERE d.valid_from <= s.service_date AND (d.valid_to IS NULL OR s.service_date < d.valid_to)
    GROUP BY a.rule_id, a.point_id, a.valid_from, s.practitioner_id, s.institution_id, s.service_date
),

judged AS (
    SELECT
        b.rule_id, b.point_id, b.verdict, s.practitioner_id, s.institution_id, s.service_date, barred.status,
        CASE
            WHEN barred.status IS NOT NULL THEN 'barred'
            WHEN k.practitioner_id IS NULL THEN 'register_missing'
            WHEN r.practitioner_id IS NULL THEN 'not_registered'
        END AS reason
    FROM seen AS s
    INNER JOIN b_practitioner_valid AS b ON s.service_date >= b.valid_from AND s.service_date < b.valid_to
    LEFT JOIN known AS k ON s.practitioner_id = k.practitioner_id
    LEFT JOIN registered AS r
        ON s.practitioner_id = r.practitioner_id AND s.institution_id = r.institution_id
        AND s.service_date = r.service_date
    LEFT JOIN barred
        ON b.rule_id = barred.rule_id AND b.point_id = barred.point_id AND b.valid_from = barred.valid_from
        AND s.practitioner_id = barred.practitioner_id AND s.institution_id = barred.institution_id
        AND s.service_date = barred.service_date
),

bad AS MATERIALIZED (SELECT judged.* FROM judged WHERE reason IS NOT NULL)

SELECT
    bad.rule_id,
    bad.point_id,
    l.person_id || '|' || bad.practitioner_id || '|' || bad.institution_id || '|' || CAST(bad.service_date AS VARCHAR)
    || '|' || bad.reason AS subject_key,
    CASE WHEN bad.reason = 'register_missing' THEN 'unknown' ELSE bad.verdict END AS verdict,
    bad.reason,
    '' AS expected,
    COALESCE(bad.status, '') AS actual,
    'subject' AS role,
    'line' AS row_kind,
    l.line_id AS row_id,
    l.amount_fen
FROM line AS l
INNER JOIN bad
    ON l.practitioner_id = bad.practitioner_id AND l.institution_id = bad.institution_id
    AND l.service_date = bad.service_date
