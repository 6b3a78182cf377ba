-- How the institutions of one kind and level, or the vendors, stand in a month: deciles of the ratio, the centre, and by
-- how much more they differ than chance allows (mean square of the standardised deviations, the outer tenth drawn in).
-- A group of fewer than five says nothing, so that no figure of another institution can be worked out from it.
CREATE TABLE indicator_peer AS
WITH placed AS (
    SELECT
        c.indicator_id, c.subject_kind, c.subject_id, c.month, i.kind AS shape,
        CASE WHEN c.subject_kind = 'vendor' THEN 'vendor' ELSE p.peer_group END AS peer_group,
        CAST(c.numerator AS DOUBLE) AS n,
        CAST(c.denominator AS DOUBLE) AS d,
        c.numerator,
        c.denominator
    FROM indicator_count AS c
    INNER JOIN indicator AS i ON c.indicator_id = i.indicator_id
    LEFT JOIN peer AS p
        ON c.institution_id = p.institution_id AND p.valid_from <= CAST(c.month || '-01' AS DATE)
        AND p.valid_to > CAST(c.month || '-01' AS DATE)
    WHERE c.subject_kind <> 'department' AND c.denominator > 0 AND c.denominator >= i.minimum
),

centred AS (
    SELECT
        *,
        SUM(n) OVER w / SUM(d) OVER w AS centre
    FROM placed
    WHERE peer_group <> ''
    WINDOW w AS (PARTITION BY indicator_id, peer_group, month)
),

scored AS (
    SELECT
        *,
        CASE
            WHEN shape = 'share' AND centre > 0 AND centre < 1 THEN (n / d - centre) / SQRT(centre * (1 - centre) / d)
            WHEN shape = 'rate' AND centre > 0 THEN (n / d - centre) / SQRT(centre / d)
        END AS z
    FROM centred
),

bounded AS (
    SELECT
        *,
        QUANTILE_CONT(z, 0.1) OVER w AS low,
        QUANTILE_CONT(z, 0.9) OVER w AS high
    FROM scored
    WINDOW w AS (PARTITION BY indicator_id, peer_group, month)
)

SELECT
    indicator_id, peer_group, month,
    COUNT(*) AS subjects,
    CAST(SUM(numerator) AS BIGINT) AS numerator,
    CAST(SUM(denominator) AS BIGINT) AS denominator,
    QUANTILE_CONT(n / d, [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]) AS deciles,
    AVG(LEAST(GREATEST(z, low), high) * LEAST(GREATEST(z, low), high)) AS spread
FROM bounded
GROUP BY indicator_id, peer_group, month
HAVING COUNT(*) >= 5;
