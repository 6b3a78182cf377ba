WITH c AS MATERIALIZED (
    SELECT
        l.line_id, l.person_id, l.amount_fen, l.service_date,
        b.rule_id, b.point_id, b.verdict, b.min_age, b.max_age, b.age_unit
    FROM line AS l
    INNER JOIN b_item_age AS b
        ON l.item_code = b.item_code AND l.service_date >= b.valid_from AND l.service_date < b.valid_to
),

months AS (
    SELECT
        c.*,
        p.birth_date,
        (EXTRACT(YEAR FROM c.service_date) - EXTRACT(YEAR FROM p.birth_date)) * 12
        + EXTRACT(MONTH FROM c.service_date) - EXTRACT(MONTH FROM p.birth_date)
        - CASE WHEN EXTRACT(DAY FROM c.service_date) < EXTRACT(DAY FROM p.birth_date) THEN 1 ELSE 0 END AS months
    FROM c
    LEFT JOIN person AS p ON c.person_id = p.person_id
),

aged AS (
    SELECT
        months.*,
        CASE
            WHEN age_unit = 'day' THEN DATE_DIFF('day', birth_date, service_date)
            WHEN age_unit = 'month' THEN months
            ELSE CAST(FLOOR(months / 12) AS BIGINT)
        END AS age
    FROM months
)

SELECT
    rule_id,
    point_id,
    line_id AS subject_key,
    CASE WHEN birth_date IS NULL OR birth_date > service_date THEN 'unknown' ELSE verdict END AS verdict,
    CASE
        WHEN birth_date IS NULL THEN 'birth_date_missing'
        WHEN birth_date > service_date THEN 'born_after_service'
        ELSE 'age_outside'
    END AS reason,
    CAST(min_age AS VARCHAR) || '..' || CAST(max_age AS VARCHAR) || ' ' || age_unit AS expected,
    CASE
        WHEN birth_date IS NULL THEN ''
        WHEN birth_date > service_date THEN CAST(birth_date AS VARCHAR)
        ELSE CAST(age AS VARCHAR) || ' ' || age_unit
    END AS actual,
    'subject' AS role,
    'line' AS row_kind,
    line_id AS row_id,
    amount_fen
FROM aged
WHERE birth_date IS NULL OR birth_date > service_date OR age < min_age OR age > max_age
