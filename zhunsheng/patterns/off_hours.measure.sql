WITH admitted AS (
    SELECT
        b.rule_id, b.point_id, e.institution_id, SUBSTR(CAST(e.start_date AS VARCHAR), 1, 7) AS period,
        CASE
            WHEN b.counts = 'weekend'
                THEN CASE WHEN (DATE_DIFF('day', CAST('1970-01-01' AS DATE), e.start_date) + 3) % 7 >= 5 THEN 1 ELSE 0 END
            WHEN e.start_at IS NULL THEN NULL
            WHEN (e.start_at + 28800) % 86400 >= b.night_from * 3600 THEN 1
            WHEN (e.start_at + 28800) % 86400 < b.night_to * 3600 THEN 1
            ELSE 0
        END AS off
    FROM encounter AS e
    INNER JOIN b_off_hours AS b ON e.start_date >= b.valid_from AND e.start_date < b.valid_to
    WHERE e.visit_type = 'inpatient'
),

counted AS (
    SELECT
        rule_id, point_id, institution_id, period, CAST(COALESCE(SUM(off), 0) AS BIGINT) AS numerator,
        COUNT(*) AS denominator, COUNT(*) - COUNT(off) AS untold
    FROM admitted
    GROUP BY rule_id, point_id, institution_id, period
)

SELECT
    c.rule_id, c.point_id, 'institution' AS subject_kind, c.institution_id AS subject_id, c.institution_id, c.period,
    '' AS item_code, COALESCE(peer.peer_group, '') AS peer_group, c.numerator, c.denominator, c.denominator AS weight,
    CASE WHEN c.untold > 0 THEN 'time_missing' ELSE '' END AS gap
FROM counted AS c
LEFT JOIN peer
    ON c.institution_id = peer.institution_id
    AND CAST(c.period || '-01' AS DATE) >= peer.valid_from AND CAST(c.period || '-01' AS DATE) < peer.valid_to
