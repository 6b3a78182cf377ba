-- rows that differ in part, point, verdict and end alone state one limit
WITH k AS MATERIALIZED (
    SELECT
        b.*,
        DENSE_RANK() OVER (
            ORDER BY rule_id, bundle_code, bundle_name, valid_from, min_parts, counts, time_window, bundle_price_fen
        ) AS limit_no
    FROM b_bundle_split AS b
),

one_limit AS (
    SELECT DISTINCT
        limit_no, rule_id, bundle_code, bundle_name, min_parts, counts, bundle_price_fen
    FROM k
),

named AS (
    SELECT
        l.line_id, l.person_id, l.institution_id, l.item_code, l.service_date,
        COALESCE(l.service_at, 0) AS service_at, l.quantity_e4, l.amount_fen, k.limit_no, k.point_id, k.verdict,
        CASE
            WHEN k.time_window = 'day' THEN 'day ' || CAST(l.service_date AS VARCHAR)
            ELSE 'encounter ' || l.encounter_id
        END AS slot
    FROM line AS l
    INNER JOIN k ON l.item_code = k.part_code AND l.service_date >= k.valid_from AND l.service_date < k.valid_to
),

c AS MATERIALIZED (
    SELECT
        line_id, person_id, institution_id, item_code, service_date, service_at, quantity_e4, amount_fen, limit_no, slot,
        MIN(point_id) AS point_id, MIN(verdict) AS verdict
    FROM named
    GROUP BY
        line_id, person_id, institution_id, item_code, service_date, service_at, quantity_e4, amount_fen, limit_no, slot
),

whole AS MATERIALIZED (
    SELECT l.person_id, l.institution_id, l.encounter_id, l.service_date, l.item_code
    FROM line AS l
    INNER JOIN (SELECT DISTINCT bundle_code FROM b_bundle_split) AS d ON l.item_code = d.bundle_code
),

whole_slot AS (
    SELECT DISTINCT person_id, institution_id, item_code, 'day ' || CAST(service_date AS VARCHAR) AS slot FROM whole
    UNION ALL
    SELECT DISTINCT person_id, institution_id, item_code, 'encounter ' || encounter_id FROM whole
),

sized AS (
    SELECT
        limit_no, person_id, institution_id, slot,
        COUNT(DISTINCT item_code) AS items, CAST(SUM(quantity_e4) AS BIGINT) AS units_e4,
        CAST(SUM(amount_fen) AS BIGINT) AS amount_fen
    FROM c
    GROUP BY limit_no, person_id, institution_id, slot
),

split AS (
    SELECT
        c.limit_no, c.person_id, c.institution_id, c.slot,
        CASE WHEN o.counts = 'units' THEN c.units_e4 ELSE c.items END AS parts
    FROM sized AS c
    INNER JOIN one_limit AS o ON c.limit_no = o.limit_no
    LEFT JOIN whole_slot AS w
        ON c.person_id = w.person_id AND c.institution_id = w.institution_id AND c.slot = w.slot
        AND o.bundle_code = w.item_code
    WHERE w.item_code IS NULL AND c.amount_fen > o.bundle_price_fen
        AND CASE WHEN o.counts = 'units' THEN c.units_e4 ELSE c.items * 10000 END >= o.min_parts * 10000
),

running AS (
    SELECT
        c.*,
        split.parts,
        CAST(SUM(c.amount_fen) OVER (
            PARTITION BY c.limit_no, c.person_id, c.institution_id, c.slot
            ORDER BY c.service_date, c.service_at, c.line_id
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS BIGINT) AS so_far_fen
    FROM c
    INNER JOIN split
        ON c.limit_no = split.limit_no AND c.person_id = split.person_id
        AND c.institution_id = split.institution_id AND c.slot = split.slot
)

SELECT
    o.rule_id,
    r.point_id,
    r.person_id || '|' || o.bundle_code || '|' || r.slot || '|' || r.institution_id AS subject_key,
    r.verdict,
    CASE WHEN o.counts = 'units' THEN 'charged_by_unit' ELSE 'charged_in_parts' END AS reason,
    o.bundle_name AS expected,
    CAST(r.parts AS VARCHAR) AS actual,
    CASE WHEN LEAST(r.amount_fen, r.so_far_fen - o.bundle_price_fen) > 0 THEN 'subject' ELSE 'other' END AS role,
    'line' AS row_kind,
    r.line_id AS row_id,
    GREATEST(0, LEAST(r.amount_fen, r.so_far_fen - o.bundle_price_fen)) AS amount_fen
FROM running AS r
INNER JOIN one_limit AS o ON r.limit_no = o.limit_no
