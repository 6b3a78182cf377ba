WITH done AS (
    SELECT
        b.rule_id, u.practitioner_id, u.institution_id, SUBSTR(CAST(u.performed_on AS VARCHAR), 1, 7) AS period,
        MIN(b.point_id) AS point_id, COUNT(*) AS services
    FROM use_record AS u
    INNER JOIN b_clinician_overlap AS b
        ON u.item_code = b.item_code AND u.performed_on >= b.valid_from AND u.performed_on < b.valid_to
    WHERE u.practitioner_id IS NOT NULL
    GROUP BY b.rule_id, u.practitioner_id, u.institution_id, period
)

SELECT
    d.rule_id, d.point_id, 'practitioner' AS subject_kind, d.practitioner_id AS subject_id, d.institution_id, d.period,
    '' AS item_code, COALESCE(peer.peer_group, '') AS peer_group, d.services AS numerator,
    CAST(1 AS BIGINT) AS denominator, CAST(1 AS BIGINT) AS weight, '' AS gap
FROM done AS d
LEFT JOIN peer
    ON d.institution_id = peer.institution_id
    AND CAST(d.period || '-01' AS DATE) >= peer.valid_from AND CAST(d.period || '-01' AS DATE) < peer.valid_to
