-- Excursions of many devices of one regime, as temperature.expose finds them for one.
-- In: view reading (org, device, boot, seq, kind, at, temperature), each identity once; $low, $high, $clear, $accuracy
--     in degrees Celsius, $hold in seconds. Times are the device's own: a clock that is off is for the single judgement.
-- Out: org, device, since, last_out, cleared (null: lasting, or nothing known of its end), extreme, minutes, sure_minutes.
-- Only days with a reading out of range, and the days beside them, are put in order: most days of most devices are not.
-- An excursion that for a whole day neither goes out of range nor clears is told as two.
WITH bad AS MATERIALIZED (
    SELECT DISTINCT org, device, EPOCH_US("at") // 86400000000 AS day
    FROM reading
    WHERE kind = 'reading' AND (temperature < $low OR temperature > $high)
),
days AS MATERIALIZED (
    SELECT DISTINCT b.org, b.device, b.day + s.shift AS day
    FROM bad AS b
    CROSS JOIN (SELECT UNNEST([-1, 0, 1]) AS shift) AS s
),
near AS (
    SELECT r.org, r.device, r.boot, r.seq, r."at" AS moment, r.temperature AS celsius
    FROM reading AS r
    SEMI JOIN days AS d ON d.org = r.org AND d.device = r.device AND d.day = EPOCH_US(r."at") // 86400000000
    WHERE r.kind = 'reading' AND r.temperature IS NOT NULL
),
ordered AS (
    SELECT
        *,
        LAG(celsius) OVER w AS before,
        DATE_DIFF('microsecond', LAG(moment) OVER w, moment) / 1e6 AS step,
        celsius < $low OR celsius > $high AS is_out,
        celsius >= $low + $clear AND celsius <= $high - $clear AS is_clear
    FROM near
    WINDOW w AS (PARTITION BY org, device ORDER BY moment, boot, seq)
),
decided AS (
    SELECT
        *,
        step IS NULL OR step > $hold AS is_fresh,
        LAST_VALUE(
            CASE WHEN is_out THEN 1 WHEN is_clear OR step IS NULL OR step > $hold THEN 0 END IGNORE NULLS
        ) OVER (
            PARTITION BY org, device ORDER BY moment, boot, seq ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) = 1 AS inside
    FROM ordered
),
followed AS (
    SELECT
        *,
        COALESCE(LAG(inside) OVER (PARTITION BY org, device ORDER BY moment, boot, seq), FALSE) AND NOT is_fresh AS follows
    FROM decided
),
numbered AS (
    SELECT
        *,
        SUM(CASE WHEN inside AND NOT follows THEN 1 ELSE 0 END) OVER (
            PARTITION BY org, device ORDER BY moment, boot, seq ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS number
    FROM followed
    WHERE inside OR follows
),
lines AS (
    SELECT
        org, device, number, moment, celsius, inside, is_out,
        CASE WHEN is_fresh THEN 0 ELSE step / 60 END AS minutes,
        LEAST(before, celsius) AS least,
        GREATEST(before, celsius) AS most
    FROM numbered
),
shares AS (
    SELECT
        org, device, number, moment, celsius, inside, is_out, minutes,
        CASE
            WHEN most IS NULL OR most = least THEN CAST(is_out AS INTEGER)
            ELSE (GREATEST(0, LEAST(most, $low) - least) + GREATEST(0, most - GREATEST(least, $high))) / (most - least)
        END AS share,
        CASE
            WHEN most IS NULL OR most = least
                THEN CAST(celsius < $low - $accuracy OR celsius > $high + $accuracy AS INTEGER)
            ELSE (
                GREATEST(0, LEAST(most, $low - $accuracy) - least)
                + GREATEST(0, most - GREATEST(least, $high + $accuracy))
            ) / (most - least)
        END AS sure
    FROM lines
)
SELECT
    org,
    device,
    MIN(moment) FILTER (WHERE inside) AS since,
    MAX(moment) FILTER (WHERE is_out) AS last_out,
    MIN(moment) FILTER (WHERE NOT inside) AS cleared,
    ARG_MAX(celsius, GREATEST(celsius - $high, $low - celsius)) FILTER (WHERE inside) AS extreme,
    SUM(minutes * share) AS minutes,
    SUM(minutes * sure) AS sure_minutes
FROM shares
GROUP BY org, device, number
ORDER BY org, device, since
