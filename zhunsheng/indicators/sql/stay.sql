-- Stays that have ended, each with its settlements and the person's next stay, wherever that is. Whether the person came
-- back stays unknown until the days have passed. What is delivered in another currency gives no cost.
CREATE TABLE stay AS
WITH settled AS (
    SELECT
        encounter_id,
        CASE WHEN COUNT(*) = COUNT(*) FILTER (WHERE currency IS NULL) THEN CAST(SUM(total_fen) AS BIGINT) END AS total_fen,
        CASE
            WHEN COUNT(*) = COUNT(pooled_fen) FILTER (WHERE currency IS NULL) THEN CAST(SUM(pooled_fen) AS BIGINT)
        END AS pooled_fen
    FROM settlement
    GROUP BY encounter_id
),

operated AS (SELECT encounter_id, COUNT(*) AS operations FROM procedure GROUP BY encounter_id),

coded AS (SELECT encounter_id, COUNT(*) AS diagnoses FROM diagnosis GROUP BY encounter_id),

follows AS (
    SELECT
        e.*,
        LEAD(e.start_date) OVER (
            PARTITION BY e.person_id ORDER BY e.start_date, e.end_date NULLS LAST, e.encounter_id
        ) AS next_start
    FROM encounter AS e
    WHERE e.visit_type = 'inpatient'
),

ended AS (
    SELECT
        *,
        GREATEST(end_date - start_date, 1) AS days,
        -- a stay that begins before this one has ended is a fault of the data and no return
        CASE WHEN next_start >= end_date THEN next_start - end_date END AS next_days,
        CAST(GETVARIABLE('as_of') AS DATE) - end_date AS followed_days
    FROM follows
    WHERE end_date IS NOT NULL
)

SELECT
    e.encounter_id, e.person_id, e.institution_id, e.department_id, e.practitioner_id, e.insurance_kind,
    e.principal_diagnosis, e.start_date, e.end_date,
    CAST(e.days AS BIGINT) AS days,
    CAST(ISODOW(e.end_date) AS BIGINT) AS weekday,
    s.total_fen,
    s.pooled_fen,
    COALESCE(o.operations, 0) AS operations,
    COALESCE(c.diagnoses, 0) AS diagnoses,
    CAST(e.next_days AS BIGINT) AS next_days,
    CAST(e.followed_days AS BIGINT) AS followed_days,
    CASE WHEN e.next_days <= 2 THEN TRUE WHEN e.followed_days >= 2 THEN FALSE END AS back_2,
    CASE WHEN e.next_days <= 31 THEN TRUE WHEN e.followed_days >= 31 THEN FALSE END AS back_31
FROM ended AS e
LEFT JOIN settled AS s ON e.encounter_id = s.encounter_id
LEFT JOIN operated AS o ON e.encounter_id = o.encounter_id
LEFT JOIN coded AS c ON e.encounter_id = c.encounter_id;
