SELECT
    d.encounter_id, e.person_id, e.institution_id, e.department_id, e.visit_type, e.insurance_kind, e.start_date,
    d.sequence, d.code, d.name, d.is_principal, d.present_on_admission
FROM diagnosis AS d
INNER JOIN encounter AS e ON d.encounter_id = e.encounter_id
