-- the whole table is grouped once, counting only (a least id beside it would double the time); all else reads the few
-- lines that share person, item, day, quantity and price with another
WITH shared AS MATERIALIZED (
    SELECT person_id, item_code, service_date, quantity_e4, unit_price_e6
    FROM line
    GROUP BY person_id, item_code, service_date, quantity_e4, unit_price_e6
    HAVING COUNT(*) > 1
),

c AS MATERIALIZED (
    SELECT
        l.line_id, l.institution_id, l.amount_fen, l.person_id, l.item_code, l.service_date, l.quantity_e4,
        l.unit_price_e6, l.service_at
    FROM line AS l
    INNER JOIN shared AS s
        ON l.person_id = s.person_id AND l.item_code = s.item_code AND l.service_date = s.service_date
        AND l.quantity_e4 = s.quantity_e4 AND l.unit_price_e6 = s.unit_price_e6
),

equal_moment AS (
    SELECT
        person_id, item_code, service_date, quantity_e4, unit_price_e6, service_at,
        COUNT(*) AS lines, MIN(line_id) AS first_id
    FROM c
    WHERE service_at IS NOT NULL
    GROUP BY person_id, item_code, service_date, quantity_e4, unit_price_e6, service_at
    HAVING COUNT(*) > 1
),

equal_day AS (
    SELECT
        person_id, item_code, service_date, quantity_e4, unit_price_e6,
        COUNT(*) AS lines, COUNT(service_at) AS timed, MIN(line_id) AS first_id
    FROM c
    GROUP BY person_id, item_code, service_date, quantity_e4, unit_price_e6
),

hit AS (
    SELECT
        b.rule_id, b.point_id, l.line_id, l.institution_id, l.amount_fen, l.person_id, l.item_code, l.service_date,
        l.quantity_e4, l.unit_price_e6, CAST(l.service_at AS VARCHAR) AS moment, b.verdict, 'same_moment' AS reason,
        g.first_id AS expected, g.lines, CASE WHEN l.line_id <> g.first_id THEN 1 ELSE 0 END AS again
    FROM c AS l
    INNER JOIN equal_moment AS g
        ON l.person_id = g.person_id AND l.item_code = g.item_code AND l.service_date = g.service_date
        AND l.quantity_e4 = g.quantity_e4 AND l.unit_price_e6 = g.unit_price_e6 AND l.service_at = g.service_at
    INNER JOIN b_dup_claim AS b ON l.service_date >= b.valid_from AND l.service_date < b.valid_to
    WHERE b.time_window = 'moment'
    UNION ALL
    SELECT
        b.rule_id, b.point_id, l.line_id, l.institution_id, l.amount_fen, l.person_id, l.item_code, l.service_date,
        l.quantity_e4, l.unit_price_e6, CASE WHEN b.time_window = 'day' THEN 'day' ELSE '?' END,
        CASE WHEN b.time_window = 'day' THEN b.verdict ELSE 'unknown' END,
        CASE WHEN b.time_window = 'day' THEN 'same_day' ELSE 'time_missing' END,
        CASE WHEN b.time_window = 'day' THEN g.first_id ELSE '' END,
        g.lines,
        CASE
            WHEN b.time_window = 'day' AND l.line_id <> g.first_id THEN 1
            WHEN b.time_window = 'moment' AND l.service_at IS NULL AND (g.timed > 0 OR l.line_id <> g.first_id) THEN 1
            ELSE 0
        END
    FROM c AS l
    INNER JOIN equal_day AS g
        ON l.person_id = g.person_id AND l.item_code = g.item_code AND l.service_date = g.service_date
        AND l.quantity_e4 = g.quantity_e4 AND l.unit_price_e6 = g.unit_price_e6
    INNER JOIN b_dup_claim AS b ON l.service_date >= b.valid_from AND l.service_date < b.valid_to
    WHERE b.time_window = 'day' OR g.timed < g.lines
),

-- one subject per institution: nobody answers for a line that another institution charged
answering AS (
    SELECT DISTINCT
        rule_id, point_id, person_id, item_code, service_date, quantity_e4, unit_price_e6, moment, institution_id
    FROM hit
    WHERE again = 1
)

SELECT
    h.rule_id,
    h.point_id,
    h.person_id || '|' || h.item_code || '|' || CAST(h.service_date AS VARCHAR) || '|' || CAST(h.quantity_e4 AS VARCHAR)
    || '|' || CAST(h.unit_price_e6 AS VARCHAR) || '|' || h.moment || '|' || a.institution_id AS subject_key,
    h.verdict,
    h.reason,
    h.expected,
    CAST(h.lines AS VARCHAR) AS actual,
    CASE WHEN h.again = 1 AND h.institution_id = a.institution_id THEN 'subject' ELSE 'other' END AS role,
    'line' AS row_kind,
    h.line_id AS row_id,
    CASE WHEN h.again = 1 AND h.institution_id = a.institution_id THEN h.amount_fen ELSE 0 END AS amount_fen
FROM hit AS h
INNER JOIN answering AS a
    ON h.rule_id = a.rule_id AND h.point_id = a.point_id AND h.person_id = a.person_id AND h.item_code = a.item_code
    AND h.service_date = a.service_date AND h.quantity_e4 = a.quantity_e4 AND h.unit_price_e6 = a.unit_price_e6
    AND h.moment = a.moment
