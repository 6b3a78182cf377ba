WITH differing AS (
    SELECT DISTINCT o.rule_id, o.point_id, o.row_id AS place, o.verdict, o.reason, o.expected, o.actual,
        r.vendor_id || '|' || r.order_id AS row_id
    FROM outlier AS o
    INNER JOIN second_reading AS r
        ON o.institution_id = r.vendor_id AND o.period = SUBSTR(CAST(r.reviewed_on AS VARCHAR), 1, 7)
    WHERE NOT r.concordant
),

named AS (
    SELECT * FROM differing
    QUALIFY ROW_NUMBER() OVER (PARTITION BY rule_id, place ORDER BY row_id) <= 20
)

SELECT
    rule_id, point_id, place AS subject_key, verdict, reason, expected, actual, 'other' AS role,
    'service_order' AS row_kind, row_id, CAST(0 AS BIGINT) AS amount_fen
FROM named
