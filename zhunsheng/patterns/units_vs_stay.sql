-- an item that two points of a rule name counts once
WITH c AS MATERIALIZED (
    SELECT
        l.line_id, l.person_id, l.encounter_id, l.service_date, COALESCE(l.service_at, 0) AS service_at, l.quantity_e4,
        l.amount_fen, b.rule_id, b.verdict, b.unit_group, MIN(b.point_id) AS point_id
    FROM line AS l
    INNER JOIN b_units_vs_stay AS b
        ON l.item_code = b.item_code AND l.service_date >= b.valid_from AND l.service_date < b.valid_to
    GROUP BY
        l.line_id, l.person_id, l.encounter_id, l.service_date, COALESCE(l.service_at, 0), l.quantity_e4, l.amount_fen,
        b.rule_id, b.verdict, b.unit_group
),

billed AS (
    SELECT rule_id, verdict, unit_group, person_id, encounter_id, CAST(SUM(quantity_e4) AS BIGINT) AS total_e4
    FROM c
    GROUP BY rule_id, verdict, unit_group, person_id, encounter_id
),

placed AS (
    SELECT
        billed.*, e.visit_type, e.start_date, e.end_date,
        CASE WHEN e.encounter_id IS NULL OR e.person_id <> billed.person_id THEN 1 ELSE 0 END AS lost
    FROM billed
    LEFT JOIN encounter AS e ON billed.encounter_id = e.encounter_id
),

limited AS (
    SELECT
        placed.*,
        CASE WHEN lost = 1 THEN 'encounter_missing' WHEN end_date IS NULL THEN 'end_missing' ELSE 'over_stay' END AS reason,
        CASE
            WHEN lost = 0 AND end_date IS NOT NULL
                THEN GREATEST(1, CAST(DATE_DIFF('day', start_date, end_date) AS BIGINT)) * 10000
        END AS limit_e4
    FROM placed
    WHERE lost = 1 OR visit_type = 'inpatient'
),

exceeding AS (
    SELECT limited.* FROM limited WHERE limit_e4 IS NULL OR total_e4 > limit_e4
),

running AS (
    SELECT
        c.line_id, c.point_id, c.quantity_e4, c.amount_fen, x.rule_id, x.unit_group, x.encounter_id, x.total_e4,
        x.limit_e4, x.reason, x.verdict,
        CAST(SUM(c.quantity_e4) OVER (
            PARTITION BY c.rule_id, c.verdict, c.unit_group, c.person_id, c.encounter_id
            ORDER BY c.service_date, c.service_at, c.line_id
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS BIGINT) AS so_far_e4
    FROM c
    INNER JOIN exceeding AS x
        ON c.rule_id = x.rule_id AND c.verdict = x.verdict AND c.unit_group = x.unit_group
        AND c.person_id = x.person_id AND c.encounter_id = x.encounter_id
),

excess AS (
    SELECT
        running.*,
        CASE
            WHEN limit_e4 IS NULL THEN quantity_e4
            ELSE LEAST(quantity_e4, GREATEST(0, so_far_e4 - limit_e4))
        END AS excess_e4
    FROM running
)

SELECT
    rule_id,
    point_id,
    encounter_id || '|' || unit_group AS subject_key,
    CASE WHEN reason = 'over_stay' THEN verdict ELSE 'unknown' END AS verdict,
    reason,
    COALESCE(CAST(limit_e4 AS VARCHAR), '') AS expected,
    CAST(total_e4 AS VARCHAR) AS actual,
    CASE WHEN excess_e4 > 0 THEN 'subject' ELSE 'other' END AS role,
    'line' AS row_kind,
    line_id AS row_id,
    CAST((2 * amount_fen * excess_e4 + quantity_e4) // (2 * quantity_e4) AS BIGINT) AS amount_fen
FROM excess
