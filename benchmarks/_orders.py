"""Orders for measurements at the desk: the whole book with all published workbooks, and cases of 90 days."""

from __future__ import annotations

import os
import random
import tempfile
from datetime import date, timedelta
from functools import cache
from pathlib import Path

from benchmarks._measure import SCRATCH
from zhunsheng.book import Book, load
from zhunsheng.book.workbooks import import_workbooks
from zhunsheng.desk.focus import OrderView
from zhunsheng.kernel.home import ROOT
from zhunsheng.kernel.money import times
from zhunsheng.kernel.time import SHANGHAI
from zhunsheng.patterns.base import Case, Department, Diagnosis, Institution, Line, Stay
from zhunsheng.patterns.bind import bind

SHARED = Path(os.environ.get("ZHUNSHENG_SHARED_DATA", ROOT.parent / "shared" / "data"))
DAY = date(2026, 11, 20)
#: Lines of an order, lines of its history, days that the history reaches back.
LINES, HISTORY, DAYS = 20, 200, 90
CODE_COLUMNS = ("item_code", "main_code", "sub_code", "part_code", "bundle_code", "need_code")
DIAGNOSES = ("I10.x00", "J18.900", "E11.900", "M17.900", "K29.500", "C34.900", "I63.900", "N18.001")


@cache
def whole_book() -> Book:
    """Return the rule book with every published workbook imported into a scratch site."""
    SCRATCH.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=SCRATCH) as scratch:
        import_workbooks([SHARED / "two_libraries"], ROOT / "rulebook", Path(scratch), date(2026, 11, 22))
        return load(ROOT / "rulebook", Path(scratch))


@cache
def codes(book_digest: str) -> tuple[str, ...]:  # noqa: ARG001 - the key of the cache
    """Return the items that binding rows name."""
    rows = (row for found in bind(whole_book()).values() for row in found.rows)
    return tuple(sorted({getattr(row, name) for row in rows for name in CODE_COLUMNS if getattr(row, name, "")}))


def view(seed: int, ruled: float = 0.5) -> OrderView:
    """Return an inpatient order of 20 lines with 200 lines of 90 days; ``ruled`` is the share of items under rules."""
    dice = random.Random(seed)
    known = codes(whole_book().digest)
    common = [f"00{dice.randrange(10**13):013d}" for _ in range(60)]
    mine = dice.sample(known, 40)
    lines, stays, diagnoses = [], [], []
    for number in range(8):
        encounter = f"E{number}"
        first = DAY - timedelta(days=5 if number == 7 else DAYS - 12 * number)
        end = None if number == 7 else first + timedelta(days=dice.randrange(4))
        kind = "inpatient" if number in (3, 7) else "outpatient"
        stays.append(Stay(encounter, "P", "A", kind, first, None, end, None, "D1", "310"))
        diagnoses += [Diagnosis(encounter, code, place == 0) for place, code in enumerate(dice.sample(DIAGNOSES, 3))]
    for number in range(HISTORY + LINES):
        ordered = number >= HISTORY
        stay = stays[-1] if ordered or number % 5 == 0 else stays[dice.randrange(7)]
        day = DAY if ordered else stay.start_date + timedelta(days=dice.randrange(3))
        lines.append(_line(dice, number, stay, day, dice.choice(mine if dice.random() < ruled else common)))
    case = Case(
        "P", dice.choice("MF"), date(1950 + dice.randrange(60), 5, 5), tuple(lines), tuple(stays), tuple(diagnoses),
        (Institution("A", "hospital", "2", "330781"),), (Department("A", "D1", "内科", "A03"),),
    )  # fmt: skip
    return OrderView(case, [line.line_id for line in lines[HISTORY:]], ["E7"])


def _line(dice: random.Random, number: int, stay: Stay, day: date, item: str) -> Line:
    from datetime import datetime

    moment = int(datetime(day.year, day.month, day.day, dice.randrange(24), tzinfo=SHANGHAI).timestamp())
    quantity, price = dice.choice((10_000, 10_000, 20_000)), dice.randrange(1, 300) * 1_000_000
    amount = times(price, quantity)
    return Line(
        f"L{number}", stay.encounter_id, "P", "A", "D1", "R1", item, day, moment, quantity, price, amount,
        dice.choice(("09", "11", "05", "06")), dice.choice((amount, amount, 0)),
    )  # fmt: skip
