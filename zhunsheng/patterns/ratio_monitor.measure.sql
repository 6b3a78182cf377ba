-- months are counted by number and named at the end: cutting a date's text once a line costs more than all sums
WITH contact AS MATERIALIZED (
    SELECT
        institution_id, EXTRACT(YEAR FROM service_date) * 12 + EXTRACT(MONTH FROM service_date) AS months,
        encounter_id, MIN(service_date) AS some_day, CAST(SUM(amount_fen) AS HUGEINT) AS fen,
        COUNT(*) - COUNT(item_class) AS unclassed
    FROM line
    GROUP BY institution_id, months, encounter_id
),

-- how many equal contacts a sum is worth: large ones weigh more, so fewer count
whole AS (
    SELECT
        institution_id, months, SUBSTR(CAST(MIN(some_day) AS VARCHAR), 1, 7) AS period,
        CAST(SUM(CASE WHEN fen > 0 THEN fen END) AS BIGINT) AS fen,
        CAST(
            (SUM(CASE WHEN fen > 0 THEN fen END) * SUM(CASE WHEN fen > 0 THEN fen END))
            // SUM(CASE WHEN fen > 0 THEN fen * fen END) AS BIGINT
        ) AS weight,
        SUM(unclassed) > 0 AS is_unclassed
    FROM contact
    GROUP BY institution_id, months
),

asked AS (
    SELECT
        b.rule_id, b.point_id, b.valid_from, b.item_classes <> '' AND w.is_unclassed AS is_untold, w.institution_id,
        w.months, w.period, w.fen, w.weight
    FROM whole AS w
    INNER JOIN b_ratio_monitor AS b
        ON CAST(w.period || '-01' AS DATE) >= b.valid_from AND CAST(w.period || '-01' AS DATE) < b.valid_to
    WHERE w.fen > 0
),

-- the few kinds of line that a rule names: by class, and by the beginning of the code
kind AS (SELECT DISTINCT COALESCE(item_class, '') AS item_class, SUBSTR(item_code, 1, 6) AS item_head FROM line),

named_kind AS (
    SELECT b.rule_id, b.point_id, b.valid_from, k.item_class, k.item_head
    FROM (
        SELECT rule_id, point_id, valid_from, UNNEST(STRING_SPLIT(item_classes, ' ')) AS item_class
        FROM b_ratio_monitor
    ) AS b
    INNER JOIN kind AS k ON b.item_class = k.item_class
    WHERE k.item_class <> ''
    UNION
    SELECT b.rule_id, b.point_id, b.valid_from, k.item_class, k.item_head
    FROM b_ratio_monitor AS b
    INNER JOIN kind AS k ON b.item_head = k.item_head
),

named_contact AS (
    SELECT
        k.rule_id, k.point_id, k.valid_from, l.institution_id,
        EXTRACT(YEAR FROM l.service_date) * 12 + EXTRACT(MONTH FROM l.service_date) AS months, l.encounter_id,
        CAST(SUM(l.amount_fen) AS HUGEINT) AS fen
    FROM line AS l
    INNER JOIN named_kind AS k
        ON COALESCE(l.item_class, '') = k.item_class AND SUBSTR(l.item_code, 1, 6) = k.item_head
    GROUP BY k.rule_id, k.point_id, k.valid_from, l.institution_id, months, l.encounter_id
),

named AS (
    SELECT
        rule_id, point_id, valid_from, institution_id, months, CAST(SUM(fen) AS BIGINT) AS fen,
        CAST((SUM(fen) * SUM(fen)) // SUM(fen * fen) AS BIGINT) AS weight
    FROM named_contact
    WHERE fen > 0
    GROUP BY rule_id, point_id, valid_from, institution_id, months
)

SELECT
    a.rule_id, a.point_id, 'institution' AS subject_kind, a.institution_id AS subject_id, a.institution_id, a.period,
    '' AS item_code, COALESCE(peer.peer_group, '') AS peer_group, COALESCE(n.fen, 0) AS numerator, a.fen AS denominator,
    LEAST(a.weight, COALESCE(n.weight, 0)) AS weight, CASE WHEN a.is_untold THEN 'class_missing' ELSE '' END AS gap
FROM asked AS a
LEFT JOIN named AS n
    ON a.rule_id = n.rule_id AND a.point_id = n.point_id AND a.valid_from = n.valid_from
    AND a.institution_id = n.institution_id AND a.months = n.months
LEFT JOIN peer
    ON a.institution_id = peer.institution_id
    AND CAST(a.period || '-01' AS DATE) >= peer.valid_from AND CAST(a.period || '-01' AS DATE) < peer.valid_to
