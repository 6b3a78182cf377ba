WITH asked AS (
    SELECT
        rule_id, point_id, verdict, valid_from, valid_to, item_class, period_days, max_events, reach,
        UNNEST(STRING_SPLIT(visit_types, ' ')) AS visit_type
    FROM b_event_frequency
),

classed AS MATERIALIZED (
    SELECT DISTINCT l.encounter_id, l.item_class
    FROM line AS l
    INNER JOIN (SELECT DISTINCT item_class FROM b_event_frequency) AS k ON l.item_class = k.item_class
),

event AS (
    SELECT
        e.encounter_id, e.person_id, e.start_date, a.rule_id, a.point_id, a.verdict, a.valid_from, a.valid_to,
        a.item_class, a.period_days, a.max_events,
        CASE WHEN a.reach = 'institution' THEN e.institution_id ELSE '' END AS place
    FROM encounter AS e
    INNER JOIN asked AS a ON e.visit_type = a.visit_type
    LEFT JOIN classed ON e.encounter_id = classed.encounter_id AND a.item_class = classed.item_class
    WHERE a.item_class = '' OR classed.encounter_id IS NOT NULL
),

-- most people have too few events at a place for any to be one too many
often AS (
    SELECT rule_id, point_id, valid_from, person_id, place
    FROM event
    GROUP BY rule_id, point_id, valid_from, person_id, place, max_events
    HAVING COUNT(*) > max_events
),

numbered AS MATERIALIZED (
    SELECT
        event.*,
        ROW_NUMBER() OVER (
            PARTITION BY event.rule_id, event.point_id, event.valid_from, event.person_id, event.place
            ORDER BY event.start_date, event.encounter_id
        ) AS n
    FROM event
    INNER JOIN often
        ON event.rule_id = often.rule_id AND event.point_id = often.point_id AND event.valid_from = often.valid_from
        AND event.person_id = often.person_id AND event.place = often.place
),

hit AS MATERIALIZED (
    SELECT again.*, first.start_date AS first_date
    FROM numbered AS again
    INNER JOIN numbered AS first
        ON again.rule_id = first.rule_id AND again.point_id = first.point_id AND again.valid_from = first.valid_from
        AND again.person_id = first.person_id AND again.place = first.place AND again.n - again.max_events = first.n
    WHERE
        DATE_DIFF('day', first.start_date, again.start_date) < again.period_days
        AND again.start_date >= again.valid_from AND again.start_date < again.valid_to
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
    ON hit.rule_id = one.rule_id AND hit.point_id = one.point_id AND hit.valid_from = one.valid_from
    AND hit.person_id = one.person_id AND hit.place = one.place
LEFT JOIN charged ON hit.encounter_id = charged.encounter_id
WHERE one.n <= hit.n AND one.n >= hit.n - hit.max_events
