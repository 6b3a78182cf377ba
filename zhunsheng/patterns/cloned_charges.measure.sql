-- long sheets by a count alone, then sums: sheets that differ in them are not alike, and what else they hold is read of
-- the few that agree
WITH long AS (
    SELECT encounter_id
    FROM line
    GROUP BY encounter_id
    HAVING COUNT(*) >= (SELECT MIN(min_lines) FROM b_cloned_charges)
),

sheet AS MATERIALIZED (
    SELECT
        l.institution_id, l.encounter_id, l.person_id, MIN(l.service_date) AS first_day, COUNT(*) AS lines,
        CAST(SUM(l.amount_fen) AS BIGINT) AS fen, CAST(SUM(l.quantity_e4) AS BIGINT) AS quantity_e4
    FROM line AS l
    INNER JOIN long ON l.encounter_id = long.encounter_id
    GROUP BY l.institution_id, l.encounter_id, l.person_id
    HAVING COUNT(*) >= (SELECT MIN(min_lines) FROM b_cloned_charges)
),

long_sheet AS MATERIALIZED (
    SELECT b.rule_id, b.point_id, b.min_people, SUBSTR(CAST(sheet.first_day AS VARCHAR), 1, 7) AS period, sheet.*
    FROM sheet
    INNER JOIN b_cloned_charges AS b
        ON CAST(SUBSTR(CAST(sheet.first_day AS VARCHAR), 1, 7) || '-01' AS DATE) >= b.valid_from
        AND CAST(SUBSTR(CAST(sheet.first_day AS VARCHAR), 1, 7) || '-01' AS DATE) < b.valid_to
    WHERE sheet.lines >= b.min_lines
),

even AS (
    SELECT rule_id, point_id, institution_id, period, lines, fen, quantity_e4
    FROM long_sheet
    GROUP BY rule_id, point_id, institution_id, period, lines, fen, quantity_e4, min_people
    HAVING COUNT(DISTINCT person_id) >= min_people
),

near AS MATERIALIZED (
    SELECT s.*
    FROM long_sheet AS s
    INNER JOIN even AS e
        ON s.rule_id = e.rule_id AND s.point_id = e.point_id AND s.institution_id = e.institution_id
        AND s.period = e.period AND s.lines = e.lines AND s.fen = e.fen AND s.quantity_e4 = e.quantity_e4
),

inside AS (
    SELECT
        l.institution_id, l.encounter_id, l.person_id, COUNT(DISTINCT l.item_code) AS kinds,
        CAST(SUM(CAST(l.amount_fen AS HUGEINT) * l.amount_fen) AS VARCHAR) AS squares,
        MIN(l.item_code) AS first_item, MAX(l.item_code) AS last_item
    FROM line AS l
    INNER JOIN (SELECT DISTINCT institution_id, encounter_id, person_id FROM near) AS n
        ON l.institution_id = n.institution_id AND l.encounter_id = n.encounter_id AND l.person_id = n.person_id
    GROUP BY l.institution_id, l.encounter_id, l.person_id
),

alike AS (
    SELECT n.rule_id, n.point_id, n.institution_id, n.period, COUNT(*) AS sheets
    FROM near AS n
    INNER JOIN inside AS i
        ON n.institution_id = i.institution_id AND n.encounter_id = i.encounter_id AND n.person_id = i.person_id
    GROUP BY
        n.rule_id, n.point_id, n.min_people, n.institution_id, n.period, n.lines, n.fen, n.quantity_e4, i.kinds,
        i.squares, i.first_item, i.last_item
    HAVING COUNT(DISTINCT n.person_id) >= n.min_people
),

cloned AS (
    SELECT rule_id, point_id, institution_id, period, CAST(SUM(sheets) AS BIGINT) AS sheets
    FROM alike
    GROUP BY rule_id, point_id, institution_id, period
),

total AS (
    SELECT rule_id, point_id, institution_id, period, COUNT(*) AS sheets
    FROM long_sheet
    GROUP BY rule_id, point_id, institution_id, period
)

SELECT
    t.rule_id, t.point_id, 'institution' AS subject_kind, t.institution_id AS subject_id, t.institution_id, t.period,
    '' AS item_code, COALESCE(peer.peer_group, '') AS peer_group, COALESCE(c.sheets, 0) AS numerator,
    t.sheets AS denominator, t.sheets AS weight, '' AS gap
FROM total AS t
LEFT JOIN cloned AS c
    ON t.rule_id = c.rule_id AND t.point_id = c.point_id AND t.institution_id = c.institution_id AND t.period = c.period
LEFT JOIN peer
    ON t.institution_id = peer.institution_id
    AND CAST(t.period || '-01' AS DATE) >= peer.valid_from AND CAST(t.period || '-01' AS DATE) < peer.valid_to
