-- Facts of one snapshot as a run sees them: up to the as-of day, one row per key, charge lines net of refunds.
-- Views lake_<table> stand for the files of the snapshot; the variable as_of is the day.

-- what is known stays known; statements that contradict each other make it unknown, never the latest one's
CREATE TABLE person AS
SELECT
    person_id,
    CASE WHEN COUNT(DISTINCT sex) = 1 THEN MIN(sex) END AS sex,
    CASE WHEN COUNT(DISTINCT birth_date) = 1 THEN MIN(birth_date) END AS birth_date,
    COUNT(DISTINCT sex) > 1 OR COUNT(DISTINCT birth_date) > 1 AS q_contradicted,
    ARG_MAX(batch, ROW(recorded_at, batch, source_row)) AS batch,
    ARG_MAX(source_row, ROW(recorded_at, batch, source_row)) AS source_row,
    MAX(recorded_at) AS recorded_at
FROM lake_person
GROUP BY person_id;

-- names, level and parent as they stood on the day of the run: a registration of a later day speaks only where no
-- other does
CREATE TABLE institution AS
SELECT * FROM lake_institution
QUALIFY ROW_NUMBER() OVER (
    PARTITION BY institution_id
    ORDER BY valid_from <= getvariable('as_of') DESC, valid_from DESC, recorded_at DESC, batch DESC
) = 1;

CREATE TABLE department AS
SELECT * FROM lake_department
QUALIFY ROW_NUMBER() OVER (
    PARTITION BY institution_id, department_id
    ORDER BY valid_from <= getvariable('as_of') DESC, valid_from DESC, recorded_at DESC, batch DESC
) = 1;

-- what patterns read of the two: every registration with the days on which it speaks, until its stated end or until the
-- next of its key begins. The first also speaks for the days before it: nothing else is known of them.
CREATE TABLE institution_registration AS
WITH stated AS (
    SELECT * FROM lake_institution
    QUALIFY ROW_NUMBER() OVER (PARTITION BY institution_id, valid_from ORDER BY recorded_at DESC, batch DESC) = 1
)

SELECT
    institution_id, kind, level, region,
    CASE WHEN LAG(valid_from) OVER place IS NULL THEN DATE '0001-01-01' ELSE valid_from END AS valid_from,
    COALESCE(LEAST(valid_to, LEAD(valid_from) OVER place), DATE '9999-12-31') AS valid_to
FROM stated
WINDOW place AS (PARTITION BY institution_id ORDER BY valid_from);

CREATE TABLE department_registration AS
WITH stated AS (
    SELECT * FROM lake_department
    QUALIFY ROW_NUMBER() OVER (
        PARTITION BY institution_id, department_id, valid_from ORDER BY recorded_at DESC, batch DESC
    ) = 1
)

SELECT
    institution_id, department_id, name, specialty,
    CASE WHEN LAG(valid_from) OVER part IS NULL THEN DATE '0001-01-01' ELSE valid_from END AS valid_from,
    COALESCE(LEAST(valid_to, LEAD(valid_from) OVER part), DATE '9999-12-31') AS valid_to
FROM stated
WINDOW part AS (PARTITION BY institution_id, department_id ORDER BY valid_from);

CREATE TABLE practitioner AS
SELECT * FROM lake_practitioner
QUALIFY ROW_NUMBER() OVER (
    PARTITION BY practitioner_id, institution_id
    ORDER BY valid_from <= getvariable('as_of') DESC, valid_from DESC, recorded_at DESC, batch DESC
) = 1;

-- every period of a registration: a charge is judged by the one that held on its day
CREATE TABLE practice AS
SELECT practitioner_id, institution_id, title, valid_from, valid_to FROM lake_practitioner
QUALIFY ROW_NUMBER() OVER (
    PARTITION BY practitioner_id, institution_id, valid_from ORDER BY recorded_at DESC, batch DESC
) = 1;

-- decisions of the site stand beside what registers brought: neither overrules the other
CREATE TABLE payment_status AS
WITH stated AS (
    SELECT *, CASE WHEN SUBSTR(batch, 1, 7) = 'ruling:' THEN SUBSTR(batch, 8) ELSE '' END AS decision
    FROM lake_payment_status
)

