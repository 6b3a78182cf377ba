WITH bought AS MATERIALIZED (
    SELECT o.rule_id, o.row_id, l.line_id, l.quantity_e4
    FROM outlier AS o
    INNER JOIN b_resale_prone AS b ON o.rule_id = b.rule_id
    INNER JOIN line AS l
        ON o.institution_id = l.institution_id AND b.item_code = l.item_code
        AND o.period = SUBSTR(CAST(l.service_date AS VARCHAR), 1, 7)
    WHERE
        o.verdict <> 'unknown'
        AND CAST(o.period || '-01' AS DATE) >= b.valid_from AND CAST(o.period || '-01' AS DATE) < b.valid_to
    QUALIFY ROW_NUMBER() OVER (PARTITION BY o.rule_id, o.row_id ORDER BY l.quantity_e4 DESC, l.line_id) <= 20
)

SELECT
    o.rule_id, o.point_id, o.row_id AS subject_key, o.verdict, o.reason, o.expected, o.actual, 'other' AS role,
    'line' AS row_kind, bought.line_id AS row_id, CAST(0 AS BIGINT) AS amount_fen
FROM outlier AS o
INNER JOIN bought ON o.rule_id = bought.rule_id AND o.row_id = bought.row_id
