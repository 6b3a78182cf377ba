-- How the institutions of one kind and level, or the vendors, stand in a month: deciles of the ratio, the centre, and by
-- how much more they differ than chance allows (mean square of the standardised deviations, the outer tenth drawn in).
-- A group of fewer than five says nothing, so that no figure of another institution can be worked out from it. Counts of
-- a vendor stand by the member that ordered: they are added up first. "parts" is read where it is decided whether what a
-- reader sees of the group would tell of the rest, and shown to nobody.
CREATE TABLE indicator_peer AS
WITH summed AS (
    SELECT
        indicator_id, subject_kind, subject_id, month,
        CASE WHEN subject_kind = 'vendor' THEN subject_id ELSE MIN(institution_id) END AS institution_id,
        CAST(SUM(numerator) AS BIGINT) AS numerator,
        CAST(SUM(denominator) AS BIGINT) AS denominator,
        CAST(SUM(unknown) AS BIGINT) AS unknown,
        CAST(SUM(rows) AS BIGINT) AS rows
    FROM indicator_count
    WHERE subject_kind <> 'department'
    GROUP BY indicator_id, subject_kind, subject_id, month
),

placed AS (
    SELECT
        c.indicator_id, c.subject_kind, c.subject_id, c.month, i.kind AS shape,
        CASE WHEN c.subject_kind = 'vendor' THEN 'vendor' ELSE p.peer_group END AS peer_group,
        CAST(c.numerator AS DOUBLE) AS n,
        CAST(c.denominator AS DOUBLE) AS d,
        c.numerator,
        c.denominator
    FROM summed AS c
    INNER JOIN indicator AS i ON c.indicator_id = i.indicator_id
    LEFT JOIN peer AS p
        ON c.institution_id = p.institution_id AND p.valid_from <= CAST(c.month || '-01' AS DATE)
        AND p.valid_to > CAST(c.month || '-01' AS DATE)
    WHERE c.denominator > 0 AND c.denominator >= i.minimum
        AND 100 * c.unknown <= i.unknown_most * (c.rows + c.unknown)
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
    AVG(LEAST(GREATEST(z, low), high) * LEAST(GREATEST(z, low), high)) AS spread,
    LIST({'id': subject_id, 'n': numerator, 'd': denominator} ORDER BY subject_id) AS parts
FROM bounded
GROUP BY indicator_id, peer_group, month
HAVING COUNT(*) >= 5;
