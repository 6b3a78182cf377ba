WITH o AS (
    SELECT
        m.person_id, m.encounter_id, m.institution_id, m.item_code, m.ordered_on, m.supply_days,
        COALESCE(e.visit_type, '') AS met, COALESCE(m.ordered_on = e.end_date, FALSE) AS on_last_day
    FROM medical_order AS m
    LEFT JOIN encounter AS e ON m.encounter_id = e.encounter_id AND m.person_id = e.person_id
    WHERE m.item_code IS NOT NULL
),

k AS (
    SELECT b.*, b.visit_type AS met FROM b_supply_days AS b
    UNION ALL
    SELECT b.*, '' AS met FROM b_supply_days AS b
),

limited AS (
    SELECT o.*, k.rule_id, '' AS drug_classes
    FROM o
    INNER JOIN k
        ON o.item_code = k.item_code AND o.met = k.met
        AND o.ordered_on >= k.valid_from AND o.ordered_on < k.valid_to
    WHERE o.met = '' OR k.ordered = 'any_day' OR o.on_last_day
    UNION ALL
    SELECT o.*, k.rule_id, k.drug_classes
    FROM o
    INNER JOIN k ON o.met = k.met AND o.ordered_on >= k.valid_from AND o.ordered_on < k.valid_to
    WHERE k.item_code = '' AND (o.met = '' OR k.ordered = 'any_day' OR o.on_last_day)
)

SELECT b.rule_id, COUNT(DISTINCT l.line_id) AS candidates
FROM limited AS b
INNER JOIN line AS l
    ON b.encounter_id = l.encounter_id AND b.person_id = l.person_id AND b.institution_id = l.institution_id
    AND b.item_code = l.item_code AND b.ordered_on <= l.service_date
WHERE
    b.drug_classes = ''
    OR (l.item_class IS NULL AND b.supply_days IS NOT NULL)
    OR POSITION(' ' || l.item_class || ' ' IN ' ' || b.drug_classes || ' ') > 0
GROUP BY b.rule_id
