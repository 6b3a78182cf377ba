"""The desk: 20 lines ordered, 90 days of history, the whole book with all published points; p50 and p99.

    python -m benchmarks.desk [ORDERS]        (default 1000)

In process: judging alone, with evidence in words, and from the request's JSON to the answer's. Over HTTP at 100
requests a second for 20 seconds, the history in the request or in the store, and while the rule book changes. Beside
them, in the same process: zen-engine over the sex and age rules alone, trace off and on, and DuckDB per order.
"""

from __future__ import annotations

import gc
import json
import sys
import time
from collections.abc import Callable
from typing import Any

from benchmarks import _site
from benchmarks._measure import tell
from benchmarks._orders import HISTORY, LINES, view, whole_book
from benchmarks._peers import duckdb_judge, ours_on_line_rules, zen_judge
from zhunsheng.desk.compiled import compiled
from zhunsheng.desk.desk import Desk
from zhunsheng.desk.forms import OrderForm
from zhunsheng.desk.judging import judge, plain
from zhunsheng.desk.store import Store

RATE, SECONDS = 100, 20.0
LIMIT_MS = 1e9


def at(taken: list[float], share: float) -> float:
    """Return the value below which a share of sorted values lies."""
    return taken[min(len(taken) - 1, int(len(taken) * share))]


def figures(taken: list[float]) -> dict[str, float]:
    """Return p50, p99 and the most, in milliseconds."""
    ordered = sorted(taken)
    return {"p50": round(at(ordered, 0.5), 3), "p99": round(at(ordered, 0.99), 3), "most": round(ordered[-1], 3)}


def timed(action: Callable[[Any], object], given: list[Any]) -> dict[str, float]:
    """Return the milliseconds of an action over each of several inputs, wall and the thread's own processor time."""
    for one in given[:20]:
        action(one)
    wall, own = [], []
    for one in given:
        began, mine = time.perf_counter(), time.thread_time()
        action(one)
        own.append((time.thread_time() - mine) * 1000)
        wall.append((time.perf_counter() - began) * 1000)
    return {**figures(wall), "p99_processor": figures(own)["p99"]}


def in_process(orders: int) -> dict[str, Any]:
    """Time the desk and its peers over the same orders."""
    views = [view(seed) for seed in range(orders)]
    began = time.perf_counter()
    book = compiled(whole_book())
    made = time.perf_counter() - began
    gc.collect()
    gc.freeze()
    desk = Desk(Store(_site.SCRATCH / "no-store"), lambda _held: book)
    desk.renew()
    bodies = [_site.body_of(number, one, history=True) for number, one in enumerate(views)]
    by_table, by_table_traced, by_sql = zen_judge(trace=False), zen_judge(trace=True), duckdb_judge(book)
    few = views[: max(20, orders // 20)]
    return {
        "compile_seconds": round(made, 2),
        "points": len(book.points),
        "binding_rows": sum(len(station.bindings.rows) for station in book.stations["during"]),
        "findings_per_order": round(sum(len(_judged(book, one).findings) for one in few) / len(few), 1),
        "judge": timed(lambda one: _judged(book, one), views),
        "with_evidence": timed(lambda one: plain(_judged(book, one), one), views),
        "json_to_json": timed(lambda body: _asked(desk, body), bodies),
        "zen_line_rules": timed(by_table, few),
        "zen_line_rules_traced": timed(by_table_traced, few),
        "ours_line_rules_differ": sum(by_table(one) != ours_on_line_rules(one) for one in few),
        "duckdb_per_order": timed(by_sql, few),
        "duckdb_differ": sum(by_sql(one) != len(_judged(book, one).findings) for one in few),
    }


def _judged(book: Any, one: Any) -> Any:
    return judge(book, one, "during", budget_ms=LIMIT_MS)


def _asked(desk: Desk, body: bytes) -> str:
    form = OrderForm.model_validate_json(body)
    return json.dumps(desk.ask(form, form.person.person_id, "A", LIMIT_MS).plain(), ensure_ascii=False)


def over_http(orders: int) -> dict[str, Any]:
    """Time the served desk at a fixed rate."""
    home, secret, views = _site.made(orders)
    told: dict[str, Any] = {}
    with _site.served(home) as port:
        _site.wait(port, secret)
        for name, history in (("http_history_in_store", False), ("http_history_in_request", True)):
            bodies = [_site.body_of(number, one, history=history) for number, one in enumerate(views)]
            _site.load(port, secret, bodies, RATE, 2.0)
            told[name] = figures(_site.load(port, secret, bodies, RATE, SECONDS))
        before = _site.get(port, "/api/desk/status", secret)["book"]
        changed = next((home.book / "knowledge").glob("*.csv"))
        text = changed.read_text("utf-8")
        changed.write_text("\n".join(text.splitlines()[:-1]) + "\n", "utf-8")
        try:
            told["http_while_the_book_changes"] = figures(_site.load(port, secret, bodies, RATE, SECONDS))
            told["book_changed"] = _site.get(port, "/api/desk/status", secret)["book"] != before
        finally:
            changed.write_text(text, "utf-8")
    return told


def main(orders: int) -> None:
    """Measure and print."""
    inside, outside = in_process(orders), over_http(min(orders, 300))
    rows = [
        ("order", f"{LINES} lines, {HISTORY} lines of 90 days", f"{inside['findings_per_order']} findings an order"),
        ("book", f"{inside['points']:,} points", f"compiled in {inside['compile_seconds']} s"),
    ]
    for name, found in {**inside, **outside}.items():
        if isinstance(found, dict):
            beside = f"p99 of processor time {found['p99_processor']} ms" if "p99_processor" in found else f"{RATE}/s"
            rows.append((name, f"p50 {found['p50']} ms, p99 {found['p99']} ms", beside))
    rows.append(("differ from zen, from DuckDB", f"{inside['ours_line_rules_differ']}, {inside['duckdb_differ']}", ""))
    tell("desk", "zhunsheng bench desk", rows, {"orders": orders, **inside, **outside})


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