SELECT * FROM stated
QUALIFY ROW_NUMBER() OVER (
    PARTITION BY practitioner_id, valid_from, decision ORDER BY recorded_at DESC, batch DESC
) = 1;

CREATE TABLE penalty_points AS
SELECT * FROM lake_penalty_points
QUALIFY ROW_NUMBER() OVER (PARTITION BY practitioner_id, decision ORDER BY recorded_at DESC, batch DESC) = 1;

CREATE TABLE licence AS
SELECT * FROM lake_licence
QUALIFY ROW_NUMBER() OVER (
    PARTITION BY institution_id, specialty, valid_from ORDER BY recorded_at DESC, batch DESC
) = 1;

-- a stay settled in parts is stated several times: it runs from the first start to the last end that is known.
-- What ended after the as-of day had not ended then.
CREATE TABLE encounter AS
WITH stated AS (
    SELECT
        e.* REPLACE (
            CASE WHEN e.end_date <= GETVARIABLE('as_of') THEN e.end_date END AS end_date,
            CASE WHEN e.end_date <= GETVARIABLE('as_of') THEN e.end_at END AS end_at
        ),
        e.end_date IS NULL OR e.end_date > GETVARIABLE('as_of') AS is_open
    FROM lake_encounter AS e
    WHERE e.start_date <= GETVARIABLE('as_of')
),

again AS (SELECT encounter_id FROM stated GROUP BY encounter_id HAVING COUNT(*) > 1),

-- the latest statement speaks for all but start and end, and for whether the stay is over
merged AS (
    SELECT
        s.* REPLACE (
            MIN(s.start_date) OVER w AS start_date,
            CASE WHEN MIN(s.start_date) OVER w = ARG_MIN(s.start_date, s.start_at) OVER w THEN MIN(s.start_at) OVER w END
                AS start_at,
            CASE WHEN NOT s.is_open THEN MAX(s.end_date) OVER w END AS end_date,
            CASE
                WHEN NOT s.is_open AND MAX(s.end_date) OVER w = ARG_MAX(s.end_date, s.end_at) OVER w
                    THEN MAX(s.end_at) OVER w
            END AS end_at
        )
    FROM stated AS s
    SEMI JOIN again ON s.encounter_id = again.encounter_id
    WINDOW w AS (PARTITION BY s.encounter_id)
    QUALIFY ROW_NUMBER() OVER (
        PARTITION BY s.encounter_id ORDER BY s.recorded_at DESC, s.end_date DESC NULLS FIRST, s.batch DESC, s.source_row DESC
    ) = 1
)

SELECT * EXCLUDE (is_open) FROM merged
UNION ALL BY NAME
SELECT stated.* EXCLUDE (is_open) FROM stated ANTI JOIN again ON stated.encounter_id = again.encounter_id;

CREATE TABLE diagnosis AS SELECT * FROM lake_diagnosis;

CREATE TABLE procedure AS SELECT * FROM lake_procedure;

CREATE TABLE settlement AS
SELECT s.* FROM lake_settlement AS s WHERE s.settled_on <= GETVARIABLE('as_of');

-- an order stopped after the as-of day was running then
CREATE TABLE medical_order AS
SELECT o.* REPLACE (CASE WHEN o.stopped_on <= GETVARIABLE('as_of') THEN o.stopped_on END AS stopped_on)
FROM lake_medical_order AS o
WHERE o.ordered_on <= GETVARIABLE('as_of');

CREATE TABLE use_record AS
SELECT u.* FROM lake_use_record AS u WHERE u.performed_on <= GETVARIABLE('as_of');

CREATE TABLE stock_move AS
SELECT m.* FROM lake_stock_move AS m WHERE m.moved_on <= GETVARIABLE('as_of');

CREATE TABLE trace_code AS
SELECT t.* FROM lake_trace_code AS t WHERE t.settled_on <= GETVARIABLE('as_of');

CREATE TABLE contact AS
SELECT c.* FROM lake_contact AS c SEMI JOIN encounter AS e ON c.encounter_id = e.encounter_id;
CREATE TABLE nursing_record AS SELECT n.* FROM lake_nursing_record AS n WHERE n.observed_on <= GETVARIABLE('as_of');

