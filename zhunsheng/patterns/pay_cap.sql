-- rows that differ in item, point, verdict and end alone state one limit
WITH k AS MATERIALIZED (
    SELECT b.*, DENSE_RANK() OVER (ORDER BY rule_id, item_group, valid_from, cap_fen, period) AS limit_no
    FROM b_pay_cap AS b
),

named AS (
    SELECT
        l.line_id, l.person_id, l.institution_id, l.service_date, COALESCE(l.service_at, 0) AS service_at,
        l.amount_fen, l.in_scope_fen, k.limit_no, k.rule_id, k.item_group, k.cap_fen, k.point_id, k.verdict,
        CASE
            WHEN k.period = 'day' THEN CAST(l.service_date AS VARCHAR)
            WHEN k.period = 'encounter' THEN l.encounter_id
            ELSE CAST(EXTRACT(YEAR FROM l.service_date) AS VARCHAR)
        END AS slot
    FROM line AS l
    INNER JOIN k ON l.item_code = k.item_code AND l.service_date >= k.valid_from AND l.service_date < k.valid_to
),

c AS MATERIALIZED (
    SELECT
        line_id, person_id, institution_id, service_date, service_at, amount_fen, in_scope_fen, limit_no, rule_id,
        item_group, cap_fen, slot, MIN(point_id) AS point_id, MIN(verdict) AS verdict
    FROM named
    GROUP BY
        line_id, person_id, institution_id, service_date, service_at, amount_fen, in_scope_fen, limit_no, rule_id,
        item_group, cap_fen, slot
),

totals AS (
    SELECT
        limit_no, person_id, slot,
        CAST(COALESCE(SUM(in_scope_fen), 0) AS BIGINT) AS known_fen,
        CASE WHEN COALESCE(SUM(in_scope_fen), 0) > cap_fen THEN 1 ELSE 0 END AS is_over
    FROM c
    GROUP BY limit_no, person_id, slot, cap_fen
    HAVING
        COALESCE(SUM(in_scope_fen), 0) > cap_fen
        OR (COUNT(in_scope_fen) < COUNT(*) AND SUM(COALESCE(in_scope_fen, amount_fen)) > cap_fen)
),

running AS (
    SELECT
        c.*,
        t.known_fen,
        t.is_over,
        CAST(SUM(COALESCE(c.in_scope_fen, 0)) OVER (
            PARTITION BY c.limit_no, c.person_id, c.slot
            ORDER BY c.service_date, c.service_at, c.line_id
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS BIGINT) AS so_far_fen
    FROM c
    INNER JOIN totals AS t ON c.limit_no = t.limit_no AND c.person_id = t.person_id AND c.slot = t.slot
),

excess AS (
    SELECT running.*, LEAST(COALESCE(in_scope_fen, 0), GREATEST(0, so_far_fen - cap_fen)) AS excess_fen
    FROM running
),

-- at stake is the part of a line whose share in scope is the excess; what is not stated is at stake as a whole
staked AS MATERIALIZED (
    SELECT
        excess.*,
        CASE WHEN is_over = 1 AND excess_fen > 0 THEN 1 WHEN is_over = 0 AND in_scope_fen IS NULL THEN 1 ELSE 0 END
            AS at_stake,
        CASE
            WHEN is_over = 1 AND excess_fen > 0
                THEN (2 * amount_fen * excess_fen + in_scope_fen) // (2 * in_scope_fen)
            WHEN is_over = 0 AND in_scope_fen IS NULL THEN amount_fen
            ELSE 0
        END AS stake_fen
    FROM excess
),

-- one subject per institution: nobody answers for a line that another institution charged
answering AS (
    SELECT DISTINCT limit_no, person_id, slot, institution_id
    FROM staked
    WHERE at_stake = 1
)

SELECT
    h.rule_id,
    h.point_id,
    h.person_id || '|' || h.item_group || '|' || h.slot || '|' || a.institution_id AS subject_key,
    CASE WHEN h.is_over = 1 THEN h.verdict ELSE 'unknown' END AS verdict,
    CASE WHEN h.is_over = 1 THEN 'over_pay_cap' ELSE 'scope_missing' END AS reason,
    CAST(h.cap_fen AS VARCHAR) AS expected,
    CAST(h.known_fen AS VARCHAR) AS actual,
    CASE WHEN h.at_stake = 1 AND h.institution_id = a.institution_id THEN 'subject' ELSE 'other' END AS role,
    'line' AS row_kind,
    h.line_id AS row_id,
    CASE WHEN h.at_stake = 1 AND h.institution_id = a.institution_id THEN CAST(h.stake_fen AS BIGINT) ELSE 0 END
        AS amount_fen
FROM staked AS h
INNER JOIN answering AS a ON h.limit_no = a.limit_no AND h.person_id = a.person_id AND h.slot = a.slot
