-- Facts of one snapshot as a run sees them: up to the as-of day, one row per key, charge lines net of refunds.
-- Views lake_<table> stand for the files of the snapshot; as_of is a one-row table.

CREATE TABLE person AS
SELECT * FROM lake_person
QUALIFY ROW_NUMBER() OVER (PARTITION BY person_id ORDER BY recorded_at DESC, batch DESC, source_row DESC) = 1;

CREATE TABLE institution AS
SELECT * FROM lake_institution
QUALIFY ROW_NUMBER() OVER (PARTITION BY institution_id ORDER BY valid_from DESC, recorded_at DESC, batch DESC) = 1;

CREATE TABLE department AS
SELECT * FROM lake_department
QUALIFY ROW_NUMBER() OVER (
    PARTITION BY institution_id, department_id ORDER BY valid_from DESC, recorded_at DESC, batch DESC
) = 1;

CREATE TABLE practitioner AS
SELECT * FROM lake_practitioner
QUALIFY ROW_NUMBER() OVER (
    PARTITION BY practitioner_id, institution_id ORDER BY valid_from DESC, recorded_at DESC, batch DESC
) = 1;

CREATE TABLE encounter AS
SELECT e.* FROM lake_encounter AS e, as_of WHERE e.start_date <= as_of.day;

CREATE TABLE diagnosis AS SELECT * FROM lake_diagnosis;

CREATE TABLE procedure AS SELECT * FROM lake_procedure;

CREATE TABLE settlement AS
SELECT s.* FROM lake_settlement AS s, as_of WHERE s.settled_on <= as_of.day;

CREATE TEMP TABLE refund AS
SELECT
    refund_of,
    CAST(SUM(quantity_e4) AS BIGINT) AS quantity_e4,
    CAST(SUM(amount_fen) AS BIGINT) AS amount_fen,
    CAST(SUM(in_scope_fen) AS BIGINT) AS in_scope_fen
FROM lake_charge_line, as_of
WHERE refund_of IS NOT NULL AND service_date <= as_of.day
GROUP BY refund_of;

-- a refund carries nothing itself: it lowers the line that it names
CREATE TABLE charge_line AS
SELECT
    l.*,
    CASE WHEN l.quantity_e4 < 0 THEN 0 ELSE GREATEST(l.quantity_e4 + COALESCE(r.quantity_e4, 0), 0) END
        AS net_quantity_e4,
    CASE
        WHEN l.quantity_e4 < 0 OR l.quantity_e4 + COALESCE(r.quantity_e4, 0) <= 0 THEN 0
        ELSE GREATEST(l.amount_fen + COALESCE(r.amount_fen, 0), 0)
    END AS net_amount_fen,
    CASE
        WHEN l.in_scope_fen IS NULL THEN NULL
        WHEN l.quantity_e4 < 0 OR l.quantity_e4 + COALESCE(r.quantity_e4, 0) <= 0 THEN 0
        ELSE GREATEST(l.in_scope_fen + COALESCE(r.in_scope_fen, 0), 0)
    END AS net_in_scope_fen
FROM lake_charge_line AS l
CROSS JOIN as_of
LEFT JOIN refund AS r ON l.line_id = r.refund_of
WHERE l.service_date <= as_of.day;

-- what patterns read; amounts of other currencies are never mixed with yuan
CREATE VIEW line AS
SELECT
    line_id, encounter_id, person_id, institution_id, department_id, practitioner_id, item_code, service_date,
    service_at, net_quantity_e4 AS quantity_e4, unit_price_e6, net_amount_fen AS amount_fen
FROM charge_line
WHERE net_quantity_e4 > 0 AND currency IS NULL;
