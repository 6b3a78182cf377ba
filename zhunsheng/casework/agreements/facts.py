"""Reads of the run's facts about vendors: filed prices beside those of public hospitals, and conflicts of interest."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from zhunsheng.book.models import Rule
from zhunsheng.casework.agreements import library, queries
from zhunsheng.casework.agreements.models import percent_of
from zhunsheng.casework.bodies.lake import Reader, RunFile
from zhunsheng.casework.bodies.scope import Scope
from zhunsheng.kernel.time import parse_date
from zhunsheng.relations.conflict import Conflict, Limits, Tie, find
from zhunsheng.relations.graph import Edge
from zhunsheng.relations.upwards import UPWARDS

RULE = library.RULE

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
        return percent_of(self.ratio_bp)

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
        return prices_on(reader, day)


def prices_on(reader: Reader, day: date) -> list[FiledPrice]:
    """Return the prices that a reader sees and that hold on a day, in the order of ``filed_prices``."""
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


def published_prices(file: RunFile, day: date) -> list[FiledPrice]:
    """Return what anybody may read of the prices of all vendors that hold on a day, by vendor and item.

    Prices and means over several hospitals are public; nothing else of the rows behind them is told.
    """
    with file.reader(None) as reader:
        return sorted(prices_on(reader, day), key=lambda one: (one.vendor_id, one.item_code))


@dataclass(frozen=True, slots=True)
class Window:
    """What the rule asks of a mean: charges of so many months, at least so many lines of so many hospitals."""

    months: int
    lines: int
    hospitals: int


def window_of(rule: Rule, day: date) -> Window:
    """Return what the rule of filed prices asks of a mean on a day."""
    asked = [rule.parameter(name) for name in ("window_months", "min_lines", "min_hospitals")]
    return Window(*(one.on(day) if one else 0 for one in asked))


def limit_of(rule: Rule, day: date) -> int:
    """Return from which percent of the mean on a price is a clue, on a day."""
    found = rule.parameter("limit_percent")
    return found.on(day) if found else 0


@dataclass(frozen=True, slots=True)
class Mean:
    """What public hospitals charged for an item: number of lines and sum of their prices x 10^6; or that it is few."""

    lines: int
    sum_e6: int
    enough: bool

    @property
    def mean_e6(self) -> int | None:
        """The mean price, None where too few charged."""
        return self.sum_e6 // self.lines if self.enough else None

    def ratio_bp(self, price_e6: int) -> int | None:
        """Return a price beside the mean in 1/10000, rounded down: a limit is met by reaching it."""
        return price_e6 * self.lines * 10_000 // self.sum_e6 if self.enough and self.sum_e6 else None

    def exceeds(self, price_e6: int, percent: int) -> bool | None:
        """Whether a price lies above so many percent of the mean; None where too few charged. Nothing is divided."""
        return price_e6 * self.lines * 100 > self.sum_e6 * percent if self.enough and self.sum_e6 else None


#: The mean as the rule has it: lines of institutions registered as hospitals on the day, in whole months.
_MEANS = """
SELECT l.item_code, COUNT(*) AS n, CAST(SUM(l.unit_price_e6) AS BIGINT) AS sum_e6,
    COUNT(DISTINCT l.institution_id) AS hospitals
FROM charge_line AS l
INNER JOIN institution_registration AS r
    ON l.institution_id = r.institution_id AND l.service_date >= r.valid_from AND l.service_date < r.valid_to
WHERE l.net_quantity_e4 > 0 AND l.currency IS NULL AND r.kind = 'hospital'
    AND LIST_CONTAINS(?, l.item_code) AND l.service_date >= ? AND l.service_date <= ?
GROUP BY l.item_code ORDER BY l.item_code
"""
NONE = Mean(0, 0, enough=False)


def means_now(file: RunFile, codes: Iterable[str], window: Window) -> dict[str, Mean]:
    """Return the mean of public hospitals for each item over the months up to that of the run; few for who has none."""
    last, asked = parse_date(str(file.manifest["as_of"])), sorted(set(codes))
    months = last.year * 12 + last.month - window.months
    since = date(months // 12, months % 12 + 1, 1)
    with file.reader(None) as reader:
        rows = reader.rows(_MEANS, [asked, since, last]) if asked else []
    enough = {
        row["item_code"]: row["n"] >= window.lines and row["hospitals"] >= window.hospitals for row in rows
    }  # fmt: skip
    told = {row["item_code"]: Mean(row["n"], row["sum_e6"], enough=enough[row["item_code"]]) for row in rows}
    return {code: told.get(code, NONE) for code in asked}


def filed_by(scope: Scope, vendor: str) -> list[dict[str, Any]]:
    """Return all filings of a vendor in view that the run knows, item by item, the newest first."""
    if scope.file is None:
        return []
    sql = "SELECT item_code, item_name, unit_price_e6, valid_from, valid_to FROM price_filing WHERE vendor_id = ? "
    with scope.lake() as reader:
        return reader.rows(f"{sql} ORDER BY item_code, valid_from DESC", [vendor])


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
