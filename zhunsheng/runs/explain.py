"""Explains one finding of the current run: reasons in words, rows with their file and line, rule, law, amounts."""

from __future__ import annotations

from typing import Any

import duckdb

from zhunsheng.book import Book
from zhunsheng.book.told import told
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.money import yuan
from zhunsheng.kernel.quantity import plain
from zhunsheng.kernel.time import at
from zhunsheng.patterns.words import VERDICTS, sentence


def explain(con: duckdb.DuckDBPyConnection, book: Book, finding_id: str, language: str = "zh") -> dict[str, Any]:
    """Return everything known of a finding as plain data. ``con`` reads a serving file.

    Raises Problem ZS503 when the run has no such finding.
    """
    found = records(con, "SELECT * FROM finding WHERE finding_id = ?", [finding_id])
    if not found:
        raise Problem("ZS503", finding=finding_id)
    finding = found[0]
    rule = book.rules[finding["rule_id"]]
    return {
        "finding_id": finding_id,
        "verdict": finding["verdict"],
        "verdict_text": VERDICTS[finding["verdict"]][language == "en"],
        "state": finding["state"],
        "service_date": finding["service_date"].isoformat(),
        "institution_id": finding["institution_id"],
        "amount": yuan(finding["amount_fen"]),
        "amount_in_scope": None if finding["in_scope_fen"] is None else yuan(finding["in_scope_fen"]),
        "rule": told(book, rule, language),
        "reasons": _reasons(con, finding, language),
        "rows": _rows(con, finding_id),
    }


def records(con: duckdb.DuckDBPyConnection, query: str, values: list[Any]) -> list[dict[str, Any]]:
    """Run a query and return its rows as dictionaries."""
    result = con.execute(query, values)
    names = [column[0] for column in result.description or ()]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def _reasons(con: duckdb.DuckDBPyConnection, finding: dict[str, Any], language: str) -> list[dict[str, Any]]:
    query = """
        SELECT r.position, r.verdict, r.reason, r.expected, r.actual, r.point_id, p.label, p.citation, p.note
        FROM finding_reason AS r
        LEFT JOIN binding_point AS p ON r.point_id = p.point_id AND p.rule_id = ?
        WHERE r.finding_id = ? ORDER BY r.position
    """
    reasons = records(con, query, [finding["rule_id"], finding["finding_id"]])
    names = item_names(con, finding["finding_id"])
    for reason in reasons:
        reason["text"] = sentence(
            finding["pattern"], reason["reason"], reason["expected"], reason["actual"], language, names
        )
    return reasons


def item_names(con: duckdb.DuckDBPyConnection, finding_id: str) -> dict[str, str]:
    """Return the printed names of the items that a finding involves, by code."""
    query = """
        SELECT DISTINCT l.item_code, MIN(l.item_name) FROM finding_row AS w
        INNER JOIN charge_line AS l ON w.row_id = l.line_id
        WHERE w.finding_id = ? AND w.row_kind = 'line' GROUP BY l.item_code
    """
    return {code: name for code, name in con.execute(query, [finding_id]).fetchall() if name}


def _rows(con: duckdb.DuckDBPyConnection, finding_id: str) -> list[dict[str, Any]]:
    lines = records(con, _LINES, [finding_id])
    for line in lines:
        line["service_at"] = at(line["service_at"]).isoformat() if line["service_at"] is not None else None
        line["service_date"] = line["service_date"].isoformat()
        line["quantity"] = plain(line.pop("net_quantity_e4"), 4)
        line["unit_price"] = plain(line.pop("unit_price_e6"), 6)
        line["amount"] = yuan(line.pop("net_amount_fen"))
        line["at_stake"] = yuan(line.pop("stake_fen"))
    stays = records(con, _STAYS, [finding_id])
    for stay in stays:
        for name in ("start_at", "end_at"):
            stay[name] = at(stay[name]).isoformat() if stay[name] is not None else None
        for name in ("start_date", "end_date"):
            stay[name] = stay[name].isoformat() if stay[name] else None
        stay["at_stake"] = yuan(stay.pop("stake_fen"))
    return lines + stays


_LINES = """
    SELECT
        w.position, w.role, w.row_kind, w.row_id, w.amount_fen AS stake_fen, l.encounter_id, l.institution_id,
        l.department_id, l.item_code, l.item_name, l.service_date, l.service_at, l.net_quantity_e4, l.unit_price_e6,
        l.net_amount_fen, b.file_name, l.source_row, b.digest AS file_digest
    FROM finding_row AS w
    INNER JOIN charge_line AS l ON w.row_id = l.line_id
    LEFT JOIN batch AS b ON l.batch = b.id
    WHERE w.finding_id = ? AND w.row_kind = 'line' ORDER BY w.position
"""
_STAYS = """
    SELECT
        w.position, w.role, w.row_kind, w.row_id, w.amount_fen AS stake_fen, e.institution_id, e.department_id,
        e.visit_type, e.start_date, e.start_at, e.end_date, e.end_at, b.file_name, e.source_row, b.digest AS file_digest
    FROM finding_row AS w
    INNER JOIN encounter AS e ON w.row_id = e.encounter_id
    LEFT JOIN batch AS b ON e.batch = b.id
    WHERE w.finding_id = ? AND w.row_kind = 'encounter' ORDER BY w.position
"""
