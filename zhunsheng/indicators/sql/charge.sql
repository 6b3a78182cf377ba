SELECT
    l.line_id, l.encounter_id, l.person_id, l.institution_id, l.department_id, l.practitioner_id, e.visit_type,
    e.insurance_kind, l.item_code, l.item_class, l.service_date, l.net_amount_fen AS amount_fen,
    l.net_in_scope_fen AS in_scope_fen, l.service_at
FROM charge_line AS l
LEFT JOIN encounter AS e ON l.encounter_id = e.encounter_id
WHERE l.net_quantity_e4 > 0 AND l.currency IS NULL
