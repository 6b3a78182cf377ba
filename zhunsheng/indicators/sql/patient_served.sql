-- Patients whom a vendor served in a month, each with the last order done for them and whether a death was registered
-- from the order to 30 days after it was done. That nobody died is known only where the register of deaths begins
-- before the order and reaches 30 days further; how far it reaches is its last death up to the day of the run.
CREATE TABLE patient_served AS
WITH register AS (
    SELECT
        MIN(died_on) AS from_on,
        MAX(died_on) FILTER (WHERE died_on <= CAST(GETVARIABLE('as_of') AS DATE)) AS to_on
    FROM death
),

died AS (SELECT person_id, MIN(died_on) AS first_on, MAX(died_on) AS last_on FROM death GROUP BY person_id),

asked AS (
    SELECT
        vendor_id, order_id, service_kind, institution_id, person_id, ordered_on,
        CAST('1970-01-01' AS DATE) + CAST((done_at + 28800) // 86400 AS INTEGER) AS done_on
    FROM service_order
    WHERE (state IN ('cancelled', 'rejected')) IS NOT TRUE
),

served AS (
    SELECT
        *,
        ROW_NUMBER() OVER (
            PARTITION BY vendor_id, service_kind, institution_id, person_id, YEAR(ordered_on), MONTH(ordered_on)
            ORDER BY done_on DESC NULLS LAST, ordered_on DESC, order_id DESC
        ) AS place
    FROM asked
)

SELECT
    s.vendor_id, s.order_id, s.service_kind, s.institution_id, s.person_id, s.ordered_on, s.done_on,
    CASE
        -- statements that differ, a death before the order or after the day of the run: nobody can tell
        WHEN s.person_id IS NULL OR s.done_on IS NULL OR s.done_on < s.ordered_on THEN NULL
        WHEN d.first_on < s.ordered_on OR d.last_on > CAST(GETVARIABLE('as_of') AS DATE) THEN NULL
        WHEN d.last_on <= s.done_on + 30 THEN TRUE
        WHEN d.first_on > s.done_on + 30 THEN FALSE
        WHEN d.person_id IS NOT NULL THEN NULL
        WHEN r.from_on <= s.ordered_on AND r.to_on >= s.done_on + 30 THEN FALSE
    END AS died_30
FROM served AS s
CROSS JOIN register AS r
LEFT JOIN died AS d ON s.person_id = d.person_id
WHERE s.place = 1 OR s.person_id IS NULL;
