WITH versions AS (
    SELECT
        vendor_id, order_id, analyte, version, reported_on, digest, q_digest_changed, COALESCE(reason, '') AS told,
        LAG(version) OVER (PARTITION BY vendor_id, order_id, analyte ORDER BY version) AS version_before,
        LAG(digest) OVER (PARTITION BY vendor_id, order_id, analyte ORDER BY version) AS digest_before
    FROM result
),

altered AS (
    SELECT
        v.*, CASE WHEN COALESCE(q_digest_changed, FALSE) THEN 'digest_changed' ELSE 'no_reason' END AS reason
    FROM versions AS v
    WHERE
        COALESCE(q_digest_changed, FALSE)
        OR (version > 1 AND told = '' AND NOT COALESCE(digest = digest_before, FALSE))
),

hit AS MATERIALIZED (
    SELECT
        b.rule_id, b.point_id, b.verdict, a.reason, a.vendor_id || '|' || a.order_id AS subject_key,
        COALESCE(CAST(a.version_before AS VARCHAR), '') AS expected, CAST(a.version AS VARCHAR) AS actual,
        a.vendor_id || '|' || a.order_id || '|' || a.analyte || '|' AS stem
    FROM altered AS a
    INNER JOIN b_report_altered AS b ON a.reported_on >= b.valid_from AND a.reported_on < b.valid_to
)

SELECT
    rule_id, point_id, subject_key, verdict, reason, expected, actual, 'subject' AS role, 'result' AS row_kind,
    stem || actual AS row_id, CAST(0 AS BIGINT) AS amount_fen
FROM hit
UNION ALL
SELECT
    rule_id, point_id, subject_key, verdict, reason, expected, actual, 'other', 'result', stem || expected,
    CAST(0 AS BIGINT)
FROM hit
WHERE expected <> ''
