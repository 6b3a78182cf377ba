-- The group within which an institution is compared, as registered: one kind and one level. Hospitals and township
-- centres without a level have no group; village clinics and pharmacies need none.
SELECT
    institution_id,
    CASE
        WHEN kind IN ('village_clinic', 'pharmacy') THEN kind
        WHEN level IS NULL THEN ''
        ELSE kind || '/' || level
    END AS peer_group,
    valid_from,
    valid_to
FROM institution_registration
