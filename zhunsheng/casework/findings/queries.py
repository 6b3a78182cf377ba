"""Reads of findings for lists and records. Every function takes a scoped reader."""

# ruff: noqa: S608 - the texts put together are this package's own; values are always parameters
from __future__ import annotations

from typing import Any

from zhunsheng.casework.bodies.lake import Reader
from zhunsheng.casework.findings.filters import SORTS, Filter

PAGE = 50
#: Names that ids stand for; who lies outside the scope has none.
NAMED = """
SELECT f.*, r.name AS rule_name, r.name_en AS rule_name_en, r.code AS rule_code, r.ground, i.name AS institution_name,
    d.name AS department_name, p.name AS practitioner_name
FROM ({findings}) f
LEFT JOIN rule r ON r.rule_id = f.rule_id
LEFT JOIN institution i ON i.institution_id = f.institution_id
LEFT JOIN department d ON d.institution_id = f.institution_id AND d.department_id = f.department_id
LEFT JOIN practitioner p ON p.institution_id = f.institution_id AND p.practitioner_id = f.practitioner_id
ORDER BY f.place
"""


def totals(reader: Reader, wanted: Filter) -> dict[str, Any]:
    """Return count, amount in fen and number of institutions and people of a list."""
    where, values = wanted.where()
    found = reader.one(
        "SELECT COUNT(*) AS findings, COALESCE(SUM(amount_fen), 0)::BIGINT AS amount_fen, "
        "COALESCE(SUM(amount_fen) FILTER (WHERE verdict = 'unknown'), 0)::BIGINT AS unknown_fen, "
        "COUNT(*) FILTER (WHERE verdict = 'unknown') AS unknown, "
        "COUNT(DISTINCT institution_id) AS institutions, COUNT(DISTINCT person_id) AS people "
        f"FROM {wanted.table} WHERE {where}",
        values,
    )
    return found or {}


def page(reader: Reader, wanted: Filter, number: int, size: int = PAGE) -> list[dict[str, Any]]:
    """Return one page of a list, counted from 1, with names beside ids."""
    where, values = wanted.where()
    findings = (
        f"SELECT *, ROW_NUMBER() OVER (ORDER BY {wanted.order}) AS place "
        f"FROM {wanted.table} WHERE {where} ORDER BY {wanted.order} LIMIT {int(size)} OFFSET {(number - 1) * size}"
    )
    return reader.rows(NAMED.format(findings=findings), values)


def export_sql(wanted: Filter) -> tuple[str, list[Any]]:
    """Return the query of a whole list, in its order."""
    where, values = wanted.where()
    findings = f"SELECT *, ROW_NUMBER() OVER (ORDER BY {wanted.order}) AS place FROM {wanted.table} WHERE {where}"
    return NAMED.format(findings=findings), values


def neighbours(reader: Reader, wanted: Filter, finding_id: str) -> dict[str, Any] | None:
    """Return place, count, previous and next of a finding within a list, or None when it is not in it."""
    where, values = wanted.where()
    return reader.one(
        "SELECT * FROM (SELECT finding_id, ROW_NUMBER() OVER w AS place, COUNT(*) OVER () AS count, "
        "LAG(finding_id) OVER w AS previous, LEAD(finding_id) OVER w AS next "
        f"FROM {wanted.table} WHERE {where} WINDOW w AS (ORDER BY {wanted.order})) WHERE finding_id = ?",
        [*values, finding_id],
    )


def one(reader: Reader, finding_id: str) -> dict[str, Any] | None:
    """Return a finding of this run, or one that this run no longer has (state ``gone``), or None."""
    for table, state in (("finding", "state"), ("gone_finding", "'gone'")):
        findings = f"SELECT * REPLACE ({state} AS state), 1 AS place FROM {table} WHERE finding_id = ?"
        if found := reader.one(NAMED.format(findings=findings), [finding_id]):
            return found
    return None


def some(reader: Reader, finding_ids: list[str]) -> list[dict[str, Any]]:
    """Return the findings of some ids, those that this run no longer has in state ``gone``."""
    ids = "(SELECT UNNEST(CAST(? AS VARCHAR[])))"
    findings = (
        f"SELECT *, 1 AS place FROM finding WHERE finding_id IN {ids} UNION ALL "
        f"SELECT * REPLACE ('gone' AS state), 1 AS place FROM gone_finding WHERE finding_id IN {ids}"
    )
    return reader.rows(NAMED.format(findings=findings), [finding_ids, finding_ids])


