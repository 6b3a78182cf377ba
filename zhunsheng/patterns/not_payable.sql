WITH c AS MATERIALIZED (
    SELECT
        l.line_id, l.encounter_id, l.person_id, l.service_date, l.item_code, l.amount_fen, l.in_scope_fen,
        LEFT(l.item_code, 1) AS family, b.rule_id, b.point_id, b.verdict, b.refused
    FROM line AS l
    INNER JOIN b_not_payable AS b
        ON l.item_code = b.item_code AND l.service_date >= b.valid_from AND l.service_date < b.valid_to
),

-- a prescription: what of one kind (first letter of the code) an encounter was charged on one day
prescription AS (
    SELECT DISTINCT rule_id, family, person_id, encounter_id, service_date
    FROM c
    WHERE refused = 'alone'
),

piece AS (
    SELECT DISTINCT p.rule_id, p.family, p.person_id, p.encounter_id, p.service_date, l.item_code
    FROM prescription AS p
    INNER JOIN line AS l
        ON p.person_id = l.person_id AND p.encounter_id = l.encounter_id AND p.service_date = l.service_date
        AND p.family = LEFT(l.item_code, 1)
),

listed AS (
    SELECT DISTINCT rule_id, person_id, encounter_id, service_date, item_code FROM c WHERE refused = 'alone'
),

whole AS (
    SELECT
        piece.rule_id, piece.family, piece.person_id, piece.encounter_id, piece.service_date,
        COUNT(*) AS pieces, COUNT(listed.item_code) AS of_list
    FROM piece
    LEFT JOIN listed
        ON piece.rule_id = listed.rule_id AND piece.person_id = listed.person_id
        AND piece.encounter_id = listed.encounter_id AND piece.service_date = listed.service_date
        AND piece.item_code = listed.item_code
    GROUP BY piece.rule_id, piece.family, piece.person_id, piece.encounter_id, piece.service_date
),

judged AS (
    SELECT
        c.rule_id, c.point_id, c.verdict, c.line_id, c.amount_fen, c.in_scope_fen, c.refused,
        COALESCE(whole.pieces, 0) AS pieces
    FROM c
    LEFT JOIN whole
        ON c.rule_id = whole.rule_id AND c.family = whole.family AND c.person_id = whole.person_id
        AND c.encounter_id = whole.encounter_id AND c.service_date = whole.service_date
    WHERE
        (c.in_scope_fen IS NULL OR c.in_scope_fen <> 0)
        AND (c.refused = 'always' OR COALESCE(whole.pieces, 0) = COALESCE(whole.of_list, 0))
)

SELECT
    rule_id,
    point_id,
    line_id AS subject_key,
    CASE WHEN in_scope_fen IS NULL THEN 'unknown' ELSE verdict END AS verdict,
    CASE WHEN in_scope_fen IS NULL THEN 'scope_missing' WHEN refused = 'alone' THEN 'paid_alone' ELSE 'paid' END
        AS reason,
    CASE WHEN refused = 'alone' THEN CAST(pieces AS VARCHAR) ELSE '' END AS expected,
    COALESCE(CAST(in_scope_fen AS VARCHAR), '') AS actual,
    'subject' AS role,
    'line' AS row_kind,
    line_id AS row_id,
    amount_fen
FROM judged
