"""The rule book with a hundred times the knowledge points at equal candidate lines: seconds to judge, to bind.

    python -m benchmarks.knowledge [LINES]        (default 3000000)

Every point of every list is repeated under codes that no charge line holds, so that the lines to be judged stay the
same and only the knowledge grows. The floor is the same rule book as it is, in the same process.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from benchmarks._measure import county, in_child, median, tell
from benchmarks.rules import collect, live, ran
from zhunsheng.book import Book, load
from zhunsheng.book.models import Point
from zhunsheng.engines import duck
from zhunsheng.kernel.home import ROOT
from zhunsheng.patterns.bind import bind
from zhunsheng.runs import serving

TIMES = 100
CODES = ("item_code", "main_code", "sub_code", "part_code", "bundle_code")


def widened(book: Book, times: int) -> Book:
    """Return the rule book with every point repeated under codes of its own."""
    lists = {
        name: one.model_copy(update={"points": tuple(_again(p, n) for p in one.points for n in range(times))})
        for name, one in book.knowledge.items()
    }
    return book.model_copy(update={"knowledge": lists, "digest": f"{book.digest}-{times}"})


def _again(point: Point, number: int) -> Point:
    if not number:
        return point
    values = {key: f"{text}#{number}" if key in CODES and text else text for key, text in point.values.items()}
    return point.model_copy(update={"point_id": f"{point.point_id}#{number}", "values": values})


def measure(lines: int) -> dict[str, Any]:
    """Judge one county by both rule books, each pattern by itself."""
    place = ran(county(lines))
    book = load(ROOT / "rulebook")
    told: dict[str, Any] = {"lines": lines}
    for name, judged in (("once", book), (f"times_{TIMES}", widened(book, TIMES))):
        bound = bind(judged)
        with serving.reopen(place) as con:
            load_seconds = median(lambda b=bound, c=con: duck.load_bindings(c, b))
            each = {key: median(lambda k=key, b=bound, c=con: collect(c, b[k])) for key in live(con)}
        told[name] = {
            "points": sum(len(one.rows) for one in bound.values()),
            "bind_seconds": round(median(lambda j=judged: bind(j)), 3),
            "load_seconds": round(load_seconds, 3),
            "rules_seconds": round(sum(each.values()), 3),
            "by_pattern": {key: round(taken, 3) for key, taken in each.items()},
        }
    return told


def main() -> None:
    """Measure in a child process and print."""
    lines = next((int(argument) for argument in sys.argv[1:] if argument.isdigit()), 3_000_000)
    if "--child" in sys.argv:
        sys.stdout.write(json.dumps(measure(lines)) + "\n")
        return
    county(lines)
    told = in_child(__file__, str(lines), "--child")
    once, many = told["once"], told[f"times_{TIMES}"]
    more = many["rules_seconds"] / once["rules_seconds"] - 1
    slower = sorted(once["by_pattern"], key=lambda key: once["by_pattern"][key] - many["by_pattern"][key])[:5]
    rows = [
        (f"{one['points']:,} binding rows", f"{one['rules_seconds']} s", f"bind {one['bind_seconds']} s")
        for one in (once, many)
    ]
    rows.append((f"{TIMES} times the points at equal candidates", f"{more:+.1%}", f"over {lines:,} lines"))
    rows += [(key, f"{once['by_pattern'][key]} → {many['by_pattern'][key]} s", "") for key in slower]
    tell("knowledge", "zhunsheng bench knowledge", rows, {"more": round(more, 4), **told})


if __name__ == "__main__":
    main()
