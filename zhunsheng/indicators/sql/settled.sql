SELECT
    s.settlement_id, s.encounter_id, s.person_id, s.institution_id, e.department_id, e.visit_type, e.insurance_kind,
    s.settled_on, s.total_fen, s.pooled_fen, s.copayment_fen, s.self_paid_fen, s.account_fen, s.cash_fen,
    s.invoice_number, s.q_parts_mismatch
FROM settlement AS s
LEFT JOIN encounter AS e ON s.encounter_id = e.encounter_id
WHERE s.currency IS NULL
