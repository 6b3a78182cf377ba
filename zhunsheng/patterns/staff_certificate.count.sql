SELECT b.rule_id, COUNT(*) AS candidates
FROM service_event AS e
INNER JOIN service_order AS o ON e.vendor_id = o.vendor_id AND e.order_id = o.order_id
INNER JOIN b_staff_certificate AS b
    ON o.service_kind = b.service_kind AND e.node = b.node AND e.happened_on >= b.valid_from
    AND e.happened_on < b.valid_to
GROUP BY b.rule_id
