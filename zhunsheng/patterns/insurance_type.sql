WITH c AS MATERIALIZED (
    SELECT
        l.line_id, l.person_id, l.encounter_id, l.amount_fen, l.in_scope_fen,
        b.rule_id, b.point_id, b.verdict, b.insurance_kinds
    FROM line AS l
    INNER JOIN b_insurance_type AS b
        ON l.item_code = b.item_code AND l.service_date >= b.valid_from AND l.service_date < b.valid_to
    WHERE l.in_scope_fen IS NULL OR l.in_scope_fen <> 0
),

judged AS (
    SELECT
        c.*,
        e.insurance_kind,
        CASE
            WHEN e.insurance_kind IS NULL THEN 'insurance_missing'
            WHEN c.in_scope_fen IS NULL THEN 'scope_missing'
            ELSE 'insurance_differs'
        END AS reason
    FROM c
    LEFT JOIN encounter AS e ON c.encounter_id = e.encounter_id AND c.person_id = e.person_id
    WHERE
        e.insurance_kind IS NULL OR POSITION(' ' || e.insurance_kind || ' ' IN ' ' || c.insurance_kinds || ' ') = 0
)

SELECT
    rule_id,
    point_id,
    line_id AS subject_key,
    CASE WHEN reason = 'insurance_differs' THEN verdict ELSE 'unknown' END AS verdict,
    reason,
    insurance_kinds AS expected,
    COALESCE(insurance_kind, '') AS actual,
    'subject' AS role,
    'line' AS row_kind,
    line_id AS row_id,
    amount_fen
FROM judged
