WITH stay AS MATERIALIZED (
    SELECT
        e.encounter_id, e.start_date, e.end_date, b.rule_id, b.point_id, b.valid_from, b.verdict, b.idle_days,
        b.quiet_classes
    FROM encounter AS e
    INNER JOIN b_idle_bed AS b ON e.start_date >= b.valid_from AND e.start_date < b.valid_to
    WHERE e.visit_type = 'inpatient' AND e.end_date IS NOT NULL AND e.end_date >= e.start_date
),

-- a stay shorter than the run of days cannot hold one
long AS MATERIALIZED (
    SELECT stay.* FROM stay WHERE DATE_DIFF('day', start_date, end_date) > idle_days
),

charged AS (
    SELECT DISTINCT l.encounter_id, COALESCE(l.item_class, '') AS item_class, l.service_date AS day
    FROM line AS l
    INNER JOIN (SELECT DISTINCT encounter_id FROM long) AS k ON l.encounter_id = k.encounter_id
),

noted AS (
    SELECT encounter_id, ordered_on AS day FROM medical_order
    UNION
    SELECT encounter_id, stopped_on FROM medical_order WHERE stopped_on IS NOT NULL
    UNION
    SELECT encounter_id, performed_on FROM use_record
    UNION
    SELECT encounter_id, observed_on FROM nursing_record
),

active AS (
    SELECT s.rule_id, s.point_id, s.valid_from, s.encounter_id, c.day
    FROM long AS s
    INNER JOIN charged AS c ON s.encounter_id = c.encounter_id
    WHERE
        c.day > s.start_date AND c.day < s.end_date
        AND (c.item_class = '' OR STRPOS(' ' || s.quiet_classes || ' ', ' ' || c.item_class || ' ') = 0)
    UNION
    SELECT s.rule_id, s.point_id, s.valid_from, s.encounter_id, n.day
    FROM long AS s
    INNER JOIN noted AS n ON s.encounter_id = n.encounter_id
    WHERE n.day > s.start_date AND n.day < s.end_date
    UNION
    SELECT rule_id, point_id, valid_from, encounter_id, start_date FROM long
    UNION
    SELECT rule_id, point_id, valid_from, encounter_id, end_date FROM long
),

stepped AS (
    SELECT
        active.*,
        LAG(day) OVER (PARTITION BY rule_id, point_id, valid_from, encounter_id ORDER BY day) AS before
    FROM active
),

gap AS MATERIALIZED (
    SELECT s.rule_id, s.point_id, s.valid_from, s.encounter_id, s.verdict, s.idle_days, t.before, t.day AS after
    FROM stepped AS t
    INNER JOIN long AS s
        ON t.rule_id = s.rule_id AND t.point_id = s.point_id AND t.valid_from = s.valid_from
        AND t.encounter_id = s.encounter_id
    WHERE DATE_DIFF('day', t.before, t.day) - 1 >= s.idle_days
),

kept AS (
    SELECT
        gap.rule_id, gap.point_id, gap.valid_from, gap.encounter_id, gap.before,
        CAST(SUM(l.amount_fen) AS BIGINT) AS amount_fen
    FROM gap
    INNER JOIN line AS l ON gap.encounter_id = l.encounter_id
    WHERE l.service_date > gap.before AND l.service_date < gap.after
    GROUP BY gap.rule_id, gap.point_id, gap.valid_from, gap.encounter_id, gap.before
)

SELECT
    gap.rule_id,
    gap.point_id,
    gap.encounter_id || '|' || CAST(gap.before AS VARCHAR) AS subject_key,
    gap.verdict,
    'idle' AS reason,
    CAST(gap.idle_days AS VARCHAR) AS expected,
    CAST(gap.before AS VARCHAR) || ' ' || CAST(gap.after AS VARCHAR) AS actual,
    'subject' AS role,
    'encounter' AS row_kind,
    gap.encounter_id AS row_id,
    COALESCE(kept.amount_fen, CAST(0 AS BIGINT)) AS amount_fen
FROM gap
LEFT JOIN kept
    ON gap.rule_id = kept.rule_id AND gap.point_id = kept.point_id AND gap.valid_from = kept.valid_from
    AND gap.encounter_id = kept.encounter_id AND gap.before = kept.before
