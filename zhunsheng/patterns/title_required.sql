WITH c AS MATERIALIZED (
    SELECT
        l.line_id, l.practitioner_id, l.institution_id, l.service_date, l.amount_fen, b.rule_id, b.point_id,
        b.valid_from, b.verdict, b.titles
    FROM line AS l
    INNER JOIN b_title_required AS b
        ON l.item_code = b.item_code AND l.service_date >= b.valid_from AND l.service_date < b.valid_to
),

held AS (
    SELECT
        c.line_id, c.rule_id, c.point_id, c.valid_from, MIN(p.title) AS title,
        MAX(CASE WHEN STRPOS(' ' || c.titles || ' ', ' ' || p.title || ' ') > 0 THEN 1 ELSE 0 END) AS met
    FROM c
    INNER JOIN practice AS p ON c.practitioner_id = p.practitioner_id AND c.institution_id = p.institution_id
    WHERE
        p.title IS NOT NULL AND p.title <> '' AND p.valid_from <= c.service_date
        AND (p.valid_to IS NULL OR c.service_date < p.valid_to)
    GROUP BY c.line_id, c.rule_id, c.point_id, c.valid_from
),

judged AS (
    SELECT
        c.*, held.title,
        CASE
            WHEN c.practitioner_id IS NULL THEN 'prescriber_missing'
            WHEN held.title IS NULL THEN 'title_missing'
            ELSE 'title_lacking'
        END AS reason
    FROM c
    LEFT JOIN held
        ON c.line_id = held.line_id AND c.rule_id = held.rule_id AND c.point_id = held.point_id
        AND c.valid_from = held.valid_from
    WHERE held.met IS NULL OR held.met = 0
)

SELECT
    rule_id,
    point_id,
    line_id AS subject_key,
    CASE WHEN reason = 'title_lacking' THEN verdict ELSE 'unknown' END AS verdict,
    reason,
    titles AS expected,
    COALESCE(title, '') AS actual,
    'subject' AS role,
    'line' AS row_kind,
    line_id AS row_id,
    amount_fen
FROM judged
