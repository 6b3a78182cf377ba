WITH daily AS (
    SELECT practitioner_id, institution_id, start_date, COUNT(*) AS met
    FROM encounter
    WHERE practitioner_id IS NOT NULL AND visit_type IN ('outpatient', 'emergency', 'internet')
    GROUP BY practitioner_id, institution_id, start_date
),

monthly AS (
    SELECT practitioner_id, institution_id, SUBSTR(CAST(start_date AS VARCHAR), 1, 7) AS period, MAX(met) AS met
    FROM daily
    GROUP BY practitioner_id, institution_id, period
)

SELECT
    b.rule_id, b.point_id, 'practitioner' AS subject_kind, m.practitioner_id AS subject_id, m.institution_id, m.period,
    '' AS item_code, COALESCE(peer.peer_group, '') AS peer_group, m.met AS numerator, CAST(1 AS BIGINT) AS denominator,
    CAST(1 AS BIGINT) AS weight, '' AS gap
FROM monthly AS m
INNER JOIN b_workload AS b
    ON CAST(m.period || '-01' AS DATE) >= b.valid_from AND CAST(m.period || '-01' AS DATE) < b.valid_to
LEFT JOIN peer
    ON m.institution_id = peer.institution_id
    AND CAST(m.period || '-01' AS DATE) >= peer.valid_from AND CAST(m.period || '-01' AS DATE) < peer.valid_to
