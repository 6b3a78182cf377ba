SELECT
    r.vendor_id, r.order_id, r.reviewed_on, r.practitioner_id, r.concordant, r.weight, o.service_kind, o.institution_id
FROM second_reading AS r
LEFT JOIN service_order AS o ON r.vendor_id = o.vendor_id AND r.order_id = o.order_id
