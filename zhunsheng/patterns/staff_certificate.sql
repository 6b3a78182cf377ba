WITH act AS (
    SELECT o.vendor_id, o.order_id, o.service_kind, e.node, e.happened_on AS day, e.practitioner_id
    FROM service_event AS e
    INNER JOIN service_order AS o ON e.vendor_id = o.vendor_id AND e.order_id = o.order_id
    UNION
    SELECT o.vendor_id, o.order_id, o.service_kind, 'signed', r.reported_on, r.practitioner_id
    FROM result AS r
    INNER JOIN service_order AS o ON r.vendor_id = o.vendor_id AND r.order_id = o.order_id
),

asked AS MATERIALIZED (
    SELECT
        b.rule_id, b.point_id, b.verdict, b.certificates, a.vendor_id, a.order_id, a.day, a.practitioner_id,
        SUBSTR(CAST(a.day AS VARCHAR), 1, 7) AS period
    FROM act AS a
    INNER JOIN b_staff_certificate AS b
        ON a.service_kind = b.service_kind AND a.node = b.node AND a.day >= b.valid_from AND a.day < b.valid_to
),

known AS (
    SELECT vendor_id, practitioner_id, 1 AS is_known FROM vendor_staff GROUP BY vendor_id, practitioner_id
),

-- who, on which day, for which certificates: few, beside the acts
needed AS (
    SELECT DISTINCT vendor_id, practitioner_id, day, certificates FROM asked
),

valid AS (
    SELECT DISTINCT n.vendor_id, n.practitioner_id, n.day, n.certificates, 1 AS is_valid
    FROM needed AS n
    INNER JOIN vendor_staff AS s ON n.vendor_id = s.vendor_id AND n.practitioner_id = s.practitioner_id
    WHERE
        ' ' || n.certificates || ' ' LIKE '% ' || s.certificate_kind || ' %' AND s.valid_from <= n.day
        AND n.day < COALESCE(s.valid_to, CAST('9999-12-31' AS DATE))
),

judged AS MATERIALIZED (
    SELECT
        a.*,
        CASE
            WHEN a.practitioner_id IS NULL THEN 'who_missing'
            WHEN k.is_known IS NULL THEN 'staff_unknown'
            WHEN v.is_valid IS NULL THEN 'certificate_invalid'
            ELSE ''
        END AS reason
    FROM asked AS a
    LEFT JOIN known AS k ON a.vendor_id = k.vendor_id AND a.practitioner_id = k.practitioner_id
    LEFT JOIN valid AS v
        ON a.vendor_id = v.vendor_id AND a.practitioner_id = v.practitioner_id AND a.day = v.day
        AND a.certificates = v.certificates
)

SELECT DISTINCT
    rule_id, point_id, vendor_id || '|' || practitioner_id || '|' || period AS subject_key, verdict, reason,
    certificates AS expected, practitioner_id AS actual, 'subject' AS role, 'service_order' AS row_kind,
    vendor_id || '|' || order_id AS row_id, CAST(0 AS BIGINT) AS amount_fen
FROM judged
WHERE reason = 'certificate_invalid'
UNION ALL
SELECT DISTINCT
    rule_id, point_id, vendor_id || '|' || period || '||' || practitioner_id, 'unknown', reason, '', practitioner_id,
    'subject', 'institution', vendor_id || '|' || period || '||' || practitioner_id, CAST(0 AS BIGINT)
FROM judged
WHERE reason = 'staff_unknown'
UNION ALL
SELECT
    rule_id, MIN(point_id), vendor_id || '|' || period || '||', 'unknown', 'who_missing', '', CAST(COUNT(*) AS VARCHAR),
    'subject', 'institution', vendor_id || '|' || period || '||', CAST(0 AS BIGINT)
FROM judged
WHERE reason = 'who_missing'
GROUP BY rule_id, vendor_id, period