CREATE TABLE identity_check AS SELECT i.* FROM lake_identity_check AS i WHERE i.checked_on <= GETVARIABLE('as_of');

-- registers keep their periods: a charge is judged by what was in service on its day
CREATE TABLE device AS
SELECT * FROM lake_device
QUALIFY ROW_NUMBER() OVER (
    PARTITION BY institution_id, device_id, valid_from ORDER BY recorded_at DESC, batch DESC
) = 1;

CREATE TABLE facility AS
SELECT * FROM lake_facility
QUALIFY ROW_NUMBER() OVER (
    PARTITION BY institution_id, facility_id, valid_from ORDER BY recorded_at DESC, batch DESC
) = 1;

-- every statement stays: where they differ, the day of death lies between the first and the last of them
CREATE TABLE death AS SELECT d.* FROM lake_death AS d WHERE d.died_on <= GETVARIABLE('as_of');

-- services of vendors: the latest statement of a key speaks. What was done after the as-of day was open then.
CREATE TABLE service_order AS
WITH stated AS (
    SELECT *, DATE_DIFF('day', CAST('1970-01-01' AS DATE), GETVARIABLE('as_of')) * 86400 + 57600 AS day_end
    FROM lake_service_order
    WHERE ordered_on <= GETVARIABLE('as_of')
    QUALIFY ROW_NUMBER() OVER (
        PARTITION BY vendor_id, order_id ORDER BY recorded_at DESC, batch DESC, source_row DESC
    ) = 1
)

SELECT
    * EXCLUDE (day_end) REPLACE (
        CASE WHEN done_at < day_end THEN done_at END AS done_at,
        CASE WHEN state = 'done' AND done_at >= day_end THEN 'accepted' ELSE state END AS state
    )
FROM stated;

CREATE TABLE service_event AS
SELECT * FROM lake_service_event
WHERE happened_on <= GETVARIABLE('as_of')
QUALIFY ROW_NUMBER() OVER (PARTITION BY vendor_id, event_id ORDER BY recorded_at DESC, batch DESC, source_row DESC) = 1;

CREATE TABLE trip AS
SELECT * FROM lake_trip
WHERE started_on <= GETVARIABLE('as_of') AND judged_on <= GETVARIABLE('as_of')
QUALIFY ROW_NUMBER() OVER (
    PARTITION BY vendor_id, trip_id ORDER BY judged_at DESC, recorded_at DESC, batch DESC, source_row DESC
) = 1;

-- a version that came again with another digest was changed after its release, whichever statement came last
CREATE TABLE result AS
SELECT
    *,
    MIN(digest) OVER (PARTITION BY vendor_id, order_id, analyte, version)
    <> MAX(digest) OVER (PARTITION BY vendor_id, order_id, analyte, version) AS q_digest_changed
FROM lake_result
WHERE reported_on <= GETVARIABLE('as_of')
QUALIFY ROW_NUMBER() OVER (PARTITION BY vendor_id, order_id, analyte, version ORDER BY recorded_at DESC, batch DESC, source_row DESC) = 1;

CREATE TABLE qc_run AS
SELECT * FROM lake_qc_run
WHERE run_on <= GETVARIABLE('as_of')
QUALIFY ROW_NUMBER() OVER (PARTITION BY vendor_id, device_id, analyte, level, run_id ORDER BY recorded_at DESC, batch DESC, source_row DESC) = 1;

CREATE TABLE second_reading AS
SELECT * FROM lake_second_reading
WHERE reviewed_on <= GETVARIABLE('as_of')
QUALIFY ROW_NUMBER() OVER (PARTITION BY vendor_id, order_id, reviewed_on ORDER BY recorded_at DESC, batch DESC, source_row DESC) = 1;

CREATE TABLE survey_answer AS
SELECT * FROM lake_survey_answer
WHERE answered_on <= GETVARIABLE('as_of')
QUALIFY ROW_NUMBER() OVER (PARTITION BY vendor_id, answer_id ORDER BY recorded_at DESC, batch DESC, source_row DESC) = 1;

