WITH stated AS (
    SELECT
        s.settlement_id, s.encounter_id, s.person_id, s.settled_on, s.total_fen, s.invoice_code, s.invoice_number,
        b.rule_id, b.point_id, b.verdict, b.valid_from, b.valid_to,
        CASE WHEN b.compares = 'invoice_total' THEN s.total_fen ELSE CAST(0 AS BIGINT) END AS total
    FROM settlement AS s
    INNER JOIN encounter AS e ON s.encounter_id = e.encounter_id
    INNER JOIN b_dup_settlement AS b ON s.settled_on < b.valid_to
    WHERE s.invoice_code <> '' AND s.invoice_number <> ''
),

ordered AS (
    SELECT
        stated.*,
        ROW_NUMBER() OVER w AS place,
        FIRST_VALUE(settlement_id) OVER w AS first_id,
        FIRST_VALUE(encounter_id) OVER w AS first_encounter
    FROM stated
    WINDOW w AS (
        PARTITION BY rule_id, point_id, valid_from, person_id, invoice_code, invoice_number, total
        ORDER BY settled_on, settlement_id
    )
),

again AS MATERIALIZED (
    SELECT ordered.* FROM ordered WHERE place > 1 AND settled_on >= valid_from
)

SELECT
    rule_id, point_id, settlement_id AS subject_key, verdict, 'invoice_again' AS reason, first_id AS expected,
    invoice_code || ' ' || invoice_number AS actual, 'subject' AS role, 'encounter' AS row_kind,
    encounter_id AS row_id, total_fen AS amount_fen
FROM again
UNION ALL
SELECT
    rule_id, point_id, settlement_id, verdict, 'invoice_again', first_id, invoice_code || ' ' || invoice_number,
    'other', 'encounter', first_encounter, CAST(0 AS BIGINT)
FROM again
WHERE first_encounter <> encounter_id
