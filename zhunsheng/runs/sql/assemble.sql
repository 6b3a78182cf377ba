-- Hits become findings: worst verdict speaks, every reason is kept, each row counts once.

CREATE TEMP TABLE subject_row AS
SELECT
    rule_id,
    subject_key,
    SUBSTR(SHA256(rule_id || CHR(31) || subject_key), 1, 20) AS finding_id,
    MAX(role) AS role,
    row_kind,
    row_id,
    MAX(amount_fen) AS amount_fen
FROM hit
GROUP BY rule_id, subject_key, row_kind, row_id;

-- the few rows that findings name, read once; a join on a plain equality of kind and id, because a condition on one
-- side of an outer join makes the engine compare every row with every other
CREATE TEMP TABLE told AS
SELECT
    'line' AS row_kind, line_id AS row_id, person_id, institution_id, department_id, practitioner_id, encounter_id,
    item_code, item_name, service_date AS day, net_amount_fen, net_in_scope_fen
FROM charge_line
WHERE line_id IN (SELECT row_id FROM subject_row WHERE row_kind = 'line')
UNION ALL BY NAME
SELECT
    'encounter' AS row_kind, encounter_id AS row_id, person_id, institution_id, department_id, practitioner_id,
    encounter_id, start_date AS day
FROM encounter
WHERE encounter_id IN (SELECT row_id FROM subject_row WHERE row_kind = 'encounter')
UNION ALL BY NAME
SELECT 'stock_move' AS row_kind, move_id AS row_id, institution_id, item_code, moved_on AS day
FROM stock_move
WHERE move_id IN (SELECT row_id FROM subject_row WHERE row_kind = 'stock_move')
UNION ALL BY NAME
-- rows of a vendor, which is the institution of the finding: vendor|order, vendor|order|analyte|version, and of a control
SELECT
    'service_order' AS row_kind, vendor_id || '|' || order_id AS row_id, person_id, vendor_id AS institution_id, item_code,
    item_name, ordered_on AS day
FROM service_order
WHERE vendor_id || '|' || order_id IN (SELECT row_id FROM subject_row WHERE row_kind = 'service_order')
UNION ALL BY NAME
SELECT
    'result' AS row_kind, r.vendor_id || '|' || r.order_id || '|' || r.analyte || '|' || r.version AS row_id, r.person_id,
    r.vendor_id AS institution_id, r.item_code, o.item_name, r.reported_on AS day
FROM result AS r
LEFT JOIN service_order AS o ON r.vendor_id = o.vendor_id AND r.order_id = o.order_id
WHERE r.vendor_id || '|' || r.order_id || '|' || r.analyte || '|' || r.version IN (
    SELECT row_id FROM subject_row WHERE row_kind = 'result'
)
UNION ALL BY NAME
SELECT
    'qc_run' AS row_kind, vendor_id || '|' || device_id || '|' || analyte || '|' || level || '|' || run_id AS row_id,
    vendor_id AS institution_id, run_on AS day
FROM qc_run
WHERE vendor_id || '|' || device_id || '|' || analyte || '|' || level || '|' || run_id IN (
    SELECT row_id FROM subject_row WHERE row_kind = 'qc_run'
)
UNION ALL BY NAME
-- a subject that is a place and a period: institution|month|item|practitioner
SELECT
    p.row_kind, p.row_id, p.institution_id, p.practitioner_id, p.item_code, c.item_name,
    CAST(p.month || '-01' AS DATE) AS day
FROM (
    SELECT DISTINCT
        row_kind, row_id, SPLIT_PART(row_id, '|', 1) AS institution_id, SPLIT_PART(row_id, '|', 2) AS month,
        NULLIF(SPLIT_PART(row_id, '|', 3), '') AS item_code, NULLIF(SPLIT_PART(row_id, '|', 4), '') AS practitioner_id
    FROM subject_row
    WHERE row_kind IN ('institution', 'practitioner')
) AS p
LEFT JOIN (
    SELECT l.item_code, MIN(l.item_name) AS item_name
    FROM charge_line AS l
    SEMI JOIN (
        SELECT SPLIT_PART(row_id, '|', 3) AS item_code FROM subject_row WHERE row_kind = 'institution'
    ) AS s ON l.item_code = s.item_code
    GROUP BY l.item_code
) AS c ON p.item_code = c.item_code;

