WITH c AS MATERIALIZED (
    SELECT
        l.line_id, l.person_id, l.institution_id, l.encounter_id, l.item_code, l.service_date, l.unit_price_e6,
        l.quantity_e4, l.amount_fen, b.rule_id, b.point_id, b.verdict, b.incision_group, b.second_percent,
        b.full_price_e6
    FROM line AS l
    INNER JOIN b_tiered_price AS b
        ON l.item_code = b.item_code AND l.service_date >= b.valid_from AND l.service_date < b.valid_to
),

several AS (
    SELECT rule_id, incision_group, person_id, institution_id, encounter_id, service_date
    FROM c
    GROUP BY rule_id, incision_group, person_id, institution_id, encounter_id, service_date
    HAVING MIN(item_code) <> MAX(item_code)
),

-- the dearest operation is the main one
led AS (
    SELECT
        c.*,
        FIRST_VALUE(c.line_id) OVER (
            PARTITION BY
                c.rule_id, c.incision_group, c.person_id, c.institution_id, c.encounter_id, c.service_date
            ORDER BY c.unit_price_e6 DESC, c.line_id
        ) AS main_id,
        FIRST_VALUE(c.item_code) OVER (
            PARTITION BY
                c.rule_id, c.incision_group, c.person_id, c.institution_id, c.encounter_id, c.service_date
            ORDER BY c.unit_price_e6 DESC, c.line_id
        ) AS main_code
    FROM c
    INNER JOIN several AS s
        ON c.rule_id = s.rule_id AND c.incision_group = s.incision_group AND c.person_id = s.person_id
        AND c.institution_id = s.institution_id AND c.encounter_id = s.encounter_id
        AND c.service_date = s.service_date
),

-- a quantity below one is a way of writing the discount: the operation is still one.
-- Price times quantity of a faulty file may pass 64 bits.
priced AS (
    SELECT
        led.*,
        amount_fen - (
            2 * ((CAST(full_price_e6 AS HUGEINT) * GREATEST(quantity_e4, 10000) + 50000000) // 100000000)
            * second_percent + 100
        ) // 200 AS above_fen
    FROM led
    WHERE item_code <> main_code
),

hit AS (
    SELECT
        priced.*,
        CASE WHEN full_price_e6 = 0 THEN 'unknown' ELSE verdict END AS said,
        CASE WHEN full_price_e6 = 0 THEN 'full_price_missing' ELSE 'not_discounted' END AS reason,
        CAST(CASE
            WHEN full_price_e6 = 0 THEN (2 * amount_fen * GREATEST(0, 100 - second_percent) + 100) // 200
            ELSE above_fen
        END AS BIGINT) AS excess_fen
    FROM priced
    WHERE full_price_e6 = 0 OR above_fen > 0
)

SELECT
    rule_id, point_id, line_id AS subject_key, said AS verdict, reason, CAST(second_percent AS VARCHAR) AS expected,
    main_code AS actual, 'subject' AS role, 'line' AS row_kind, line_id AS row_id, excess_fen AS amount_fen
FROM hit
UNION ALL
SELECT
    rule_id, point_id, line_id, said, reason, CAST(second_percent AS VARCHAR), main_code, 'other', 'line', main_id,
    CAST(0 AS BIGINT)
FROM hit
