WITH contact_sum AS (
    SELECT
        institution_id, EXTRACT(YEAR FROM service_date) * 12 + EXTRACT(MONTH FROM service_date) AS number,
        encounter_id, MIN(service_date) AS some_day, CAST(SUM(amount_fen) AS HUGEINT) AS fen
    FROM line
    GROUP BY institution_id, number, encounter_id
),

monthly AS MATERIALIZED (
    SELECT
        institution_id, number, SUBSTR(CAST(MIN(some_day) AS VARCHAR), 1, 7) AS period, COUNT(*) AS contacts,
        SUM(fen) AS fen, SUM(fen * fen) AS squares
    FROM contact_sum
    WHERE fen > 0
    GROUP BY institution_id, number
),

grown AS (
    SELECT
        b.rule_id, b.point_id, b.months, b.basis, cur.institution_id, cur.period,
        MAX(cur.contacts) AS contacts, MAX(cur.fen) AS fen, MAX(cur.squares) AS squares,
        SUM(prior.contacts) AS contacts_then, SUM(prior.fen) AS fen_then, SUM(prior.squares) AS squares_then
    FROM monthly AS cur
    INNER JOIN b_sudden_growth AS b
        ON CAST(cur.period || '-01' AS DATE) >= b.valid_from AND CAST(cur.period || '-01' AS DATE) < b.valid_to
    INNER JOIN monthly AS prior
        ON cur.institution_id = prior.institution_id
        AND prior.number < cur.number AND prior.number >= cur.number - b.months
    GROUP BY b.rule_id, b.point_id, b.months, b.basis, cur.institution_id, cur.period
    HAVING COUNT(*) = b.months
)

SELECT
    g.rule_id, g.point_id, 'institution' AS subject_kind, g.institution_id AS subject_id, g.institution_id, g.period,
    '' AS item_code, COALESCE(peer.peer_group, '') AS peer_group,
    CAST(g.months * CASE g.basis WHEN 'cases' THEN g.contacts ELSE g.fen END AS BIGINT) AS numerator,
    CAST(CASE g.basis WHEN 'cases' THEN g.contacts_then ELSE g.fen_then END AS BIGINT) AS denominator,
    CAST(CASE g.basis
        WHEN 'cases' THEN (g.contacts * g.contacts_then) // (g.contacts + g.contacts_then)
        ELSE
            (((g.fen * g.fen) // g.squares) * ((g.fen_then * g.fen_then) // g.squares_then))
            // ((g.fen * g.fen) // g.squares + (g.fen_then * g.fen_then) // g.squares_then)
    END AS BIGINT) AS weight,
    '' AS gap
FROM grown AS g
LEFT JOIN peer
    ON g.institution_id = peer.institution_id
    AND CAST(g.period || '-01' AS DATE) >= peer.valid_from AND CAST(g.period || '-01' AS DATE) < peer.valid_to