-- each row names its institution, so that readers of a part of the site meet their own rows only, and its encounter,
-- by which a page finds it without reading the whole table
CREATE TABLE finding_row AS
SELECT
    s.finding_id,
    ROW_NUMBER() OVER (PARTITION BY s.finding_id ORDER BY s.role DESC, s.row_kind, s.row_id) AS position,
    s.role,
    s.row_kind,
    s.row_id,
    s.amount_fen,
    t.institution_id,
    t.encounter_id
FROM subject_row AS s
LEFT JOIN told AS t ON s.row_kind = t.row_kind AND s.row_id = t.row_id
ORDER BY s.finding_id, position;

CREATE TABLE finding_reason AS
SELECT
    finding_id,
    ROW_NUMBER() OVER (PARTITION BY finding_id ORDER BY severity, point_id, reason, expected, actual) AS position,
    point_id,
    verdict,
    reason,
    expected,
    actual
FROM (
    SELECT DISTINCT
        SUBSTR(SHA256(rule_id || CHR(31) || subject_key), 1, 20) AS finding_id,
        point_id,
        verdict,
        reason,
        expected,
        actual,
        CASE verdict WHEN 'violation' THEN 0 WHEN 'suspected' THEN 1 ELSE 2 END AS severity
    FROM hit
) AS said
ORDER BY finding_id, position;

-- the row that names institution, department and day of a finding: the subject row with most at stake
CREATE TEMP TABLE main_row AS
SELECT finding_id, rule_id, subject_key, row_kind, row_id
FROM subject_row
WHERE role = 'subject'
QUALIFY ROW_NUMBER() OVER (PARTITION BY finding_id ORDER BY amount_fen DESC, row_id DESC) = 1;

CREATE TEMP TABLE total AS
SELECT
    s.finding_id,
    CAST(SUM(s.amount_fen) AS BIGINT) AS amount_fen,
    -- the share within policy scope, half up; unknown when a line does not state it
    CASE
        WHEN COUNT(*) FILTER (WHERE s.row_kind = 'line' AND s.amount_fen > 0 AND t.net_in_scope_fen IS NULL) > 0 THEN NULL
        WHEN COUNT(*) FILTER (WHERE s.row_kind <> 'line' AND s.amount_fen > 0) > 0 THEN NULL
        ELSE CAST(SUM(
            CASE
                WHEN t.net_amount_fen > 0
                    THEN (2 * CAST(t.net_in_scope_fen AS HUGEINT) * s.amount_fen + t.net_amount_fen)
                        // (2 * t.net_amount_fen)
                ELSE 0
            END
        ) AS BIGINT)
    END AS in_scope_fen,
    COUNT(*) AS rows
FROM subject_row AS s
LEFT JOIN told AS t ON s.row_kind = t.row_kind AND s.row_id = t.row_id
GROUP BY s.finding_id;

CREATE TEMP TABLE severity AS
SELECT
    finding_id,
    COUNT(*) AS reasons,
    MIN(CASE verdict WHEN 'violation' THEN 0 WHEN 'suspected' THEN 1 ELSE 2 END) AS rank
FROM finding_reason
GROUP BY finding_id;

CREATE TABLE finding AS
SELECT
    m.finding_id,
    m.rule_id,
    r.pattern,
    CASE v.rank WHEN 0 THEN 'violation' WHEN 1 THEN 'suspected' ELSE 'unknown' END AS verdict,
    m.subject_key,
    CASE WHEN p.finding_id IS NULL THEN 'new' ELSE 'same' END AS state,
    t.person_id,
    t.institution_id,
    t.department_id,
    t.practitioner_id,
    t.encounter_id,
    t.item_code,
    t.item_name,
    t.day AS service_date,
    STRFTIME(t.day, '%Y-%m') AS month,
    total.amount_fen,
    total.in_scope_fen,
    v.reasons,
    total.rows
FROM main_row AS m
INNER JOIN rule AS r ON m.rule_id = r.rule_id
INNER JOIN total ON m.finding_id = total.finding_id
INNER JOIN severity AS v ON m.finding_id = v.finding_id
LEFT JOIN told AS t ON m.row_kind = t.row_kind AND m.row_id = t.row_id
LEFT JOIN previous_finding AS p ON m.finding_id = p.finding_id
ORDER BY m.finding_id;

-- one subject, one finding: a second of the same identity would count everything twice
ALTER TABLE finding ADD PRIMARY KEY (finding_id);

CREATE TABLE gone_finding AS
SELECT p.* FROM previous_finding AS p
LEFT JOIN finding AS f ON p.finding_id = f.finding_id
WHERE f.finding_id IS NULL
ORDER BY p.finding_id;
