"""Whole loads for the referees of population patterns: few places and months, so that coincidences are common."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

from tests.patterns import service_loads
from zhunsheng.kernel.time import OPEN_END
from zhunsheng.patterns import PATTERNS, Bindings
from zhunsheng.patterns.base import Diagnosis, Institution, Line, Stay, UseRecord, registrations
from zhunsheng.patterns.population import Contact, Load, PriceFiling, StockMove, TraceCode

FIRST = date(2026, 1, 1)
MIDNIGHT = 1_767_196_800  # 2026-01-01 00:00 in Asia/Shanghai
ITEMS = ("X01", "X02", "002103")
PLACES = "ABCDEFG"

#: Parameters low enough for small loads to meet them.
VALUES: dict[str, tuple[Any, ...]] = {
    "item_code": ITEMS, "item_classes": ("09", "09 05", ""), "item_head": ("-", "002103"), "min_count": (1, 2, 3),
    "min_peers": (1, 2, 3), "min_percent": (50, 100, 130), "fdr_permille": (200, 500, 900), "months": (1, 2),
    "basis": ("amount", "cases"), "counts": ("weekend", "night"), "night_from": (20, 22), "night_to": (6, 8),
    "max_visits": (1, 2), "contact": ("phone", "account"), "max_people": (1, 2), "min_people": (2, 3),
    "min_days": (1, 2), "planned_categories": ("", "Z49", "N18 Z49"), "min_lines": (1, 2), "min_minutes": (20, 90),
    "tolerance_percent": (0, 5), "tolerance_e4": (0, 10_000),
    "limit_percent": (80, 100, 130), "window_months": (1, 2, 12), "min_hospitals": (1, 2),
}  # fmt: skip


def bindings(dice: random.Random, name: str) -> Bindings:
    """Return rows of one or two rules, some of which begin or end within the load."""
    pattern = PATTERNS[name]
    rows = []
    for number in range(dice.randint(1, 3)):
        # a rule compares by one set of parameters at a time: periods of one rule and point do not overlap
        start = dice.choice([date(2021, 5, 1), date(2026, 2, 1), date(2026, 1, 15)])
        end = dice.choice([OPEN_END, OPEN_END, date(2026, 3, 1)])
        values = service_loads.VALUES if name in service_loads.NAMES else VALUES
        cells = [dice.choice(values[column.name]) for column in pattern.columns]
        if pattern.index:
            shared = [
                value for column, value in zip(pattern.columns, cells, strict=True) if column.source == "parameter"
            ]
            rule = f"R{number}" if shared else dice.choice(["R1", "R2"])
        else:
            rule = f"R{number}"
        rows.append(pattern.row(rule, f"p{number}" if pattern.uses_knowledge else "", "suspected", start, end, *cells))
    return Bindings(pattern, rows)


def load(dice: random.Random, name: str = "") -> Load:
    """Return a load as a pattern reads it: of vendors, or of charges and stays."""
    return service_loads.load(dice) if name in service_loads.NAMES else _charges(dice)


def _charges(dice: random.Random) -> Load:
    """Return a load of some hundred rows, with gaps: times, classes, levels, practitioners, ledgers that lack."""
    stays = [_stay(dice, number) for number in range(dice.randint(20, 70))]
    lines = [line for stay in stays for line in _lines(dice, stay)]
    # other people with the same days and the same charges
    for number, stay in enumerate(stays[:20]):
        own = {"encounter_id": f"{stay.encounter_id}b", "person_id": f"Q{number % 7}"}
        stays.append(stay._replace(**own))
        mine = [line for line in lines if line.encounter_id == stay.encounter_id]
        lines += [line._replace(line_id=f"{line.line_id}b", **own) for line in mine]
    places = [
        Institution(place, dice.choice(["hospital", "pharmacy"]), dice.choice(["1", "1", None]), None, start)
        for place in PLACES[:6]
        for start in [FIRST, date(2026, 2, 1)][: dice.randint(1, 2)]
    ]
    return Load(
        lines=tuple(lines),
        stays=tuple(stays),
        diagnoses=tuple(
            Diagnosis(stay.encounter_id, dice.choice(["Z49.1", "N18.9", "I10"]), is_principal=True)
            for stay in stays
            if dice.random() < 0.4
        ),
        institutions=registrations(places),
        use_records=tuple(_use(dice, n, stay) for n, stay in enumerate(stays)),
        stock_moves=tuple(_move(dice, n) for n in range(dice.randint(0, 60))),
        price_filings=_filings(dice),
        trace_codes=tuple(_code(dice, n, line) for n, line in enumerate(lines) if dice.random() < 0.5),
        contacts=tuple(
            Contact(s.encounter_id, s.person_id, s.institution_id, _or_none(dice, "KLM"), _or_none(dice, "xyz"))
            for s in stays
        ),
    )


def _or_none(dice: random.Random, keys: str) -> str | None:
    return dice.choice([None, *keys])


def _stay(dice: random.Random, number: int) -> Stay:
    day = FIRST + timedelta(days=dice.choice([3, 4, 10, 11, 34, 40, 41, 62, 69, 75]))
    at = MIDNIGHT + (day - FIRST).days * 86_400 + dice.choice([0, 21_600, 36_000, 36_000, 79_200, 86_399])
    return Stay(
        f"E{number}", f"P{dice.randrange(12)}", dice.choice(PLACES), dice.choice(["inpatient", "outpatient"]), day,
        dice.choice([at, at, at, None]), day, None, None, "310", dice.choice([None, "D1", "D2"]),
    )  # fmt: skip


def _lines(dice: random.Random, stay: Stay) -> list[Line]:
    return [
        Line(
            f"{stay.encounter_id}-{n}", stay.encounter_id, stay.person_id, stay.institution_id, None, None,
            dice.choice(ITEMS), stay.start_date + timedelta(days=dice.choice([0, 0, 20])), None,
            dice.choice([10_000, 25_000]), 1_000_000, dice.choice([100, 100, 250, 0]),
            dice.choice(["09", "05", "05", "09", None] if dice.random() < 0.1 else ["09", "05"]), None,
        )
        for n in range(dice.randint(0, 3))
    ]  # fmt: skip


def _use(dice: random.Random, number: int, stay: Stay) -> UseRecord:
    return UseRecord(
        f"U{number}", stay.encounter_id, stay.person_id, stay.institution_id, dice.choice(ITEMS), stay.start_date,
        10_000,
        None if stay.start_at is None else stay.start_at + dice.choice([0, 600, 1_200, 3_600]), stay.practitioner_id,
    )  # fmt: skip


def _move(dice: random.Random, number: int) -> StockMove:
    day = FIRST + timedelta(days=dice.choice([0, 14, 30, 31, 45, 58, 59, 89]))
    kind = dice.choice(["opening", "purchase", "purchase", "return", "use", "count", "count"])
    return StockMove(f"M{number}", dice.choice(PLACES), dice.choice(ITEMS), day, kind, dice.randrange(9) * 5_000)


def _filings(dice: random.Random) -> tuple[PriceFiling, ...]:
    """Return filings of two vendors, some that follow each other, one of an item that nobody charges."""
    days = [date(2025, 6, 1), FIRST, date(2026, 1, 16), date(2026, 3, 1), date(2026, 3, 31)]
    keys = {(dice.choice("VW"), dice.choice([*ITEMS, "X09"]), dice.choice(days)) for _ in range(dice.randint(0, 8))}
    ends = (None, None, date(2026, 4, 1))
    return tuple(PriceFiling(v, item, dice.choice([800_000, 1_000_000, 1_300_000]), day, dice.choice(ends))
                 for v, item, day in sorted(keys))  # fmt: skip


def _code(dice: random.Random, number: int, line: Line) -> TraceCode:
    line_id = dice.choice([line.line_id, line.line_id, None, "gone"])
    code = f"C{dice.randrange(12)}"
    return TraceCode(
        f"T{number}", line.encounter_id, line.person_id, line.institution_id, line_id, line.item_code, code,
        line.service_date,
    )  # fmt: skip