def of_group(reader: Reader, institution_id: str, rule_id: str, month: str, limit: int) -> list[dict[str, Any]]:
    """Return id and amount of the findings of an institution by a rule, in a month or in all (empty), largest first.

    What could not be judged is no lead and is left out.
    """
    return reader.rows(
        "SELECT finding_id, amount_fen FROM finding WHERE institution_id = ? AND rule_id = ? AND verdict <> 'unknown' "
        f"AND (? = '' OR month = ?) ORDER BY amount_fen DESC, finding_id LIMIT {int(limit)}",
        [institution_id, rule_id, month, month],
    )


def population(
    reader: Reader, wanted: dict[str, str], limit: int, finding_ids: list[str] | None = None
) -> list[dict[str, Any]]:
    """Return what a sample is drawn from: findings of an institution, by rule and month where these are named.

    With ``finding_ids`` only those of them. What could not be judged is no lead and is left out; one more than
    ``limit`` at most, so that too many are noticed. Each: finding_id, amount_fen, rule_id, names, month, verdict.
    """
    return reader.rows(
        "SELECT f.finding_id, f.amount_fen, f.rule_id, f.month, f.verdict, f.item_name, r.name AS rule_name, "
        "r.name_en AS rule_name_en FROM finding f LEFT JOIN rule r USING (rule_id) "
        "WHERE f.verdict <> 'unknown' AND f.institution_id = ? AND (? = '' OR f.rule_id = ?) "
        "AND (? = '' OR f.month = ?) AND (? OR list_contains(CAST(? AS VARCHAR[]), f.finding_id)) "
        f"ORDER BY f.finding_id LIMIT {int(limit) + 1}",
        [
            wanted["institution"],
            *(wanted.get(name, "") for name in ("rule", "rule", "month", "month")),
            finding_ids is None,
            finding_ids or [],
        ],
    )


#: A clue is made of the findings of one institution by one rule in one month; what could not be judged is no lead.
GROUPED = """
FROM finding WHERE verdict <> 'unknown' AND (? = '' OR institution_id = ?) AND (? = '' OR rule_id = ?)
    AND (? = '' OR month = ?)
"""


def groups(reader: Reader, wanted: dict[str, str], size: int, offset: int) -> list[dict[str, Any]]:
    """Return groups of findings by institution, rule and month, the largest sum first, each with its finding ids."""
    order = "amount_fen DESC, findings DESC, institution_id, rule_id, month"
    found = (
        "SELECT institution_id, rule_id, month, COUNT(*) AS findings, SUM(amount_fen)::BIGINT AS amount_fen, "
        f"LIST(finding_id) AS finding_ids {GROUPED} GROUP BY ALL ORDER BY {order} "
        f"LIMIT {int(size)} OFFSET {int(offset)}"
    )
    return reader.rows(
        "SELECT g.*, r.name AS rule_name, r.name_en AS rule_name_en, i.name AS institution_name "
        f"FROM ({found}) g LEFT JOIN rule r USING (rule_id) LEFT JOIN institution i USING (institution_id) "
        f"ORDER BY {order}",
        _grouped(wanted),
    )


def group_totals(reader: Reader, wanted: dict[str, str]) -> dict[str, Any]:
    """Return how many groups there are, how many findings they hold, and their amount in fen."""
    found = reader.one(
        "SELECT COUNT(*) AS groups, COALESCE(SUM(n), 0)::BIGINT AS findings, "
        "COALESCE(SUM(fen), 0)::BIGINT AS amount_fen "
        f"FROM (SELECT COUNT(*) AS n, SUM(amount_fen) AS fen {GROUPED} GROUP BY institution_id, rule_id, month) g",
        _grouped(wanted),
    )
    return found or {}


def _grouped(wanted: dict[str, str]) -> list[str]:
    return [value for name in ("institution", "rule", "month") for value in (wanted.get(name, ""),) * 2]


