WITH c AS MATERIALIZED (
    SELECT
        l.line_id, l.institution_id, l.service_date, l.unit_price_e6, l.quantity_e4, l.amount_fen,
        b.rule_id, b.point_id, b.verdict, b.region AS of_region, b.level AS of_level, b.ceiling_e6
    FROM line AS l
    INNER JOIN b_price_ceiling AS b
        ON l.item_code = b.item_code AND l.service_date >= b.valid_from AND l.service_date < b.valid_to
    WHERE l.unit_price_e6 > b.ceiling_e6
),

placed AS (
    SELECT c.*, i.region, i.level
    FROM c
    LEFT JOIN institution_registration AS i
        ON c.institution_id = i.institution_id AND c.service_date >= i.valid_from AND c.service_date < i.valid_to
)

SELECT
    rule_id,
    point_id,
    line_id AS subject_key,
    CASE
        WHEN (of_region <> '' AND region IS NULL) OR (of_level <> '' AND level IS NULL) THEN 'unknown'
        ELSE verdict
    END AS verdict,
    CASE
        WHEN of_region <> '' AND region IS NULL THEN 'region_missing'
        WHEN of_level <> '' AND level IS NULL THEN 'level_missing'
        ELSE 'above_ceiling'
    END AS reason,
    CAST(ceiling_e6 AS VARCHAR) AS expected,
    CAST(unit_price_e6 AS VARCHAR) AS actual,
    'subject' AS role,
    'line' AS row_kind,
    line_id AS row_id,
    -- price times quantity of a faulty file may pass 64 bits
    CAST(GREATEST(
        0, amount_fen - (CAST(ceiling_e6 AS HUGEINT) * quantity_e4 + 50000000) // 100000000
    ) AS BIGINT) AS amount_fen
FROM placed
WHERE
    (region IS NULL OR SUBSTR(region, 1, LENGTH(of_region)) = of_region)
    AND (of_level = '' OR level IS NULL OR level = of_level)
