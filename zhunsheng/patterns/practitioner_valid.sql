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
        a.rule_id, a.point_id, a.valid_from, s.practitioner_id, s.institution_id, s.service_date,
        MAX(d.status) AS status, MAX(d.decision) AS decision
    FROM seen AS s
    INNER JOIN payment_status AS d ON s.practitioner_id = d.practitioner_id
    INNER JOIN asked AS a ON d.status = a.status
    WHERE d.valid_from <= s.service_date AND (d.valid_to IS NULL OR s.service_date < d.valid_to)
    GROUP BY a.rule_id, a.point_id, a.valid_from, s.practitioner_id, s.institution_id, s.service_date
),

judged AS (
    SELECT
        b.rule_id, b.point_id, b.verdict, b.exempt, s.practitioner_id, s.institution_id, s.service_date,
        barred.status, barred.decision,
        CASE WHEN k.practitioner_id IS NULL THEN 'register_missing' WHEN r.practitioner_id IS NULL THEN 'not_registered' END
            AS standing
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

bad AS MATERIALIZED (SELECT judged.* FROM judged WHERE status IS NOT NULL OR standing IS NOT NULL),

-- a suspension does not reach emergency rescue: whether a line of such a visit was one, a person has to say
told AS (
    SELECT
        bad.rule_id, bad.point_id, bad.verdict, bad.status, bad.decision, bad.practitioner_id, bad.institution_id,
        bad.service_date, l.person_id, l.line_id, l.amount_fen,
        CASE
            WHEN bad.status IS NULL THEN bad.standing
            WHEN COALESCE(POSITION(' ' || e.visit_type || ' ' IN ' ' || bad.exempt || ' '), 0) = 0 THEN 'barred'
            WHEN bad.standing = 'not_registered' THEN 'not_registered'
            ELSE 'barred_emergency'
        END AS reason
    FROM line AS l
    INNER JOIN bad
        ON l.practitioner_id = bad.practitioner_id AND l.institution_id = bad.institution_id
        AND l.service_date = bad.service_date
    LEFT JOIN encounter AS e ON l.encounter_id = e.encounter_id
)

SELECT
    t.rule_id,
    t.point_id,
    t.person_id || '|' || t.practitioner_id || '|' || t.institution_id || '|' || CAST(t.service_date AS VARCHAR)
    || '|' || t.reason AS subject_key,
    CASE WHEN t.reason IN ('register_missing', 'barred_emergency') THEN 'unknown' ELSE t.verdict END AS verdict,
    t.reason,
    CASE WHEN t.reason IN ('barred', 'barred_emergency') THEN t.decision ELSE '' END AS expected,
    CASE WHEN t.reason IN ('barred', 'barred_emergency') THEN t.status ELSE '' END AS actual,
    'subject' AS role,
    'line' AS row_kind,
    t.line_id AS row_id,
    t.amount_fen
FROM told AS t
