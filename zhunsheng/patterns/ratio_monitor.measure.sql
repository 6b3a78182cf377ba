-- the total of every contact, and beside it the few parts that a rule names: classes, and items by their beginnings
WITH contact_sum AS MATERIALIZED (
    SELECT
        institution_id, SUBSTR(CAST(service_date AS VARCHAR), 1, 7) AS period, encounter_id,
        CAST(SUM(amount_fen) AS HUGEINT) AS fen, COUNT(*) - COUNT(item_class) AS unclassed
    FROM line
    GROUP BY institution_id, period, encounter_id
),

wanted AS (
    SELECT DISTINCT UNNEST(STRING_SPLIT(item_classes, ' ')) AS item_class FROM b_ratio_monitor WHERE item_classes <> ''
),

part AS MATERIALIZED (
    SELECT
        institution_id, SUBSTR(CAST(service_date AS VARCHAR), 1, 7) AS period, encounter_id, item_class,
        SUBSTR(item_code, 1, 6) AS item_head, CAST(SUM(amount_fen) AS BIGINT) AS fen
    FROM line
    WHERE
        item_class IN (SELECT item_class FROM wanted)
        OR SUBSTR(item_code, 1, 6) IN (SELECT item_head FROM b_ratio_monitor)
    GROUP BY institution_id, period, encounter_id, item_class, item_head
),

-- how many equal contacts a sum is worth: large ones weigh more, so fewer count
whole AS (
    SELECT
        institution_id, period, CAST(SUM(fen) AS BIGINT) AS fen,
        CAST((SUM(fen) * SUM(fen)) // SUM(fen * fen) AS BIGINT) AS weight
    FROM contact_sum
    WHERE fen > 0
    GROUP BY institution_id, period
),

unclassed AS (SELECT DISTINCT institution_id, period FROM contact_sum WHERE unclassed > 0),

asked AS (
    SELECT
        b.rule_id, b.point_id, b.item_classes, b.item_head, w.institution_id, w.period, w.fen, w.weight,
        u.period IS NOT NULL AND b.item_classes <> '' AS is_untold
    FROM whole AS w
    INNER JOIN b_ratio_monitor AS b
        ON CAST(w.period || '-01' AS DATE) >= b.valid_from AND CAST(w.period || '-01' AS DATE) < b.valid_to
    LEFT JOIN unclassed AS u ON w.institution_id = u.institution_id AND w.period = u.period
),

named_contact AS (
    SELECT
        a.rule_id, a.point_id, a.institution_id, a.period, p.encounter_id, CAST(SUM(p.fen) AS HUGEINT) AS fen
    FROM asked AS a
    INNER JOIN part AS p ON a.institution_id = p.institution_id AND a.period = p.period
    WHERE
        STRPOS(' ' || a.item_classes || ' ', ' ' || p.item_class || ' ') > 0
        OR p.item_head = a.item_head
    GROUP BY a.rule_id, a.point_id, a.institution_id, a.period, p.encounter_id
),

named AS (
    SELECT
        rule_id, point_id, institution_id, period, CAST(SUM(fen) AS BIGINT) AS fen,
        CAST((SUM(fen) * SUM(fen)) // SUM(fen * fen) AS BIGINT) AS weight
    FROM named_contact
    WHERE fen > 0
    GROUP BY rule_id, point_id, institution_id, period
)

SELECT
    a.rule_id, a.point_id, 'institution' AS subject_kind, a.institution_id AS subject_id, a.institution_id, a.period,
    '' AS item_code, COALESCE(peer.peer_group, '') AS peer_group, COALESCE(n.fen, 0) AS numerator, a.fen AS denominator,
    LEAST(a.weight, COALESCE(n.weight, 0)) AS weight, CASE WHEN a.is_untold THEN 'class_missing' ELSE '' END AS gap
FROM asked AS a
LEFT JOIN named AS n
    ON a.rule_id = n.rule_id AND a.point_id = n.point_id AND a.institution_id = n.institution_id AND a.period = n.period
LEFT JOIN peer
    ON a.institution_id = peer.institution_id
    AND CAST(a.period || '-01' AS DATE) >= peer.valid_from AND CAST(a.period || '-01' AS DATE) < peer.valid_to