def reasons(reader: Reader, finding_id: str) -> list[dict[str, Any]]:
    """Return all reasons of a finding, worst first, with the knowledge point each rests on."""
    return reader.rows(
        """
        SELECT fr.*, b.label, b.citation, b.valid_from, b.valid_to
        FROM finding_reason fr
        JOIN finding f ON f.finding_id = fr.finding_id
        LEFT JOIN binding_point b ON b.rule_id = f.rule_id AND b.point_id = fr.point_id
        WHERE fr.finding_id = ? ORDER BY fr.position
        """,
        [finding_id],
    )


def involved(reader: Reader, finding_id: str) -> list[dict[str, Any]]:
    """Return the rows of a finding with what they say and where they came from.

    A row outside the scope keeps its place and role; ``row_id`` and all it says are None. Rows are looked up by their
    encounter, because lines of one encounter lie together in the large table.
    """
    rows = reader.rows(ROWS, [finding_id])
    said: dict[tuple[str, str], dict[str, Any]] = {}
    moves = [row["row_id"] for row in rows if row["row_kind"] == "stock_move" and row["row_id"]]
    said |= {("stock_move", one["row_id"]): one for one in reader.rows(MOVES, [moves])} if moves else {}
    for kind, sql in (("line", LINES), ("encounter", STAYS)):
        for encounter_id in {row["encounter_id"]: 0 for row in rows if row["row_kind"] == kind and row["row_id"]}:
            said |= {(kind, one["row_id"]): one for one in reader.rows(sql, [encounter_id])}
    nothing = dict.fromkeys(SAID)
    return [{**nothing, **said.get((row["row_kind"], row["row_id"]), {}), **row} for row in rows]


ROWS = """
SELECT position, role, row_kind, row_id, encounter_id, amount_fen AS at_stake_fen FROM finding_row WHERE finding_id = ?
ORDER BY position
"""
#: All that a row of either kind may say.
SAID = (
    "encounter_id", "item_code", "item_name", "service_date", "service_at", "quantity_e4", "unit_price_e6",
    "amount_fen", "in_scope_fen", "net_quantity_e4", "net_amount_fen", "visit_type", "end_date", "end_at",
    "source_row", "recorded_at", "institution_id", "institution_name", "department_name", "practitioner_name",
    "file_name", "batch_id", "q_amount_mismatch", "move_kind",
)  # fmt: skip
LINES = """
SELECT l.line_id AS row_id, l.encounter_id, l.department_id, l.practitioner_id, l.refund_of,
    l.item_code, l.item_name, l.service_date, l.service_at, l.quantity_e4,
    l.unit_price_e6, l.amount_fen, l.in_scope_fen, l.net_quantity_e4, l.net_amount_fen, l.source_row, l.recorded_at,
    l.institution_id, i.name AS institution_name, d.name AS department_name, p.name AS practitioner_name,
    b.file_name, b.id AS batch_id, l.q_amount_mismatch
FROM (SELECT * FROM charge_line WHERE encounter_id = ?) l
LEFT JOIN institution i ON i.institution_id = l.institution_id
LEFT JOIN department d ON d.institution_id = l.institution_id AND d.department_id = l.department_id
LEFT JOIN practitioner p ON p.institution_id = l.institution_id AND p.practitioner_id = l.practitioner_id
LEFT JOIN batch b ON b.id = l.batch
"""
STAYS = """
SELECT e.encounter_id AS row_id, e.encounter_id, e.start_date AS service_date, e.start_at AS service_at, e.visit_type,
    e.end_date, e.end_at, e.source_row, e.recorded_at, e.institution_id, i.name AS institution_name,
    d.name AS department_name, p.name AS practitioner_name, b.file_name, b.id AS batch_id
FROM (SELECT * FROM encounter WHERE encounter_id = ?) e
LEFT JOIN institution i ON i.institution_id = e.institution_id
LEFT JOIN department d ON d.institution_id = e.institution_id AND d.department_id = e.department_id
LEFT JOIN practitioner p ON p.institution_id = e.institution_id AND p.practitioner_id = e.practitioner_id
LEFT JOIN batch b ON b.id = e.batch
"""
MOVES = """
SELECT m.move_id AS row_id, m.item_code, m.moved_on AS service_date, m.kind AS move_kind, m.quantity_e4, m.source_row,
    m.recorded_at, m.institution_id, i.name AS institution_name, b.file_name, b.id AS batch_id
FROM (SELECT * FROM stock_move WHERE move_id IN (SELECT UNNEST(CAST(? AS VARCHAR[])))) m
LEFT JOIN institution i ON i.institution_id = m.institution_id
LEFT JOIN batch b ON b.id = m.batch
"""


