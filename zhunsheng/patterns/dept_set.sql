WITH c AS MATERIALIZED (
    SELECT
        l.line_id, l.institution_id, l.department_id, l.service_date, l.amount_fen, l.in_scope_fen,
        b.rule_id, b.point_id, b.verdict, b.specialties, b.scope
    FROM line AS l
    INNER JOIN b_dept_set AS b
        ON l.item_code = b.item_code AND l.service_date >= b.valid_from AND l.service_date < b.valid_to
    WHERE b.scope = 'all' OR l.in_scope_fen IS NULL OR l.in_scope_fen <> 0
),

judged AS (
    SELECT
        c.*,
        d.specialty,
        d.name,
        CASE
            WHEN c.department_id IS NULL THEN 'department_missing'
            WHEN d.specialty IS NULL THEN 'specialty_missing'
            WHEN c.scope = 'paid' AND c.in_scope_fen IS NULL THEN 'scope_missing'
            ELSE 'specialty_differs'
        END AS reason
    FROM c
    LEFT JOIN department_registration AS d
        ON c.institution_id = d.institution_id AND c.department_id = d.department_id
        AND c.service_date >= d.valid_from AND c.service_date < d.valid_to
    WHERE
        d.specialty IS NULL
        OR (
            POSITION(' ' || d.specialty || ' ' IN ' ' || c.specialties || ' ') = 0
            AND POSITION(' ' || SPLIT_PART(d.specialty, '.', 1) || ' ' IN ' ' || c.specialties || ' ') = 0
        )
)

SELECT
    rule_id,
    point_id,
    line_id AS subject_key,
    CASE WHEN reason = 'specialty_differs' THEN verdict ELSE 'unknown' END AS verdict,
    reason,
    specialties AS expected,
    CASE
        WHEN department_id IS NULL THEN ''
        WHEN specialty IS NULL THEN department_id
        ELSE specialty || ' ' || name
    END AS actual,
    'subject' AS role,
    'line' AS row_kind,
    line_id AS row_id,
    amount_fen
FROM judged
