WITH c AS MATERIALIZED (
    SELECT
        l.line_id, l.person_id, l.service_date, l.amount_fen, l.in_scope_fen,
        b.rule_id, b.point_id, b.verdict, b.prior_codes, b.within_days, b.scope
    FROM line AS l
    INNER JOIN b_item_requires_prior AS b
        ON l.item_code = b.item_code AND l.service_date >= b.valid_from AND l.service_date < b.valid_to
    WHERE b.scope = 'all' OR l.in_scope_fen IS NULL OR l.in_scope_fen <> 0
),

wanted AS (
    SELECT DISTINCT prior_codes, UNNEST(STRING_SPLIT(prior_codes, ' ')) AS beginning
    FROM b_item_requires_prior
),

record AS MATERIALIZED (
    SELECT DISTINCT l.person_id, l.item_code, l.service_date
    FROM line AS l
    INNER JOIN (SELECT DISTINCT person_id FROM c) AS k ON l.person_id = k.person_id
),

begun AS (
    SELECT person_id, MIN(service_date) AS begins FROM record GROUP BY person_id
),

-- five characters name the class of a drug: an equality that keeps the join from meeting every line of the person
used AS (
    SELECT DISTINCT c.line_id, c.rule_id, c.point_id
    FROM c
    INNER JOIN wanted ON c.prior_codes = wanted.prior_codes
    INNER JOIN record AS r
        ON c.person_id = r.person_id AND LEFT(wanted.beginning, 5) = LEFT(r.item_code, 5)
        AND STARTS_WITH(r.item_code, wanted.beginning)
    WHERE DATE_DIFF('day', r.service_date, c.service_date) BETWEEN 1 AND c.within_days
),

judged AS (
    SELECT
        c.*,
        begun.begins,
        CASE
            WHEN DATE_DIFF('day', begun.begins, c.service_date) < c.within_days THEN 'history_short'
            WHEN c.scope = 'paid' AND c.in_scope_fen IS NULL THEN 'scope_missing'
            ELSE 'prior_absent'
        END AS reason
    FROM c
    INNER JOIN begun ON c.person_id = begun.person_id
    LEFT JOIN used ON c.line_id = used.line_id AND c.rule_id = used.rule_id AND c.point_id = used.point_id
    WHERE used.line_id IS NULL
)

SELECT
    rule_id,
    point_id,
    line_id AS subject_key,
    CASE WHEN reason = 'prior_absent' THEN verdict ELSE 'unknown' END AS verdict,
    reason,
    prior_codes AS expected,
    CASE WHEN reason = 'history_short' THEN CAST(begins AS VARCHAR) ELSE CAST(within_days AS VARCHAR) END AS actual,
    'subject' AS role,
    'line' AS row_kind,
    line_id AS row_id,
    amount_fen
FROM judged