def measures(reader: Reader, finding: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the figures of the group in the month of a clue, the highest first; ``own`` marks its subject.

    Empty where the run kept none. Names and counts of institutions outside the scope are None or left out.
    """
    own = reader.one(OWN, [finding[key] for key in ("rule_id", "month", "institution_id", "item_code")])
    if own is None:
        return []
    who = finding["practitioner_id"] if own["subject_kind"] == "practitioner" else finding["institution_id"]
    rows = reader.rows(GROUP, [finding["rule_id"], finding["month"], own["peer_group"]])
    alike = [row for row in rows if finding["pattern"] == "shared_contact" or row["item_code"] == own["item_code"]]
    for row in alike:
        row["own"] = row["subject_id"] == who and row["item_code"] == own["item_code"]
    return alike


OWN = """
SELECT * FROM measure WHERE rule_id = ? AND period = ? AND institution_id = ? AND item_code IN (COALESCE(?, ''), '')
ORDER BY gap, item_code DESC LIMIT 1
"""
GROUP = """
SELECT m.*, i.name AS institution_name, p.name AS practitioner_name
FROM measure m
LEFT JOIN institution i ON i.institution_id = m.institution_id
LEFT JOIN practitioner p ON p.institution_id = m.institution_id AND p.practitioner_id = m.subject_id
WHERE m.rule_id = ? AND m.period = ? AND m.peer_group = ? AND m.gap = ''
ORDER BY m.numerator / GREATEST(m.denominator, 1) DESC, m.subject_id
"""


def encounter(reader: Reader, encounter_id: str) -> dict[str, Any] | None:
    """Return an encounter in view, or None."""
    return reader.one("SELECT * FROM encounter WHERE encounter_id = ?", [encounter_id])


def encounter_lines(reader: Reader, encounter_id: str, limit: int, offset: int = 0) -> list[dict[str, Any]]:
    """Return charge lines of an encounter in view, by time."""
    return reader.rows(
        """
        SELECT l.line_id, l.item_code, l.item_name, l.service_date, l.service_at, l.quantity_e4, l.unit_price_e6,
            l.amount_fen, l.q_amount_mismatch, l.refund_of, l.source_row, d.name AS department_name
        FROM charge_line l
        LEFT JOIN department d ON d.institution_id = l.institution_id AND d.department_id = l.department_id
        WHERE l.encounter_id = ?
        ORDER BY l.service_date, l.service_at NULLS LAST, l.line_id LIMIT ? OFFSET ?
        """,
        [encounter_id, limit, offset],
    )


def line(reader: Reader, encounter_id: str, line_id: str) -> dict[str, Any] | None:
    """Return a charge line of an encounter in view, with names and the file it came from, or None."""
    return next((one for one in reader.rows(LINES, [encounter_id]) if one["row_id"] == line_id), None)


def of_line(reader: Reader, line_id: str) -> list[dict[str, Any]]:
    """Return the findings that name a line in view, worst first."""
    findings = (
        f"SELECT *, ROW_NUMBER() OVER (ORDER BY {SORTS['severity']}, finding_id) AS place FROM finding "
        "WHERE finding_id IN (SELECT finding_id FROM finding_row WHERE row_kind = 'line' AND row_id = ?)"
    )
    return reader.rows(NAMED.format(findings=findings), [line_id])


def encounter_totals(reader: Reader, encounter_id: str) -> dict[str, Any]:
    """Return number and amount of the charge lines of an encounter in view."""
    sql = (
        "SELECT COUNT(*) AS lines, COALESCE(SUM(amount_fen), 0)::BIGINT AS amount_fen "
        "FROM charge_line WHERE encounter_id = ?"
    )
    return reader.one(sql, [encounter_id]) or {}


def person(reader: Reader, person_id: str) -> dict[str, Any] | None:
    """Return sex and birth date of a person in view, or None."""
    return reader.one("SELECT * FROM person WHERE person_id = ?", [person_id])


def item_names(reader: Reader, codes: list[str]) -> dict[str, str]:
    """Return the names under which items of the findings were charged."""
    sql = "SELECT item_code, any_value(item_name) AS name FROM finding WHERE list_contains(?, item_code) GROUP BY 1"
    return {row["item_code"]: row["name"] for row in reader.rows(sql, [codes])}


def rules(reader: Reader) -> list[dict[str, Any]]:
    """Return the rules of the run, with the number of findings in view."""
    return reader.rows(
        "SELECT r.*, COUNT(f.finding_id) AS findings FROM rule r LEFT JOIN finding f USING (rule_id) "
        "GROUP BY ALL ORDER BY r.rule_id"
    )


def rule_results(reader: Reader) -> dict[str, dict[str, Any]]:
    """Return for every rule of the run what it found in view: findings by verdict, institutions, amount in fen.

    The amount is that of findings which are not unknown.
    """
    found = reader.rows(
        "SELECT r.rule_id, COUNT(f.finding_id) AS findings, COUNT(DISTINCT f.institution_id) AS institutions, "
        "COUNT(f.finding_id) FILTER (WHERE f.verdict = 'violation') AS violation, "
        "COUNT(f.finding_id) FILTER (WHERE f.verdict = 'suspected') AS suspected, "
        "COUNT(f.finding_id) FILTER (WHERE f.verdict = 'unknown') AS unknown, "
        "COALESCE(SUM(f.amount_fen) FILTER (WHERE f.verdict <> 'unknown'), 0)::BIGINT AS amount_fen "
        "FROM rule r LEFT JOIN finding f USING (rule_id) GROUP BY r.rule_id"
    )
    return {row["rule_id"]: row for row in found}


def months(reader: Reader) -> list[str]:
    """Return the months with settlements or findings in view, newest first."""
    found = reader.rows("SELECT DISTINCT month FROM institution_month WHERE month IS NOT NULL ORDER BY month DESC")
    return [row["month"] for row in found]


def settled_month(reader: Reader, known: list[str]) -> str:
    """Return the newest month with settlements in view: a running month that only vendors reported on shows nothing.

    Without settlements it is the newest of the ``known`` months, or nothing.
    """
    found = reader.one("SELECT MAX(month) AS month FROM institution_month WHERE settlements > 0")
    return (found["month"] if found else None) or next(iter(known), "")


def departments(reader: Reader, institution_id: str) -> list[dict[str, Any]]:
    """Return the departments of an institution in view that have findings."""
    return reader.rows(
        """
        SELECT f.department_id, COALESCE(d.name, f.department_id) AS name, COUNT(*) AS findings
        FROM finding f
        LEFT JOIN department d ON d.institution_id = f.institution_id AND d.department_id = f.department_id
        WHERE f.institution_id = ? AND f.department_id IS NOT NULL GROUP BY ALL ORDER BY findings DESC, name
        """,
        [institution_id],
    )


def institutions(reader: Reader) -> list[dict[str, Any]]:
    """Return the institutions in view that have findings, with how many."""
    return reader.rows(
        """
        SELECT f.institution_id, COALESCE(i.name, f.institution_id) AS name, COUNT(*) AS findings
        FROM finding f LEFT JOIN institution i USING (institution_id) GROUP BY ALL ORDER BY findings DESC, name
        """
    )


def of_encounter(reader: Reader, encounter_id: str) -> list[dict[str, Any]]:
    """Return the findings whose main row belongs to an encounter in view, worst first."""
    order = "CASE verdict WHEN 'violation' THEN 0 WHEN 'suspected' THEN 1 ELSE 2 END, amount_fen DESC, finding_id"
    findings = f"SELECT *, ROW_NUMBER() OVER (ORDER BY {order}) AS place FROM finding WHERE encounter_id = ?"
    return reader.rows(NAMED.format(findings=findings), [encounter_id])


def diagnoses(reader: Reader, encounter_id: str) -> list[dict[str, Any]]:
    """Return the diagnoses of an encounter in view, principal first."""
    sql = "SELECT code, name, is_principal FROM diagnosis WHERE encounter_id = ? ORDER BY is_principal DESC, sequence"
    return reader.rows(sql, [encounter_id])
