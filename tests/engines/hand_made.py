"""A lake made by hand that holds what facts are made of at their hardest, and a few patterns over it."""

from __future__ import annotations

from datetime import date

from tests.runs.county import CAPPED, MAN_ONLY, MARCH, WOMAN_ONLY, Line, fill, home_at, moment
from zhunsheng.patterns import PATTERNS

#: Cuts into a stay.
AS_OF = date(2026, 4, 30)


def lake_at(folder):
    """Two batches: refunds named and unnamed, partial and disagreeing, a stay settled in parts, people contradicted."""
    place = home_at(folder)
    people = {"man": ("M", date(1980, 1, 1)), "woman": ("F", date(1985, 1, 1)), "nobody": (None, None)}
    lines = [
        Line("L1", "man", WOMAN_ONLY, 12_000),
        Line("L2", "man", WOMAN_ONLY, 12_000),
        Line("L3", "man", WOMAN_ONLY, 12_000, quantity=3),
        Line("L4", "nobody", MAN_ONLY, 8_000, scope=None),
        Line("L5", "woman", CAPPED, 2_000, quantity=4, at=moment("2026-03-10 09:00")),
        Line("L6", "woman", MAN_ONLY, 5_000, currency="USD"),
        Line("L7", "woman", MAN_ONLY, 5_000, day=date(2026, 5, 2)),
        Line("R1", "man", WOMAN_ONLY, 12_000, quantity=-1),
        Line("R2", "man", WOMAN_ONLY, 12_000, quantity=-1, refund_of="L3"),
        Line("R3", "woman", CAPPED, 1_000, quantity=-4, refund_of="L5"),
        Line("R4", "woman", MAN_ONLY, 5_000, quantity=-1, refund_of="L9"),
    ]
    stays = [("man", "S1", "H1", MARCH, date(2026, 3, 20)), ("man", "S2", "H1", date(2026, 4, 1), date(2026, 4, 5))]
    fill(place, people, lines, stays=stays)
    more = [("man", "S1", "H1", MARCH, date(2026, 4, 10)), ("woman", "S3", "H1", MARCH, date(2026, 5, 1))]
    fill(place, people | {"woman": ("M", date(1985, 1, 1))}, [], batch="b2", stays=more)
    return place


def few(_bindings):
    """Return some patterns that between them read lines, stays and people, one by one and all together."""
    return [PATTERNS[name] for name in ("item_sex", "overlap", "qty_cap", "workload", "shared_contact")]
