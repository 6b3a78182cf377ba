"""Search over the rule book with as many knowledge points as asked: milliseconds to build the index and to answer.

    python -m benchmarks.search [POINTS]        (default 15000)

The floor beside it is one pass over the folded text of every entry for a word that none holds.
"""

from __future__ import annotations

import sys
import time

from benchmarks._measure import median, tell
from zhunsheng.book import Book, load
from zhunsheng.book.models import Point
from zhunsheng.book.search import KINDS, Index
from zhunsheng.kernel.home import ROOT

LIST = "daily_quantity_caps"
PARTS = ("子宫", "冠脉", "关节", "皮肤", "眼底", "椎间盘", "胆道", "气管", "淋巴结", "神经")
DEEDS = ("造影", "切除术", "修补术", "置换", "穿刺", "引流", "监测", "检查费", "护理", "注射")
QUERIES = {
    "whole code": "007004200010000",
    "begin of a code": "0070042",
    "one digit, all match": "0",
    "name": "子宫造影",
    "two words": "关节 置换",
    "one character": "术",
    "absent": "没有这个词",
}


def wide(points: int) -> Book:
    """Return the rule book with one list grown to so many points by codes and names of the usual shape."""
    book = load(ROOT / "rulebook")
    known = book.knowledge[LIST]
    batch = known.points[0].batch
    grown = [
        Point(
            point_id=f"p{n}",
            batch=batch,
            values={
                "item_code": f"{7_000_000 + n:09d}010000"[:15],
                "item_name": f"{PARTS[n % 10]}{DEEDS[n // 10 % 10]}（{n // 100}）",
                "daily_cap": str(1 + n % 24),
                "cap_unit": "日",
            },
            note=f"序号 {n}",
            valid_from=known.points[0].valid_from,
        )
        for n in range(points)
    ]
    lists = {**book.knowledge, LIST: known.model_copy(update={"points": tuple(grown)})}
    return book.model_copy(update={"knowledge": lists, "digest": f"wide-{points}"})


def main(points: int) -> None:
    """Build, ask, print."""
    book = wide(points)
    began = time.perf_counter()
    built = Index(book)
    build_ms = (time.perf_counter() - began) * 1000
    limits = dict.fromkeys(KINDS, 20)
    asked = {
        name: median(lambda text=text: built.search(text, limits), times=31) * 1000 for name, text in QUERIES.items()
    }
    texts = built.texts()
    floor = median(lambda: [text for text in texts if "没有" in text], times=31) * 1000
    rows = [("index built", f"{build_ms:.0f} ms", f"{points:,} points")]
    rows += [(name, f"{ms:.2f} ms", f"one pass {floor:.2f} ms") for name, ms in asked.items()]
    figures = {name: round(ms, 3) for name, ms in asked.items()}
    data = {"points": points, "build_ms": round(build_ms, 1), "floor_ms": round(floor, 3), "ms": figures}
    tell("search", f"python -m benchmarks.search {points}", rows, data)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 15_000)
