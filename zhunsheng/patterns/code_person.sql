WITH coded AS (
    SELECT DISTINCT encounter_id, 'diagnosis' AS register, code, SUBSTR(code, 1, 3) AS head FROM diagnosis
    UNION
    SELECT DISTINCT encounter_id, 'procedure', code, SUBSTR(code, 1, 3) FROM procedure
),

c AS MATERIALIZED (
    SELECT
        coded.encounter_id, coded.code, b.rule_id, b.point_id, b.verdict, b.valid_from, b.valid_to, b.asks, b.sex,
        b.min_age, b.max_age, b.age_unit
    FROM coded
    INNER JOIN b_code_person AS b ON coded.register = b.register AND coded.head = SUBSTR(b.code, 1, 3)
    WHERE STARTS_WITH(coded.code, b.code)
),

dated AS (
    SELECT
        c.*, e.start_date, p.sex AS own_sex, p.birth_date,
        (EXTRACT(YEAR FROM e.start_date) - EXTRACT(YEAR FROM p.birth_date)) * 12
        + EXTRACT(MONTH FROM e.start_date) - EXTRACT(MONTH FROM p.birth_date)
        - CASE WHEN EXTRACT(DAY FROM e.start_date) < EXTRACT(DAY FROM p.birth_date) THEN 1 ELSE 0 END AS months
    FROM c
    INNER JOIN encounter AS e ON c.encounter_id = e.encounter_id
    LEFT JOIN person AS p ON e.person_id = p.person_id
    WHERE e.start_date >= c.valid_from AND e.start_date < c.valid_to
),

aged AS (
    SELECT
        dated.*,
        CASE
            WHEN age_unit = 'day' THEN DATE_DIFF('day', birth_date, start_date)
            WHEN age_unit = 'month' THEN months
            ELSE CAST(FLOOR(months / 12) AS BIGINT)
        END AS age
    FROM dated
),

judged AS (
    SELECT
        aged.*,
        CASE
            WHEN asks = 'sex' AND own_sex IS NULL THEN 'sex_missing'
            WHEN asks = 'sex' AND own_sex <> sex THEN 'sex_conflict'
            WHEN asks = 'age' AND (birth_date IS NULL OR birth_date > start_date) THEN 'birth_missing'
            WHEN asks = 'age' AND (age < min_age OR age > max_age) THEN 'age_conflict'
        END AS reason
    FROM aged
)

SELECT
    rule_id,
    point_id,
    encounter_id || '|' || code AS subject_key,
    CASE WHEN reason IN ('sex_missing', 'birth_missing') THEN 'unknown' ELSE verdict END AS verdict,
    reason,
    CASE
        WHEN asks = 'sex' THEN sex
        ELSE CAST(min_age AS VARCHAR) || '..' || CAST(max_age AS VARCHAR) || ' ' || age_unit
    END AS expected,
    code AS actual,
    'subject' AS role,
    'encounter' AS row_kind,
    encounter_id AS row_id,
    CAST(0 AS BIGINT) AS amount_fen
FROM judged
WHERE reason IS NOT NULL
