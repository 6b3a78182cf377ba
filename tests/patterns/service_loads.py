"""Whole loads of vendors for the referees: few vendors, days, persons and codes, so that coincidences are common."""

from __future__ import annotations

import random
from datetime import date, timedelta

from zhunsheng.patterns import PATTERNS
from zhunsheng.patterns.population import Load
from zhunsheng.patterns.services import (
    QcRun,
    Result,
    SecondReading,
    ServiceEvent,
    ServiceOrder,
    Training,
    VendorScope,
    VendorStaff,
)

FIRST, MIDNIGHT = date(2026, 1, 1), 1_767_196_800
VENDORS, KINDS, NODES = "VW", ("laboratory", "logistics"), ("collected", "received", "reported")
#: The patterns that read what vendors did.
NAMES = {name for name, pattern in PATTERNS.items() if pattern.family in ("rows", "past")}
VALUES = {
    "service_kind": KINDS, "node": (*NODES, "signed"), "position": (10, 20, 30), "max_minutes": (0, 30, 600),
    "times": (1, 2, 3), "days": (5, 40), "rules": ("1-3s 2-2s R-4s 4-1s 10-x", "2-2s 10-x", "R-4s", "1-3s 4-1s"),
    "certificates": ("a", "a b"), "min_hours": (10, 40), "organisers": ("consortium", "consortium vendor"),
    "months": (1, 2), "growth_percent": (100, 150), "on_time_percent": (90, 101), "min_orders": (1, 3),
    "min_count": (1, 4), "min_percent": (100, 130), "fdr_permille": (400, 900), "moves": ("up", "down", "apart"),
}  # fmt: skip


def _day(dice: random.Random, most: int = 120) -> date:
    return FIRST + timedelta(days=dice.randrange(most))


def _moment(dice: random.Random, day: date) -> int | None:
    return dice.choice([None, *[MIDNIGHT + (day - FIRST).days * 86_400 + h * 1_800 for h in (0, 1, 2, 20, 40)] * 2])


def _flag(dice: random.Random) -> bool | None:
    return dice.choice([True, True, False, None])


def load(dice: random.Random) -> Load:
    """Return a load of some hundred rows, with gaps: times, persons, items, targets, papers that lack."""
    orders = [_order(dice, n) for n in range(dice.randint(10, 60))]
    staff = {
        (
            dice.choice(VENDORS),
            dice.choice("klm"),
            dice.choice(["a", "b", "none"]),
            _day(dice, 30) - timedelta(days=dice.choice([0, 500])),
        )
        for _ in range(4)
    }
    return Load(
        service_orders=tuple(orders),
        service_events=tuple(e for one in orders for e in _events(dice, one)),
        results=tuple(r for one in orders for r in _results(dice, one)),
        qc_runs=tuple(_controls(dice)),
        second_readings=tuple(
            SecondReading(one.vendor_id, one.order_id, _day(dice), _flag(dice)) for one in orders if dice.random() < 0.7
        ),
        vendor_staff=tuple(VendorStaff(*one, dice.choice([None, _day(dice)])) for one in sorted(staff)),
        trainings=tuple(
            Training(
                dice.choice(VENDORS), dice.choice("klm"), _day(dice) - timedelta(days=dice.choice([0, 300])), f"C{n}",
                dice.choice([None, 80_000, 300_000]), dice.choice([None, "consortium", "vendor"]), _flag(dice),
            )
            for n in range(dice.randint(0, 8))
        ),
        vendor_scopes=tuple(
            VendorScope("V", item, _day(dice, 60), dice.choice([None, _day(dice)]))
            for item in ("X1", "X2")[: dice.randint(0, 2)]
        ),
    )  # fmt: skip


def _order(dice: random.Random, n: int) -> ServiceOrder:
    day = _day(dice)
    person, item = dice.choice([None, "P1", "P2", "P3"]), dice.choice([None, "X1", "X2", "X3"])
    state = dice.choice([None, "accepted", "rejected", "cancelled", "done", "done", "done", "done"])
    told: tuple = (_moment(dice, day), _moment(dice, day), _flag(dice), dice.choice([None, False, True]), state)
    return ServiceOrder(dice.choice(VENDORS), f"O{n}", dice.choice(KINDS), "H", person, item, day, *told)


def _events(dice: random.Random, one: ServiceOrder):
    for n in range(dice.randint(0, 5)):
        day = one.ordered_on + timedelta(days=dice.choice([0, 0, 1]))
        if dice.random() < 0.1:  # a long history, so that a year of training is over for some
            day -= timedelta(days=400)
        order = one.order_id if dice.random() < 0.95 else None
        who = dice.choice([None, "k", "l", "m"])
        at = dice.choice([_moment(dice, day) or 0] * 3 + [_moment(dice, day)])
        yield ServiceEvent(one.vendor_id, f"{one.order_id}-{n}", order, None, dice.choice(NODES), at, day, who)


def _results(dice: random.Random, one: ServiceOrder):
    for analyte in ("GLU", "ALT")[: dice.randint(0, 2)]:
        for version in range(1, dice.choice([2, 2, 2, 3, 4])):
            day = one.ordered_on + timedelta(days=version - 1)
            limits = dice.choice([(10, 50), (None, 50), (10, None), (None, None)])
            yield Result(
                one.vendor_id, one.order_id, analyte, version, one.person_id, dice.choice([None, one.item_code, "X3"]),
                dice.choice([None, *range(0, 80, 5)]), *limits, _moment(dice, day), day, dice.choice([None, "k", "l"]),
                dice.choice([None, None, "", "typed wrong"]), dice.choice([None, "d1", "d2"]),
                dice.choice([None, False, False, True]),
            )  # fmt: skip


def _controls(dice: random.Random):
    drift = dice.choice([0, 0, 12, 25])
    for device in ("D1", "D2")[: dice.randint(0, 2)]:
        for n in range(dice.randint(1, 40)):
            day = FIRST + timedelta(days=n)
            for level in ("1", "2")[: dice.randint(1, 2)]:
                told = dice.choice([(100, 10)] * 9 + [(None, 10), (100, None), (100, 0), (101, 10)])
                yield QcRun(
                    "V", device, dice.choice(["GLU"] * 8 + ["ALT"]), level, f"R{n:02d}", _moment(dice, day), day,
                    100 + drift + round(dice.gauss(0, 12)), *told, "L1" if n < 30 else dice.choice(["L2", None]),
                    dice.choice([True] * 6 + [False, None]),
                )  # fmt: skip
