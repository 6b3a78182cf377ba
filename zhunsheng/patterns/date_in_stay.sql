-- the few lines beyond an edge are found first, whatever the rules; only they meet the binding rows
WITH off AS MATERIALIZED (
    SELECT
        l.line_id, l.service_date, l.item_class, l.amount_fen, e.start_date, e.end_date,
        CASE WHEN e.encounter_id IS NULL OR e.person_id <> l.person_id THEN 1 ELSE 0 END AS lost
    FROM line AS l
    LEFT JOIN encounter AS e ON l.encounter_id = e.encounter_id
    WHERE
        e.encounter_id IS NULL
        OR e.person_id <> l.person_id
        OR (e.visit_type = 'inpatient' AND (l.service_date < e.start_date OR l.service_date > e.end_date))
),

died AS MATERIALIZED (
    SELECT person_id, MIN(died_on) AS first_on, MAX(died_on) AS last_on FROM death GROUP BY person_id
),

late AS MATERIALIZED (
    SELECT
        l.line_id, l.service_date, l.item_class, l.amount_fen, d.first_on, d.last_on,
        CASE WHEN e.encounter_id IS NULL OR e.person_id <> l.person_id THEN 1 ELSE 0 END AS lost
    FROM line AS l
    INNER JOIN died AS d ON l.person_id = d.person_id
    LEFT JOIN encounter AS e ON l.encounter_id = e.encounter_id
    WHERE
        l.service_date > d.first_on
        AND (e.encounter_id IS NULL OR e.person_id <> l.person_id OR e.start_date <= d.first_on)
),

beyond AS (
    SELECT
        line_id, service_date, item_class, amount_fen, lost, 'before' AS edge, start_date AS edge_day,
        DATE_DIFF('day', service_date, start_date) AS least, DATE_DIFF('day', service_date, start_date) AS most
    FROM off
    WHERE lost = 1 OR service_date < start_date
    UNION ALL
    SELECT
        line_id, service_date, item_class, amount_fen, lost, 'after', end_date,
        DATE_DIFF('day', end_date, service_date), DATE_DIFF('day', end_date, service_date)
    FROM off
    WHERE lost = 1 OR service_date > end_date
    UNION ALL
    SELECT
        line_id, service_date, item_class, amount_fen, lost, 'death', first_on,
        DATE_DIFF('day', last_on, service_date), DATE_DIFF('day', first_on, service_date)
    FROM late
),

limited AS (
    SELECT
        r.rule_id, r.point_id, r.verdict, beyond.*,
        CASE
            WHEN item_class IS NULL THEN GREATEST(r.tolerance_days, r.drug_tolerance_days)
            WHEN item_class IN ('09', '10', '11') THEN r.drug_tolerance_days
            ELSE r.tolerance_days
        END AS wide,
        CASE
            WHEN item_class IS NULL THEN LEAST(r.tolerance_days, r.drug_tolerance_days)
            WHEN item_class IN ('09', '10', '11') THEN r.drug_tolerance_days
            ELSE r.tolerance_days
        END AS narrow
    FROM beyond
    INNER JOIN b_date_in_stay AS r
        ON beyond.edge = r.edge AND beyond.service_date >= r.valid_from AND beyond.service_date < r.valid_to
),

judged AS (
    SELECT
        limited.*,
        CASE
            WHEN lost = 1 THEN 'encounter_missing'
            WHEN least > wide AND edge = 'before' THEN 'before_admission'
            WHEN least > wide AND edge = 'after' THEN 'after_discharge'
            WHEN least > wide THEN 'after_death'
            WHEN most > narrow AND least = most THEN 'class_missing'
            WHEN most > narrow THEN 'death_disputed'
        END AS reason
    FROM limited
)

SELECT
    rule_id, point_id, line_id AS subject_key,
    CASE WHEN reason IN ('before_admission', 'after_discharge', 'after_death') THEN verdict ELSE 'unknown' END AS verdict,
    reason,
    CASE WHEN lost = 1 THEN '' ELSE CAST(edge_day AS VARCHAR) END AS expected,
    CAST(service_date AS VARCHAR) AS actual,
    'subject' AS role, 'line' AS row_kind, line_id AS row_id, amount_fen
FROM judged
WHERE reason IS NOT NULL
