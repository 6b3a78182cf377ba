WITH c AS MATERIALIZED (
    SELECT l.line_id, l.encounter_id, l.amount_fen, b.rule_id, b.point_id, b.valid_from, b.verdict, b.dx_codes
    FROM line AS l
    INNER JOIN b_contraindication AS b
        ON l.item_code = b.item_code AND l.service_date >= b.valid_from AND l.service_date < b.valid_to
),

wanted AS (
    SELECT DISTINCT dx_codes, UNNEST(STRING_SPLIT(dx_codes, ' ')) AS beginning FROM b_contraindication
),

own AS (
    SELECT DISTINCT d.encounter_id, d.code
    FROM diagnosis AS d
    INNER JOIN (SELECT DISTINCT encounter_id FROM c) AS k ON d.encounter_id = k.encounter_id
),

met AS (
    SELECT c.encounter_id, c.dx_codes, MIN(own.code) AS code
    FROM (SELECT DISTINCT encounter_id, dx_codes FROM c) AS c
    INNER JOIN wanted ON c.dx_codes = wanted.dx_codes
    INNER JOIN own ON c.encounter_id = own.encounter_id AND STARTS_WITH(own.code, wanted.beginning)
    GROUP BY c.encounter_id, c.dx_codes
),

known AS (SELECT DISTINCT encounter_id FROM own)

SELECT
    c.rule_id,
    c.point_id,
    c.line_id AS subject_key,
    CASE WHEN known.encounter_id IS NULL THEN 'unknown' ELSE c.verdict END AS verdict,
    CASE WHEN known.encounter_id IS NULL THEN 'dx_missing' ELSE 'forbidden' END AS reason,
    c.dx_codes AS expected,
    COALESCE(met.code, '') AS actual,
    'subject' AS role,
    'line' AS row_kind,
    c.line_id AS row_id,
    c.amount_fen
FROM c
LEFT JOIN known ON c.encounter_id = known.encounter_id
LEFT JOIN met ON c.encounter_id = met.encounter_id AND c.dx_codes = met.dx_codes
WHERE known.encounter_id IS NULL OR met.code IS NOT NULL