-- a complaint closed after the as-of day was open then, and nothing was found yet
CREATE TABLE complaint AS
SELECT
    * REPLACE (
        CASE WHEN closed_on <= GETVARIABLE('as_of') THEN closed_on END AS closed_on,
        CASE WHEN closed_on > GETVARIABLE('as_of') THEN NULL ELSE upheld END AS upheld,
        CASE WHEN closed_on > GETVARIABLE('as_of') THEN NULL ELSE satisfied END AS satisfied
    )
FROM lake_complaint
WHERE received_on <= GETVARIABLE('as_of')
QUALIFY ROW_NUMBER() OVER (
    PARTITION BY vendor_id, complaint_id ORDER BY recorded_at DESC, batch DESC, source_row DESC
) = 1;

-- an incident is known from the day on which it was reported
CREATE TABLE incident AS
SELECT * FROM lake_incident
WHERE COALESCE(reported_on, occurred_on) <= GETVARIABLE('as_of')
QUALIFY ROW_NUMBER() OVER (PARTITION BY vendor_id, incident_id ORDER BY recorded_at DESC, batch DESC, source_row DESC) = 1;

CREATE TABLE vendor_staff AS
SELECT * FROM lake_vendor_staff
QUALIFY ROW_NUMBER() OVER (PARTITION BY vendor_id, practitioner_id, certificate_kind, valid_from ORDER BY recorded_at DESC, batch DESC, source_row DESC) = 1;

CREATE TABLE training AS
SELECT * FROM lake_training
WHERE held_on <= GETVARIABLE('as_of')
QUALIFY ROW_NUMBER() OVER (PARTITION BY vendor_id, practitioner_id, held_on, course ORDER BY recorded_at DESC, batch DESC, source_row DESC) = 1;

CREATE TABLE price_filing AS
SELECT * FROM lake_price_filing
QUALIFY ROW_NUMBER() OVER (PARTITION BY vendor_id, item_code, valid_from ORDER BY recorded_at DESC, batch DESC, source_row DESC) = 1;

CREATE TABLE vendor_scope AS
SELECT * FROM lake_vendor_scope
QUALIFY ROW_NUMBER() OVER (PARTITION BY vendor_id, item_code, valid_from ORDER BY recorded_at DESC, batch DESC, source_row DESC) = 1;

CREATE TABLE ownership AS
SELECT * FROM lake_ownership
QUALIFY ROW_NUMBER() OVER (PARTITION BY holder_id, company_id, role, valid_from ORDER BY recorded_at DESC, batch DESC, source_row DESC) = 1;

CREATE TABLE kinship AS
SELECT
    * REPLACE (
        CASE WHEN declared_on <= GETVARIABLE('as_of') THEN declared_on END AS declared_on,
        CASE WHEN recused_on <= GETVARIABLE('as_of') THEN recused_on END AS recused_on
    )
FROM lake_kinship
QUALIFY ROW_NUMBER() OVER (
    PARTITION BY person_a, person_b ORDER BY recorded_at DESC, batch DESC, source_row DESC
) = 1;

-- a refund undoes a line of the same person and item: the one that it names, or, where it names none, the first line
-- of the same encounter, item, price and quantity that no other refund has taken
CREATE TEMP TABLE refund_line AS
SELECT * FROM lake_charge_line WHERE quantity_e4 < 0 AND service_date <= GETVARIABLE('as_of');

CREATE TEMP TABLE unnamed AS
WITH asked AS (
    SELECT
        line_id, encounter_id, person_id, institution_id, item_code, unit_price_e6, -quantity_e4 AS quantity_e4,
        ROW_NUMBER() OVER (
            PARTITION BY encounter_id, person_id, institution_id, item_code, unit_price_e6, quantity_e4
            ORDER BY service_date, line_id
        ) AS number
    FROM refund_line
    WHERE refund_of IS NULL
),

offered AS (
    SELECT
        l.line_id, l.encounter_id, l.person_id, l.institution_id, l.item_code, l.unit_price_e6, l.quantity_e4,
        ROW_NUMBER() OVER (
            PARTITION BY
                l.encounter_id, l.person_id, l.institution_id, l.item_code, l.unit_price_e6, l.quantity_e4
            ORDER BY l.service_date, l.line_id
        ) AS number
    FROM lake_charge_line AS l
    SEMI JOIN asked ON l.encounter_id = asked.encounter_id AND l.item_code = asked.item_code
    ANTI JOIN refund_line AS named ON l.line_id = named.refund_of
    WHERE l.quantity_e4 > 0
)

