WITH sold AS MATERIALIZED (
    SELECT t.trace_id, t.institution_id, t.encounter_id, t.trace_code, t.settled_on
    FROM trace_code AS t
    LEFT JOIN line AS l ON t.line_id = l.line_id
    WHERE t.line_id IS NULL OR l.line_id IS NOT NULL
),

first_sale AS (
    SELECT trace_code, encounter_id FROM sold
    QUALIFY ROW_NUMBER() OVER (PARTITION BY trace_code ORDER BY settled_on, encounter_id, trace_id) = 1
),

counted AS (
    SELECT
        s.institution_id, SUBSTR(CAST(s.settled_on AS VARCHAR), 1, 7) AS period, COUNT(*) AS denominator,
        COUNT(*) FILTER (WHERE s.encounter_id <> f.encounter_id) AS numerator
    FROM sold AS s
    INNER JOIN first_sale AS f ON s.trace_code = f.trace_code
    GROUP BY s.institution_id, period
)

SELECT
    b.rule_id, b.point_id, 'institution' AS subject_kind, c.institution_id AS subject_id, c.institution_id, c.period,
    '' AS item_code, COALESCE(peer.peer_group, '') AS peer_group, c.numerator, c.denominator, c.denominator AS weight,
    '' AS gap
FROM counted AS c
INNER JOIN b_trace_twice AS b
    ON CAST(c.period || '-01' AS DATE) >= b.valid_from AND CAST(c.period || '-01' AS DATE) < b.valid_to
LEFT JOIN peer
    ON c.institution_id = peer.institution_id
    AND CAST(c.period || '-01' AS DATE) >= peer.valid_from AND CAST(c.period || '-01' AS DATE) < peer.valid_to
