"""What stands beside the desk: zen-engine over the line rules, DuckDB over the patterns' SQL, one order at a time."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import zen

from benchmarks._orders import DAY, whole_book
from zhunsheng.desk.compiled import CompiledBook
from zhunsheng.desk.focus import OrderView
from zhunsheng.engines import duck
from zhunsheng.kernel.time import age
from zhunsheng.patterns import JUDGES, PATTERNS
from zhunsheng.patterns.base import Bindings
from zhunsheng.patterns.bind import bind

#: Rules that look at one line and the person: what a decision table can say.
LINE_RULES = ("item_sex", "item_age")


def zen_judge(*, trace: bool) -> Callable[[OrderView], set[tuple[str, str]]]:
    """Return a judge by a compiled decision table of the rules of sex and of age in years, as of the orders' day.

    Ages are worked out beforehand in Python, which is how the engine wants them. One evaluation per line.
    """
    content = zen.ZenDecisionContent(json.dumps(_table()))
    engine = zen.ZenEngine({"loader": lambda _key: content})

    def judge(view: OrderView) -> set[tuple[str, str]]:
        found = set()
        for line in view.own:
            asked = {"item": line.item_code, "sex": view.case.sex, "age": _years(view, line)}
            told = engine.evaluate("book", asked, {"trace": True} if trace else None)["result"]
            found |= {(one["rule"], line.line_id) for one in told or ()}
        return found

    return judge


def ours_on_line_rules(view: OrderView) -> set[tuple[str, str]]:
    """Return what the patterns say by the same rows as the decision table."""
    bound = _bound()
    return {(hit.rule_id, hit.row_id) for name in LINE_RULES for hit in JUDGES[name](view.case, bound[name])} & {
        (rule, line.line_id) for rule in whole_book().rules for line in view.own
    }


def duckdb_judge(book: CompiledBook) -> Callable[[OrderView], int]:
    """Return a judge by the patterns' SQL in memory: bindings loaded once, the facts of each order anew."""
    con = duck.connect(threads=1)
    stations = book.stations["during"]
    duck.load_bindings(con, {station.pattern: station.bindings for station in stations})

    def judge(view: OrderView) -> int:
        duck.load_cases(con, [view.case])
        hits = (hit for station in stations for hit in duck.hits(con, PATTERNS[station.pattern]))
        return len({(h.rule_id, h.subject_key) for h in hits if view.holds(h.row_kind, h.row_id)})

    return judge


def _bound() -> dict[str, Any]:
    if not _kept:
        for name in LINE_RULES:
            rows = (row for row in bind(whole_book())[name].rows if getattr(row, "age_unit", "year") == "year")
            _kept[name] = Bindings(PATTERNS[name], rows)
    return _kept


_kept: dict[str, Any] = {}


def _years(view: OrderView, line: Any) -> int:
    return age(view.case.birth_date, line.service_date, "year")


def _table() -> dict[str, Any]:
    rules = []
    for name in LINE_RULES:
        for row in _bound()[name].rows:
            if not row.valid_from <= DAY < row.valid_to:
                continue
            sex = f'$ != "{row.sex}"' if name == "item_sex" else ""
            years = f"$ < {row.min_age} or $ > {row.max_age}" if name == "item_age" else ""
            cells = {"a": f'"{row.item_code}"', "b": sex, "c": years, "o": f'"{row.rule_id}"'}
            rules.append({"_id": str(len(rules)), **cells})
    fields = [{"id": key, "name": name, "field": name} for key, name in (("a", "item"), ("b", "sex"), ("c", "age"))]
    table = {"hitPolicy": "collect", "inputs": fields, "outputs": [{"id": "o", "name": "rule", "field": "rule"}]}
    content, place = {**table, "rules": rules}, {"position": {"x": 0, "y": 0}}
    return {
        "nodes": [
            {"id": "in", "type": "inputNode", "name": "in", **place},
            {
                "id": "table",
                "type": "decisionTableNode",
                "name": "table",
                "content": content,
                **place,
            },
            {"id": "out", "type": "outputNode", "name": "out", **place},
        ],
        "edges": [
            {"id": "e1", "sourceId": "in", "targetId": "table", "type": "edge"},
            {"id": "e2", "sourceId": "table", "targetId": "out", "type": "edge"},
        ],
    }
