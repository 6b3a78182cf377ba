WITH sub AS MATERIALIZED (
    SELECT
        l.line_id, l.person_id, l.institution_id, l.encounter_id, l.department_id, l.item_code, l.service_date,
        l.service_at, l.amount_fen
    FROM line AS l
    INNER JOIN (SELECT DISTINCT sub_code FROM b_mutex_pair) AS k ON l.item_code = k.sub_code
),

main AS MATERIALIZED (
    SELECT
        l.line_id, l.person_id, l.institution_id, l.encounter_id, l.department_id, l.item_code, l.service_date,
        l.service_at
    FROM line AS l
    INNER JOIN (SELECT DISTINCT main_code FROM b_mutex_pair) AS k ON l.item_code = k.main_code
),

-- one branch per kind of window, so that each is an equality join
met AS (
    SELECT
        s.line_id AS sub_id, m.line_id AS main_id, s.item_code AS sub_code, m.item_code AS main_code,
        s.service_date AS sub_date, s.amount_fen, s.department_id AS sub_department,
        m.department_id AS main_department, s.service_at AS sub_at, m.service_at AS main_at, 'day' AS time_window
    FROM sub AS s
    INNER JOIN main AS m
        ON s.person_id = m.person_id AND s.institution_id = m.institution_id AND s.service_date = m.service_date
    UNION ALL
    SELECT
        s.line_id, m.line_id, s.item_code, m.item_code,
        s.service_date, s.amount_fen, s.department_id,
        m.department_id, s.service_at, m.service_at, 'hour'
    FROM sub AS s
    INNER JOIN main AS m
        ON s.person_id = m.person_id AND s.institution_id = m.institution_id AND s.service_date = m.service_date
    UNION ALL
    SELECT
        s.line_id, m.line_id, s.item_code, m.item_code,
        s.service_date, s.amount_fen, s.department_id,
        m.department_id, s.service_at, m.service_at, 'encounter'
    FROM sub AS s
    INNER JOIN main AS m
        ON s.person_id = m.person_id AND s.institution_id = m.institution_id AND s.encounter_id = m.encounter_id
    UNION ALL
    SELECT
        s.line_id, m.line_id, s.item_code, m.item_code,
        s.service_date, s.amount_fen, s.department_id,
        m.department_id, s.service_at, m.service_at, '6h'
    FROM sub AS s
    INNER JOIN main AS m
        ON s.person_id = m.person_id AND s.institution_id = m.institution_id
    INNER JOIN (SELECT DISTINCT main_code, sub_code FROM b_mutex_pair WHERE time_window = '6h') AS k
        ON m.item_code = k.main_code AND s.item_code = k.sub_code
    WHERE DATE_DIFF('day', s.service_date, m.service_date) BETWEEN -1 AND 1
),

judged AS (
    SELECT
        b.rule_id, b.point_id, b.time_window, met.sub_id, met.main_id, met.main_code, met.amount_fen,
        CASE
            WHEN met.time_window = 'day' AND b.transfer_day = 'refer'
                AND (met.sub_department IS NULL OR met.main_department IS NULL) THEN 'department_missing'
            WHEN met.time_window = 'day' AND b.transfer_day = 'refer' AND met.sub_department <> met.main_department
                THEN 'pair_on_transfer_day'
            WHEN met.time_window = 'day' THEN 'pair_same_day'
            WHEN met.time_window = 'encounter' THEN 'pair_same_encounter'
            WHEN met.sub_at IS NULL OR met.main_at IS NULL THEN 'time_missing'
            WHEN met.time_window = '6h' AND ABS(met.sub_at - met.main_at) < 21600 THEN 'pair_within_6h'
            WHEN met.time_window = 'hour'
                AND FLOOR((met.sub_at + 28800) / 3600) = FLOOR((met.main_at + 28800) / 3600) THEN 'pair_same_hour'
        END AS reason,
        b.verdict
    FROM met
    INNER JOIN b_mutex_pair AS b
        ON met.main_code = b.main_code AND met.sub_code = b.sub_code AND met.time_window = b.time_window
        AND met.sub_date >= b.valid_from AND met.sub_date < b.valid_to
),

kept AS (
    SELECT
        judged.*,
        CASE
            WHEN reason IN ('department_missing', 'time_missing') THEN 'unknown'
            WHEN reason = 'pair_on_transfer_day' THEN 'suspected'
            ELSE verdict
        END AS said
    FROM judged
    WHERE reason IS NOT NULL
)

SELECT DISTINCT
    rule_id, point_id, sub_id AS subject_key, said AS verdict, reason, time_window AS expected, main_code AS actual,
    'subject' AS role, 'line' AS row_kind, sub_id AS row_id, amount_fen
FROM kept
UNION ALL
SELECT DISTINCT
    rule_id, point_id, sub_id, said, reason, time_window, main_code, 'other', 'line', main_id, CAST(0 AS BIGINT)
FROM kept
