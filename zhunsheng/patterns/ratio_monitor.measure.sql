WITH part AS MATERIALIZED (
    SELECT
        institution_id, SUBSTR(CAST(service_date AS VARCHAR), 1, 7) AS period, item_class,
        SUBSTR(item_code, 1, 6) AS item_head, CAST(SUM(amount_fen) AS BIGINT) AS fen
    FROM line
    GROUP BY institution_id, period, item_class, item_head
),

contact_sum AS (
    SELECT
        institution_id, SUBSTR(CAST(service_date AS VARCHAR), 1, 7) AS period, encounter_id,
        CAST(SUM(amount_fen) AS HUGEINT) AS fen
    FROM line
    GROUP BY institution_id, period, encounter_id
),

-- how many equal contacts the sum is worth: large ones weigh more, so fewer count
whole AS (
    SELECT
        institution_id, period, CAST(SUM(fen) AS BIGINT) AS denominator,
        CAST((SUM(fen) * SUM(fen)) // SUM(fen * fen) AS BIGINT) AS weight
    FROM contact_sum
    WHERE fen > 0
    GROUP BY institution_id, period
),

named AS (
    SELECT
        b.rule_id, b.point_id, part.institution_id, part.period,
        CAST(SUM(
            CASE
                WHEN STRPOS(' ' || b.item_classes || ' ', ' ' || part.item_class || ' ') > 0 THEN part.fen
                WHEN part.item_head = b.item_head THEN part.fen
                ELSE 0
            END
        ) AS BIGINT) AS numerator,
        MAX(CASE WHEN b.item_classes <> '' AND part.item_class IS NULL THEN 1 ELSE 0 END) AS unclassed
    FROM part
    INNER JOIN b_ratio_monitor AS b
        ON CAST(part.period || '-01' AS DATE) >= b.valid_from AND CAST(part.period || '-01' AS DATE) < b.valid_to
    GROUP BY b.rule_id, b.point_id, part.institution_id, part.period
)

SELECT
    n.rule_id, n.point_id, 'institution' AS subject_kind, n.institution_id AS subject_id, n.institution_id, n.period,
    '' AS item_code, COALESCE(peer.peer_group, '') AS peer_group, n.numerator, w.denominator, w.weight,
    CASE WHEN n.unclassed = 1 THEN 'class_missing' ELSE '' END AS gap
FROM named AS n
INNER JOIN whole AS w ON n.institution_id = w.institution_id AND n.period = w.period
LEFT JOIN peer ON n.institution_id = peer.institution_id
