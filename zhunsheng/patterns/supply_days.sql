WITH long AS MATERIALIZED (
    SELECT o.encounter_id, o.item_code, e.visit_type, MAX(o.supply_days) AS days
    FROM medical_order AS o
    INNER JOIN encounter AS e ON o.encounter_id = e.encounter_id
    INNER JOIN (SELECT visit_type, MIN(max_days) AS least FROM b_supply_days GROUP BY visit_type) AS b
        ON e.visit_type = b.visit_type
    WHERE o.item_code IS NOT NULL AND o.supply_days > b.least
    GROUP BY o.encounter_id, o.item_code, e.visit_type
)

SELECT
    b.rule_id,
    b.point_id,
    l.line_id AS subject_key,
    b.verdict,
    'supply_over' AS reason,
    CAST(b.max_days AS VARCHAR) AS expected,
    CAST(long.days AS VARCHAR) AS actual,
    'subject' AS role,
    'line' AS row_kind,
    l.line_id AS row_id,
    l.amount_fen
FROM long
INNER JOIN line AS l ON long.encounter_id = l.encounter_id AND long.item_code = l.item_code
INNER JOIN b_supply_days AS b ON long.visit_type = b.visit_type
WHERE long.days > b.max_days AND l.service_date >= b.valid_from AND l.service_date < b.valid_to
