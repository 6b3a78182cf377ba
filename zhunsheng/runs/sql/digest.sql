SELECT SHA256(COALESCE(STRING_AGG(told, CHR(10) ORDER BY told), '')) AS digest
FROM (
    SELECT CONCAT_WS('|', 'f', finding_id, rule_id, verdict, subject_key, service_date, amount_fen, in_scope_fen) AS told
    FROM finding
    UNION ALL
    SELECT CONCAT_WS('|', 'r', finding_id, position, point_id, verdict, reason, expected, actual) FROM finding_reason
    UNION ALL
    SELECT CONCAT_WS('|', 'w', finding_id, position, role, row_kind, row_id, amount_fen) FROM finding_row
    UNION ALL
    SELECT CONCAT_WS('|', 's', rule_id, candidates, passed, violation, suspected, unknown, amount_fen) FROM rule_stat
) AS all_told
