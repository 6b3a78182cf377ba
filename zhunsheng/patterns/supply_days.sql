WITH o AS MATERIALIZED (
    SELECT
        m.order_id, m.person_id, m.encounter_id, m.institution_id, m.item_code, m.ordered_on, m.supply_days,
        COALESCE(e.visit_type, '') AS met, COALESCE(m.ordered_on = e.end_date, FALSE) AS on_last_day
    FROM medical_order AS m
    LEFT JOIN encounter AS e ON m.encounter_id = e.encounter_id AND m.person_id = e.person_id
    WHERE m.item_code IS NOT NULL
),

-- each limit stands under its kind of encounter and, for orders whose encounter is not on record, under none
k AS MATERIALIZED (
    SELECT b.*, b.visit_type AS met FROM b_supply_days AS b
    UNION ALL
    SELECT b.*, '' AS met FROM b_supply_days AS b
),

of_drug AS MATERIALIZED (
    SELECT o.*, k.rule_id, k.point_id, k.verdict, k.visit_type, k.max_days, k.ordered
    FROM o
    INNER JOIN k
        ON o.item_code = k.item_code AND o.met = k.met
        AND o.ordered_on >= k.valid_from AND o.ordered_on < k.valid_to
    WHERE o.met = '' OR k.ordered = 'any_day' OR o.on_last_day
),

-- what is named has a limit of its own, whether or not the order keeps to it
of_all AS (
    SELECT o.*, k.rule_id, k.point_id, k.verdict, k.visit_type, k.max_days, k.drug_classes
    FROM o
    INNER JOIN k ON o.met = k.met AND o.ordered_on >= k.valid_from AND o.ordered_on < k.valid_to
    WHERE
        k.item_code = '' AND (o.met = '' OR k.ordered = 'any_day' OR o.on_last_day)
        AND (o.supply_days IS NULL OR o.supply_days > k.max_days)
),

beyond AS (
    SELECT
        person_id, encounter_id, institution_id, item_code, ordered_on, supply_days, met, rule_id, point_id, verdict,
        visit_type, max_days, '' AS drug_classes
    FROM of_drug
    WHERE supply_days IS NULL OR supply_days > max_days
    UNION ALL
    SELECT
        a.person_id, a.encounter_id, a.institution_id, a.item_code, a.ordered_on, a.supply_days, a.met, a.rule_id,
        a.point_id, a.verdict, a.visit_type, a.max_days, a.drug_classes
    FROM of_all AS a
    LEFT JOIN of_drug AS d
        ON a.order_id = d.order_id AND a.rule_id = d.rule_id AND a.visit_type = d.visit_type
    WHERE d.order_id IS NULL
)

SELECT DISTINCT
    b.rule_id,
    b.point_id,
    l.line_id AS subject_key,
    CASE WHEN b.supply_days IS NULL OR b.met = '' THEN 'unknown' ELSE b.verdict END AS verdict,
    CASE
        WHEN b.supply_days IS NULL THEN 'days_missing'
        WHEN b.met = '' THEN 'encounter_missing'
        ELSE 'over_days'
    END AS reason,
    CAST(b.max_days AS VARCHAR) || ' ' || b.visit_type AS expected,
    COALESCE(CAST(b.supply_days AS VARCHAR), '') AS actual,
    'subject' AS role,
    'line' AS row_kind,
    l.line_id AS row_id,
    CASE
        WHEN b.supply_days IS NULL THEN l.amount_fen
        ELSE CAST(
            (2 * CAST(l.amount_fen AS HUGEINT) * (b.supply_days - b.max_days) + b.supply_days) // (2 * b.supply_days)
            AS BIGINT
        )
    END AS amount_fen
FROM beyond AS b
INNER JOIN line AS l
    ON b.encounter_id = l.encounter_id AND b.person_id = l.person_id AND b.institution_id = l.institution_id
    AND b.item_code = l.item_code AND b.ordered_on <= l.service_date
WHERE
    b.drug_classes = ''
    OR (l.item_class IS NULL AND b.supply_days IS NOT NULL)
    OR POSITION(' ' || l.item_class || ' ' IN ' ' || b.drug_classes || ' ') > 0
