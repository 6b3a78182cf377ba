WITH sheet AS MATERIALIZED (
    SELECT
        institution_id, encounter_id, person_id, MIN(service_date) AS first_day, COUNT(*) AS lines,
        COUNT(DISTINCT item_code) AS kinds, CAST(SUM(amount_fen) AS BIGINT) AS fen,
        CAST(SUM(CAST(amount_fen AS HUGEINT) * amount_fen) AS VARCHAR) AS squares,
        CAST(SUM(quantity_e4) AS BIGINT) AS quantity_e4, MIN(item_code) AS first_item, MAX(item_code) AS last_item
    FROM line
    GROUP BY institution_id, encounter_id, person_id
),

long_sheet AS (
    SELECT b.rule_id, b.point_id, b.min_people, SUBSTR(CAST(sheet.first_day AS VARCHAR), 1, 7) AS period, sheet.*
    FROM sheet
    INNER JOIN b_cloned_charges AS b
        ON CAST(SUBSTR(CAST(sheet.first_day AS VARCHAR), 1, 7) || '-01' AS DATE) >= b.valid_from
        AND CAST(SUBSTR(CAST(sheet.first_day AS VARCHAR), 1, 7) || '-01' AS DATE) < b.valid_to
    WHERE sheet.lines >= b.min_lines
),

alike AS (
    SELECT
        rule_id, point_id, min_people, institution_id, period, COUNT(DISTINCT person_id) AS people, COUNT(*) AS sheets
    FROM long_sheet
    GROUP BY
        rule_id, point_id, min_people, institution_id, period, lines, kinds, fen, squares, quantity_e4, first_item,
        last_item
)

SELECT
    a.rule_id, a.point_id, 'institution' AS subject_kind, a.institution_id AS subject_id, a.institution_id, a.period,
    '' AS item_code, COALESCE(MAX(peer.peer_group), '') AS peer_group,
    CAST(SUM(CASE WHEN a.people >= a.min_people THEN a.sheets ELSE 0 END) AS BIGINT) AS numerator,
    CAST(SUM(a.sheets) AS BIGINT) AS denominator, CAST(SUM(a.sheets) AS BIGINT) AS weight, '' AS gap
FROM alike AS a
LEFT JOIN peer
    ON a.institution_id = peer.institution_id
    AND CAST(a.period || '-01' AS DATE) >= peer.valid_from AND CAST(a.period || '-01' AS DATE) < peer.valid_to
GROUP BY a.rule_id, a.point_id, a.institution_id, a.period
