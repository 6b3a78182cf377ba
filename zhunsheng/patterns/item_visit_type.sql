WITH c AS MATERIALIZED (
    SELECT
        l.line_id, l.person_id, l.encounter_id, l.amount_fen, l.in_scope_fen,
        b.rule_id, b.point_id, b.verdict, b.allowed_visits, b.scope
    FROM line AS l
    INNER JOIN b_item_visit_type AS b
        ON l.item_code = b.item_code AND l.service_date >= b.valid_from AND l.service_date < b.valid_to
    WHERE b.scope = 'all' OR l.in_scope_fen IS NULL OR l.in_scope_fen <> 0
),

judged AS (
    SELECT
        c.*,
        e.visit_type,
        CASE
            WHEN e.encounter_id IS NULL THEN 'encounter_missing'
            WHEN c.scope = 'paid' AND c.in_scope_fen IS NULL THEN 'scope_missing'
            ELSE 'visit_type_differs'
        END AS reason
    FROM c
    LEFT JOIN encounter AS e ON c.encounter_id = e.encounter_id AND c.person_id = e.person_id
    WHERE e.visit_type IS NULL OR POSITION(' ' || e.visit_type || ' ' IN ' ' || c.allowed_visits || ' ') = 0
)

SELECT
    rule_id,
    point_id,
    line_id AS subject_key,
    CASE WHEN reason = 'visit_type_differs' THEN verdict ELSE 'unknown' END AS verdict,
    reason,
    allowed_visits AS expected,
    COALESCE(visit_type, '') AS actual,
    'subject' AS role,
    'line' AS row_kind,
    line_id AS row_id,
    amount_fen
FROM judged
