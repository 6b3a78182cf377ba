-- one number for a row of the rule book: what follows groups by it and not by its texts
WITH asked AS MATERIALIZED (
    SELECT b.*, ROW_NUMBER() OVER (ORDER BY rule_id, point_id, valid_from) AS ask FROM b_event_frequency AS b
),

met AS (
    SELECT
        e.encounter_id, e.person_id, e.start_date, a.ask, a.item_class, a.period_days, a.max_events,
        CASE WHEN a.reach = 'institution' THEN e.institution_id ELSE '' END AS place
    FROM encounter AS e
    INNER JOIN (
        SELECT ask, item_class, period_days, max_events, reach, UNNEST(STRING_SPLIT(visit_types, ' ')) AS visit_type
        FROM asked
    ) AS a ON e.visit_type = a.visit_type
),

-- time cut into pieces as long as the period: too many events within one lie in two pieces that touch, so one of them
-- holds more than half. Most people meet a place too seldom for that, whatever was charged there
often AS (
    SELECT DISTINCT ask, person_id, place
    FROM (
        SELECT
            ask, person_id, place, max_events,
            DATE_DIFF('day', DATE '2000-01-01', start_date) // period_days AS piece
        FROM met
    ) AS dated
    GROUP BY ask, person_id, place, piece, max_events
    HAVING 2 * COUNT(*) > max_events
),

near AS MATERIALIZED (
    SELECT met.*
    FROM met
    INNER JOIN often ON met.ask = often.ask AND met.person_id = often.person_id AND met.place = often.place
),

classed AS (
    SELECT DISTINCT l.encounter_id, l.item_class
    FROM line AS l
    INNER JOIN (SELECT DISTINCT encounter_id, item_class FROM near WHERE item_class <> '') AS k
        ON l.encounter_id = k.encounter_id AND l.item_class = k.item_class
),

numbered AS MATERIALIZED (
    SELECT
        near.*,
        ROW_NUMBER() OVER (
            PARTITION BY near.ask, near.person_id, near.place ORDER BY near.start_date, near.encounter_id
        ) AS n
    FROM near
    LEFT JOIN classed ON near.encounter_id = classed.encounter_id AND near.item_class = classed.item_class
    WHERE near.item_class = '' OR classed.encounter_id IS NOT NULL
),

hit AS MATERIALIZED (
    SELECT again.*, a.rule_id, a.point_id, a.verdict, first.start_date AS first_date
    FROM numbered AS again
    INNER JOIN numbered AS first
        ON again.ask = first.ask AND again.person_id = first.person_id AND again.place = first.place
        AND again.n - again.max_events = first.n
    INNER JOIN asked AS a ON again.ask = a.ask
    WHERE
        DATE_DIFF('day', first.start_date, again.start_date) < again.period_days
        AND again.start_date >= a.valid_from AND again.start_date < a.valid_to
),

charged AS (
    SELECT l.encounter_id, CAST(SUM(l.amount_fen) AS BIGINT) AS amount_fen
    FROM (SELECT DISTINCT encounter_id FROM hit) AS h
    INNER JOIN line AS l ON h.encounter_id = l.encounter_id
    GROUP BY l.encounter_id
)

SELECT
    hit.rule_id,
    hit.point_id,
    hit.encounter_id AS subject_key,
    hit.verdict,
    'too_frequent' AS reason,
    CAST(hit.max_events AS VARCHAR) || ' ' || CAST(hit.period_days AS VARCHAR) AS expected,
    CAST(hit.first_date AS VARCHAR) AS actual,
    CASE WHEN one.n = hit.n THEN 'subject' ELSE 'other' END AS role,
    'encounter' AS row_kind,
    one.encounter_id AS row_id,
    CASE WHEN one.n = hit.n THEN COALESCE(charged.amount_fen, CAST(0 AS BIGINT)) ELSE CAST(0 AS BIGINT) END AS amount_fen
FROM hit
INNER JOIN numbered AS one
    ON hit.ask = one.ask AND hit.person_id = one.person_id AND hit.place = one.place
LEFT JOIN charged ON hit.encounter_id = charged.encounter_id
WHERE one.n <= hit.n AND one.n >= hit.n - hit.max_events
