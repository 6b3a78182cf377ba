SELECT
    p.encounter_id, e.person_id, e.institution_id, e.department_id, e.visit_type, e.insurance_kind, e.start_date,
    p.sequence, p.code, p.name, p.performed_on, p.practitioner_id
FROM procedure AS p
INNER JOIN encounter AS e ON p.encounter_id = e.encounter_id
