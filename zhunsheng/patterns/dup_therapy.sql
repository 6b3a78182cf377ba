WITH c AS MATERIALIZED (
    SELECT
        l.line_id, l.person_id, l.encounter_id, l.item_code, l.service_date, l.amount_fen, b.rule_id, b.drug_class,
        b.max_drugs, MIN(b.point_id) AS point_id, MIN(b.verdict) AS verdict
    FROM line AS l
    INNER JOIN b_dup_therapy AS b
        ON l.item_code = b.item_code AND l.service_date >= b.valid_from AND l.service_date < b.valid_to
    GROUP BY
        l.line_id, l.person_id, l.encounter_id, l.item_code, l.service_date, l.amount_fen, b.rule_id, b.drug_class,
        b.max_drugs
),

ranked AS (
    SELECT
        c.*,
        DENSE_RANK() OVER (
            PARTITION BY rule_id, drug_class, max_drugs, person_id, encounter_id, service_date ORDER BY item_code
        ) AS place
    FROM c
),

told AS (
    SELECT
        ranked.*,
        MAX(place) OVER (PARTITION BY rule_id, drug_class, max_drugs, person_id, encounter_id, service_date) AS drugs,
        MIN(item_code) OVER (PARTITION BY rule_id, drug_class, max_drugs, person_id, encounter_id, service_date) AS first,
        MIN(point_id) OVER (PARTITION BY rule_id, drug_class, max_drugs, person_id, encounter_id, service_date) AS point,
        MIN(verdict) OVER (PARTITION BY rule_id, drug_class, max_drugs, person_id, encounter_id, service_date) AS worst
    FROM ranked
)

SELECT
    rule_id,
    point AS point_id,
    person_id || '|' || drug_class || '|' || CAST(max_drugs AS VARCHAR) || '|' || encounter_id || '|'
    || CAST(service_date AS VARCHAR) AS subject_key,
    worst AS verdict,
    'class_repeated' AS reason,
    drug_class AS expected,
    first AS actual,
    CASE WHEN place > max_drugs THEN 'subject' ELSE 'other' END AS role,
    'line' AS row_kind,
    line_id AS row_id,
    CASE WHEN place > max_drugs THEN amount_fen ELSE CAST(0 AS BIGINT) END AS amount_fen
FROM told
WHERE drugs > max_drugs
