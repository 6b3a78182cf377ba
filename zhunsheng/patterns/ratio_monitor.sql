WITH counted AS MATERIALIZED (
    SELECT o.*, b.item_classes, b.item_head
    FROM outlier AS o
    INNER JOIN b_ratio_monitor AS b
        ON o.rule_id = b.rule_id AND o.point_id = b.point_id
        AND CAST(o.period || '-01' AS DATE) >= b.valid_from AND CAST(o.period || '-01' AS DATE) < b.valid_to
    WHERE o.verdict <> 'unknown'
)

SELECT
    c.rule_id, c.point_id, c.row_id AS subject_key, c.verdict, c.reason, c.expected, c.actual, 'other' AS role,
    'line' AS row_kind, l.line_id AS row_id, CAST(0 AS BIGINT) AS amount_fen
FROM counted AS c
INNER JOIN line AS l
    ON c.institution_id = l.institution_id AND c.period = SUBSTR(CAST(l.service_date AS VARCHAR), 1, 7)
WHERE
    STRPOS(' ' || c.item_classes || ' ', ' ' || l.item_class || ' ') > 0
    OR SUBSTR(l.item_code, 1, 6) = c.item_head
QUALIFY ROW_NUMBER() OVER (PARTITION BY c.rule_id, c.row_id ORDER BY l.amount_fen DESC, l.line_id) <= 20