SELECT asked.line_id AS refund_id, offered.line_id
FROM asked
INNER JOIN offered
    ON asked.encounter_id = offered.encounter_id AND asked.person_id = offered.person_id
    AND asked.institution_id = offered.institution_id AND asked.item_code = offered.item_code
    AND asked.unit_price_e6 = offered.unit_price_e6 AND asked.quantity_e4 = offered.quantity_e4
    AND asked.number = offered.number;

CREATE TEMP TABLE undone AS
SELECT l.line_id, r.line_id AS refund_id, r.quantity_e4, r.amount_fen, r.in_scope_fen
FROM refund_line AS r
LEFT JOIN unnamed AS u ON r.line_id = u.refund_id
INNER JOIN lake_charge_line AS l
    ON l.line_id = COALESCE(r.refund_of, u.line_id) AND l.person_id = r.person_id AND l.item_code = r.item_code
WHERE l.quantity_e4 > 0;

CREATE TEMP TABLE refund AS
SELECT
    line_id,
    CAST(SUM(quantity_e4) AS BIGINT) AS quantity_e4,
    CAST(SUM(amount_fen) AS BIGINT) AS amount_fen,
    -- a share that one refund does not state is unknown, not zero
    CASE WHEN COUNT(*) = COUNT(in_scope_fen) THEN CAST(SUM(in_scope_fen) AS BIGINT) END AS in_scope_fen
FROM undone
GROUP BY line_id;

-- a refund carries nothing itself: it lowers the line that it undoes. A line is gone when both its quantity and its
-- amount are taken back; where the two disagree the line stays, with what remains of each, and is flagged.
CREATE TABLE charge_line AS
WITH netted AS (
    SELECT
        l.*,
        r.line_id IS NOT NULL AS is_refunded,
        l.quantity_e4 + COALESCE(r.quantity_e4, 0) AS left_e4,
        l.amount_fen + COALESCE(r.amount_fen, 0) AS left_fen,
        CASE WHEN r.line_id IS NULL THEN l.in_scope_fen ELSE l.in_scope_fen + r.in_scope_fen END AS left_scope_fen
    FROM lake_charge_line AS l
    LEFT JOIN refund AS r ON l.line_id = r.line_id
    WHERE l.service_date <= GETVARIABLE('as_of')
)

SELECT
    n.* EXCLUDE (is_refunded, left_e4, left_fen, left_scope_fen),
    CASE
        WHEN n.quantity_e4 < 0 OR (n.left_e4 <= 0 AND n.left_fen <= 0) THEN 0
        WHEN n.left_e4 <= 0 THEN n.quantity_e4
        ELSE n.left_e4
    END AS net_quantity_e4,
    CASE WHEN n.quantity_e4 < 0 THEN 0 ELSE GREATEST(n.left_fen, 0) END AS net_amount_fen,
    CASE
        WHEN n.left_scope_fen IS NULL THEN NULL
        WHEN n.quantity_e4 < 0 THEN 0
        ELSE LEAST(GREATEST(n.left_scope_fen, 0), GREATEST(n.left_fen, 0))
    END AS net_in_scope_fen,
    n.is_refunded AND ((n.left_e4 <= 0) <> (n.left_fen <= 0) OR n.left_e4 < 0 OR n.left_fen < 0) AS q_refund_mismatch,
    n.quantity_e4 < 0 AND u.refund_id IS NULL AS q_refund_unmatched
FROM netted AS n
LEFT JOIN undone AS u ON n.line_id = u.refund_id;

-- what patterns read; amounts of other currencies are never mixed with yuan
CREATE VIEW line AS
SELECT
    line_id, encounter_id, person_id, institution_id, department_id, practitioner_id, item_code, service_date,
    service_at, net_quantity_e4 AS quantity_e4, unit_price_e6, net_amount_fen AS amount_fen, item_class,
    net_in_scope_fen AS in_scope_fen
FROM charge_line
WHERE net_quantity_e4 > 0 AND currency IS NULL;
