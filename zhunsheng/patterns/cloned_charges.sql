WITH flagged AS MATERIALIZED (
    SELECT
        m.rule_id, m.point_id, m.institution_id, m.period, b.verdict, b.min_people, b.min_lines,
        m.institution_id || '|' || m.period || '||' AS place
    FROM measure AS m
    INNER JOIN b_cloned_charges AS b
        ON m.rule_id = b.rule_id AND m.point_id = b.point_id
        AND CAST(m.period || '-01' AS DATE) >= b.valid_from AND CAST(m.period || '-01' AS DATE) < b.valid_to
    WHERE m.numerator > 0
),

suspect AS MATERIALIZED (SELECT DISTINCT institution_id FROM flagged),

-- sums alone first, as in the measure: what else a sheet holds is read of those only that agree in them
brief AS (
    SELECT
        l.institution_id, l.encounter_id, l.person_id, MIN(l.service_date) AS first_day, COUNT(*) AS lines,
        CAST(SUM(l.amount_fen) AS BIGINT) AS fen, CAST(SUM(l.quantity_e4) AS BIGINT) AS quantity_e4
    FROM line AS l
    INNER JOIN suspect ON l.institution_id = suspect.institution_id
    GROUP BY l.institution_id, l.encounter_id, l.person_id
    HAVING COUNT(*) >= (SELECT MIN(min_lines) FROM flagged)
),

long_sheet AS MATERIALIZED (
    SELECT f.place, f.rule_id, f.min_people, brief.*, SUBSTR(CAST(brief.first_day AS VARCHAR), 1, 7) AS period
    FROM brief
    INNER JOIN flagged AS f
        ON brief.institution_id = f.institution_id AND SUBSTR(CAST(brief.first_day AS VARCHAR), 1, 7) = f.period
    WHERE brief.lines >= f.min_lines
),

even AS (
    SELECT rule_id, place, lines, fen, quantity_e4
    FROM long_sheet
    GROUP BY rule_id, place, lines, fen, quantity_e4, min_people
    HAVING COUNT(DISTINCT person_id) >= min_people
),

near AS MATERIALIZED (
    SELECT DISTINCT s.institution_id, s.encounter_id, s.person_id, s.period, s.lines, s.fen, s.quantity_e4
    FROM long_sheet AS s
    INNER JOIN even AS e
        ON s.rule_id = e.rule_id AND s.place = e.place AND s.lines = e.lines AND s.fen = e.fen
        AND s.quantity_e4 = e.quantity_e4
),

sheet AS MATERIALIZED (
    SELECT
        n.institution_id, n.encounter_id, n.person_id, n.period, n.lines, n.fen, n.quantity_e4,
        COUNT(DISTINCT l.item_code) AS kinds,
        CAST(SUM(CAST(l.amount_fen AS HUGEINT) * l.amount_fen) AS VARCHAR) AS squares,
        MIN(l.item_code) AS first_item, MAX(l.item_code) AS last_item
    FROM near AS n
    INNER JOIN line AS l
        ON n.institution_id = l.institution_id AND n.encounter_id = l.encounter_id AND n.person_id = l.person_id
    GROUP BY n.institution_id, n.encounter_id, n.person_id, n.period, n.lines, n.fen, n.quantity_e4
),

said AS MATERIALIZED (
    SELECT
        f.rule_id, f.point_id, f.verdict, f.place, f.min_people, f.min_lines, sheet.encounter_id, sheet.person_id,
        sheet.lines, sheet.fen,
        CONCAT_WS(
            '|', sheet.lines, sheet.kinds, sheet.fen, sheet.squares, sheet.quantity_e4, sheet.first_item, sheet.last_item
        ) AS face
    FROM flagged AS f
    INNER JOIN sheet ON f.institution_id = sheet.institution_id AND f.period = sheet.period
    WHERE sheet.lines >= f.min_lines
),

alike AS MATERIALIZED (
    SELECT
        rule_id, point_id, verdict, place, face, place || face AS subject_key,
        CAST(MAX(min_people) AS VARCHAR) AS expected,
        CONCAT_WS(' ', COUNT(DISTINCT person_id), MAX(lines), MAX(fen)) AS actual
    FROM said
    GROUP BY rule_id, point_id, verdict, place, face
    HAVING COUNT(DISTINCT person_id) >= MAX(min_people)
),

named AS (
    SELECT s.rule_id, s.place, s.face, s.encounter_id
    FROM said AS s
    INNER JOIN alike AS a ON s.rule_id = a.rule_id AND s.place = a.place AND s.face = a.face
    QUALIFY ROW_NUMBER() OVER (PARTITION BY s.rule_id, s.place, s.face ORDER BY s.encounter_id) <= 20
)

SELECT
    rule_id, point_id, subject_key, verdict, 'alike' AS reason, expected, actual, 'subject' AS role,
    'institution' AS row_kind, place AS row_id, CAST(0 AS BIGINT) AS amount_fen
FROM alike
UNION ALL
SELECT
    a.rule_id, a.point_id, a.subject_key, a.verdict, 'alike', a.expected, a.actual, 'other', 'encounter',
    n.encounter_id, CAST(0 AS BIGINT)
FROM alike AS a
INNER JOIN named AS n ON a.rule_id = n.rule_id AND a.place = n.place AND a.face = n.face
