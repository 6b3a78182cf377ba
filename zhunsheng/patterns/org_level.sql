WITH c AS MATERIALIZED (
    SELECT
        l.line_id, l.institution_id, l.service_date, l.amount_fen, l.in_scope_fen,
        b.rule_id, b.point_id, b.verdict, b.min_level, b.scope
    FROM line AS l
    INNER JOIN b_org_level AS b
        ON l.item_code = b.item_code AND l.service_date >= b.valid_from AND l.service_date < b.valid_to
    WHERE b.scope = 'all' OR l.in_scope_fen IS NULL OR l.in_scope_fen <> 0
),

judged AS (
    SELECT
        c.*,
        i.level,
        CASE
            WHEN i.level IS NULL THEN 'level_missing'
            WHEN c.scope = 'paid' AND c.in_scope_fen IS NULL THEN 'scope_missing'
            ELSE 'level_below'
        END AS reason
    FROM c
    LEFT JOIN institution_registration AS i
        ON c.institution_id = i.institution_id AND c.service_date >= i.valid_from AND c.service_date < i.valid_to
    WHERE i.level IS NULL OR CAST(i.level AS BIGINT) < c.min_level
)

SELECT
    rule_id,
    point_id,
    line_id AS subject_key,
    CASE WHEN reason = 'level_below' THEN verdict ELSE 'unknown' END AS verdict,
    reason,
    CAST(min_level AS VARCHAR) AS expected,
    COALESCE(level, '') AS actual,
    'subject' AS role,
    'line' AS row_kind,
    line_id AS row_id,
    amount_fen
FROM judged
