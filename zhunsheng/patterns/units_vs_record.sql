WITH c AS MATERIALIZED (
    SELECT
        l.line_id, l.person_id, l.encounter_id, l.item_code, l.service_date, COALESCE(l.service_at, 0) AS service_at,
        l.quantity_e4, l.amount_fen, b.rule_id, b.point_id, b.verdict, b.valid_from, b.tolerance_e4
    FROM line AS l
    INNER JOIN b_units_vs_record AS b
        ON l.item_code = b.item_code AND l.service_date >= b.valid_from AND l.service_date < b.valid_to
),

recorded AS MATERIALIZED (
    SELECT u.person_id, u.encounter_id, u.item_code, CAST(SUM(u.quantity_e4) AS BIGINT) AS recorded_e4
    FROM use_record AS u
    INNER JOIN (SELECT DISTINCT item_code FROM b_units_vs_record) AS k ON u.item_code = k.item_code
    GROUP BY u.person_id, u.encounter_id, u.item_code
),

billed AS (
    SELECT
        rule_id, point_id, valid_from, tolerance_e4, person_id, encounter_id, item_code,
        CAST(SUM(quantity_e4) AS BIGINT) AS total_e4
    FROM c
    GROUP BY rule_id, point_id, valid_from, tolerance_e4, person_id, encounter_id, item_code
),

exceeding AS (
    SELECT billed.*, r.recorded_e4
    FROM billed
    LEFT JOIN recorded AS r
        ON billed.person_id = r.person_id AND billed.encounter_id = r.encounter_id AND billed.item_code = r.item_code
    WHERE r.recorded_e4 IS NULL OR billed.total_e4 > r.recorded_e4 + billed.tolerance_e4
),

running AS (
    SELECT
        c.line_id, c.quantity_e4, c.amount_fen, c.rule_id, c.point_id, c.verdict, c.encounter_id, c.item_code,
        x.total_e4, x.recorded_e4,
        CAST(SUM(c.quantity_e4) OVER (
            PARTITION BY c.rule_id, c.point_id, c.valid_from, c.person_id, c.encounter_id, c.item_code
            ORDER BY c.service_date, c.service_at, c.line_id
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS BIGINT) AS so_far_e4
    FROM c
    INNER JOIN exceeding AS x
        ON c.rule_id = x.rule_id AND c.point_id = x.point_id AND c.valid_from = x.valid_from
        AND c.person_id = x.person_id AND c.encounter_id = x.encounter_id AND c.item_code = x.item_code
),

excess AS (
    SELECT
        running.*,
        CASE
            WHEN recorded_e4 IS NULL THEN quantity_e4
            ELSE LEAST(quantity_e4, GREATEST(0, so_far_e4 - recorded_e4))
        END AS excess_e4
    FROM running
)

SELECT
    rule_id,
    point_id,
    encounter_id || '|' || item_code AS subject_key,
    CASE WHEN recorded_e4 IS NULL THEN 'unknown' ELSE verdict END AS verdict,
    CASE WHEN recorded_e4 IS NULL THEN 'record_missing' ELSE 'over_record' END AS reason,
    COALESCE(CAST(recorded_e4 AS VARCHAR), '') AS expected,
    CAST(total_e4 AS VARCHAR) AS actual,
    CASE WHEN excess_e4 > 0 THEN 'subject' ELSE 'other' END AS role,
    'line' AS row_kind,
    line_id AS row_id,
    CAST((2 * amount_fen * excess_e4 + quantity_e4) // (2 * quantity_e4) AS BIGINT) AS amount_fen
FROM excess
