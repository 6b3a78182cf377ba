WITH asked AS (
    SELECT
        e.encounter_id, DATE_DIFF('day', e.start_date, e.end_date) AS days, b.rule_id, b.point_id, b.valid_from,
        b.verdict, b.max_days, b.treat_classes, b.check_classes, b.check_percent, b.min_score
    FROM encounter AS e
    INNER JOIN b_low_standard AS b ON e.start_date >= b.valid_from AND e.start_date < b.valid_to
    WHERE e.visit_type = 'inpatient' AND e.end_date IS NOT NULL
),

classed AS MATERIALIZED (
    SELECT l.encounter_id, COALESCE(l.item_class, '') AS item_class, CAST(SUM(l.amount_fen) AS BIGINT) AS amount_fen
    FROM line AS l
    INNER JOIN (SELECT DISTINCT encounter_id FROM asked) AS k ON l.encounter_id = k.encounter_id
    GROUP BY l.encounter_id, COALESCE(l.item_class, '')
),

summed AS (
    SELECT
        a.encounter_id, a.rule_id, a.point_id, a.valid_from,
        CAST(SUM(c.amount_fen) AS BIGINT) AS total,
        CAST(SUM(
            CASE
                WHEN c.item_class <> '' AND STRPOS(' ' || a.check_classes || ' ', ' ' || c.item_class || ' ') > 0
                    THEN c.amount_fen
                ELSE 0
            END
        ) AS BIGINT) AS checks,
        MAX(
            CASE
                WHEN c.item_class <> '' AND STRPOS(' ' || a.treat_classes || ' ', ' ' || c.item_class || ' ') > 0 THEN 1
                ELSE 0
            END
        ) AS treated
    FROM asked AS a
    INNER JOIN classed AS c ON a.encounter_id = c.encounter_id
    GROUP BY a.encounter_id, a.rule_id, a.point_id, a.valid_from
),

operated AS (SELECT DISTINCT encounter_id FROM procedure),

told AS (
    SELECT
        a.rule_id, a.point_id, a.encounter_id, a.verdict, a.min_score, s.total,
        CASE WHEN a.days <= a.max_days THEN ' short' ELSE '' END AS short,
        CASE WHEN o.encounter_id IS NULL THEN ' no_operation' ELSE '' END AS unoperated,
        CASE WHEN s.treated = 0 THEN ' no_treatment' ELSE '' END AS untreated,
        CASE WHEN s.total > 0 AND s.checks * 100 >= s.total * a.check_percent THEN ' tests' ELSE '' END AS tests
    FROM asked AS a
    INNER JOIN summed AS s
        ON a.encounter_id = s.encounter_id AND a.rule_id = s.rule_id AND a.point_id = s.point_id
        AND a.valid_from = s.valid_from
    LEFT JOIN operated AS o ON a.encounter_id = o.encounter_id
)

SELECT
    rule_id,
    point_id,
    encounter_id AS subject_key,
    verdict,
    'low_standard' AS reason,
    CAST(min_score AS VARCHAR) AS expected,
    TRIM(short || unoperated || untreated || tests) AS actual,
    'subject' AS role,
    'encounter' AS row_kind,
    encounter_id AS row_id,
    total AS amount_fen
FROM told
WHERE
    (CASE WHEN short <> '' THEN 1 ELSE 0 END) + (CASE WHEN unoperated <> '' THEN 1 ELSE 0 END)
    + (CASE WHEN untreated <> '' THEN 1 ELSE 0 END) + (CASE WHEN tests <> '' THEN 1 ELSE 0 END) >= min_score
