"""Reads of the run's facts about vendors: filed prices beside those of public hospitals, and conflicts of interest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from zhunsheng.casework.agreements import library, queries
from zhunsheng.casework.bodies.scope import Scope
from zhunsheng.kernel.time import parse_date
from zhunsheng.relations.conflict import Conflict, Limits, Tie, find
from zhunsheng.relations.graph import Edge
from zhunsheng.relations.upwards import UPWARDS

RULE = "vendors/filed-price"

#: Every filing with the last comparison of the run: price times lines over the sum of the prices of public hospitals.
_FILED = f"""
SELECT
    p.vendor_id, p.item_code, p.item_name, p.unit_price_e6, p.valid_from, p.valid_to, m.period, m.denominator,
    m.weight AS lines, COALESCE(m.gap, 'peers_few') AS gap
FROM price_filing AS p
LEFT JOIN (
    SELECT * FROM measure WHERE rule_id = '{RULE}'
) AS m
    ON p.vendor_id = m.institution_id AND p.item_code = m.item_code AND m.numerator = m.weight * p.unit_price_e6
    AND m.period >= SUBSTR(CAST(p.valid_from AS VARCHAR), 1, 7)
QUALIFY ROW_NUMBER() OVER (PARTITION BY p.vendor_id, p.item_code, p.valid_from ORDER BY m.period DESC NULLS LAST) = 1
ORDER BY p.vendor_id, p.item_code, p.valid_from DESC
"""  # noqa: S608 - our own name
_VENDORS = "SELECT vendor_id FROM price_filing UNION SELECT vendor_id FROM service_order ORDER BY vendor_id"


@dataclass(frozen=True, slots=True)
class FiledPrice:
    """The price of an item that holds on a day, with the one before, and the mean that it was compared with last.

    ``mean_e6`` and ``ratio_bp`` (1/10000 of the mean, rounded down) are None where nothing could be compared.
    """

    vendor_id: str
    item_code: str
    item_name: str
    price_e6: int
    valid_from: date
    valid_to: date | None
    before_e6: int | None
    mean_e6: int | None
    ratio_bp: int | None
    lines: int
    period: str
    changes: tuple[tuple[date, int], ...]

    @property
    def ratio(self) -> str:
        """The ratio in percent with two decimals, never rounded up to a limit; empty where it is unknown."""
        return "" if self.ratio_bp is None else f"{self.ratio_bp // 100}.{self.ratio_bp % 100:02d}%"

    def reaches(self, percent: int) -> bool:
        """Whether it is at a limit, or above."""
        return self.ratio_bp is not None and self.ratio_bp >= percent * 100


def as_of(scope: Scope) -> date:
    """Return the day of the run that is read. Raises Problem ZS707 before the first run."""
    with scope.lake():
        return parse_date(str(scope.file.manifest["as_of"])) if scope.file else date.min


def filed_prices(scope: Scope, day: date) -> list[FiledPrice]:
    """Return the prices in view that hold on a day: the highest beside the mean first, then what is not comparable."""
    with scope.lake() as reader:
        rows = reader.rows(_FILED)
    found = []
    for _key, group in groupby(rows, key=lambda row: (row["vendor_id"], row["item_code"])):
        past = [row for row in group if row["valid_from"] <= day]
        if past and (past[0]["valid_to"] is None or past[0]["valid_to"] > day):
            found.append(_filed(past))
    return sorted(found, key=lambda one: (one.ratio_bp is None, -(one.ratio_bp or 0), one.vendor_id, one.item_code))


def _filed(past: list[dict[str, Any]]) -> FiledPrice:
    """Return a price with its history; ``past`` holds its filings, newest first."""
    row, price = past[0], past[0]["unit_price_e6"]
    told = not row["gap"] and row["denominator"]
    total = row["denominator"] if told else 0
    return FiledPrice(
        row["vendor_id"], row["item_code"], row["item_name"] or "", price, row["valid_from"], row["valid_to"],
        past[1]["unit_price_e6"] if len(past) > 1 else None, total // row["lines"] if told else None,
        price * row["lines"] * 10_000 // total if told else None, row["lines"] or 0, row["period"] or "",
        tuple((one["valid_from"], one["unit_price_e6"]) for one in past),
    )  # fmt: skip


def published_prices(scope: Scope, day: date) -> list[dict[str, Any]]:
    """Return what a public page may print of the prices in view: vendor, item, price and since when, nothing else."""
    return [
        {"vendor_id": one.vendor_id, "item_code": one.item_code, "item_name": one.item_name,
         "price_e6": one.price_e6, "since": one.valid_from}
        for one in sorted(filed_prices(scope, day), key=lambda one: (one.vendor_id, one.item_code))
    ]  # fmt: skip


def conflicts(scope: Scope, day: date) -> list[Conflict]:
    """Return the conflicts of vendors with institutions in view on a day, worst first."""
    rules = library.conflict().on(day)
    places = [one.institution_id for one in scope.places() if one.kind != "vendor"]
    with scope.lake() as reader:
        vendors = [row["vendor_id"] for row in reader.rows(_VENDORS)]
        edges = [Edge(**row) for row in reader.rows(UPWARDS, [[*vendors, *places], rules.depth])]
        ties = [
            Tie(**row)
            for row in reader.rows("SELECT person_a, person_b, relation, declared_on, recused_on FROM kinship "
                                   "ORDER BY person_a, person_b")
        ]  # fmt: skip
    limits = Limits(
        rules.share_ppm, rules.control_ppm, rules.depth, frozenset(rules.own_posts), frozenset(rules.vendor_posts)
    )
    return find(edges, ties, queries.declared(scope, day), vendors, places, day, limits)
