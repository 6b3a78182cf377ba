"""PRICE_CEILING (T14) of filed prices: a vendor's filed price beside the mean at which public hospitals charged."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, NamedTuple

from zhunsheng.kernel.outcome import Verdict
from zhunsheng.kernel.time import OPEN_END, parse_date
from zhunsheng.patterns.base import BindingColumn, Bindings, Hit, Line, Pattern
from zhunsheng.patterns.population import EVIDENCE, Load, Measure, Outlier, PriceFiling, month, place

PATTERN = Pattern(
    name="filed_price",
    template="T14",
    zh="备案价格对比",
    en="Filed price beside the mean of public hospitals",
    kind="population",
    facts=("price_filing", "line", "institution"),
    columns=(
        BindingColumn("limit_percent", "integer", "parameter", "percent of the mean from which on it is a clue"),
        BindingColumn("window_months", "integer", "parameter", "months whose charges make the mean"),
        BindingColumn("min_lines", "integer", "parameter", "charge lines below which there is no mean"),
        BindingColumn("min_hospitals", "integer", "parameter", "hospitals below which there is no mean"),
    ),
    reasons={
        "above_mean": (
            "备案单价 {actual:e6} 元，公立医院均价 {expected:e6} 元，达到上浮上限",
            "Filed at {actual:e6} yuan against a mean of {expected:e6} at public hospitals",
        ),
        "peers_few": (
            "备案单价 {actual:e6} 元；公立医院同项目收费不足，无法比较",
            "Filed at {actual:e6} yuan; public hospitals charged the item too rarely to compare",
        ),
    },
    family="event",
)


class Sold(NamedTuple):
    """A charge of a public hospital, by the number of its month."""

    month: int
    institution_id: str
    price_e6: int
    line_id: str


def measures(load: Load, bindings: Bindings) -> Iterator[Measure]:
    """Yield per filing and month: the filed price times the charges, and the sum of their prices."""
    sold, ends = _sold(load), _ends(load)
    for row in bindings.rows:
        for filing in load.price_filings:
            for period in _periods(filing, ends[filing], sold.get(filing.item_code, [])):
                if not row.valid_from <= parse_date(f"{period}-01") < row.valid_to:
                    continue
                lines = _window(sold.get(filing.item_code, []), period, row.window_months)
                named = (row.rule_id, row.point_id, "institution", filing.vendor_id, filing.vendor_id, period)
                sums = filing.unit_price_e6 * len(lines), sum(one.price_e6 for one in lines)
                yield Measure(*named, filing.item_code, "", *sums, len(lines), _gap(lines, row))


def judge(load: Load, bindings: Bindings, _found: list[Measure], _outliers: list[Outlier]) -> Iterator[Hit]:
    """Yield one clue per filing: its first month at the limit, or that it could never be compared."""
    sold, ends = _sold(load), _ends(load)
    for row in bindings.rows:
        for filing in load.price_filings:
            mine = sold.get(filing.item_code, [])
            periods = [
                period
                for period in _periods(filing, ends[filing], mine)
                if row.valid_from <= parse_date(f"{period}-01") < row.valid_to
            ]
            yield from _hits(row, filing, [(period, _window(mine, period, row.window_months)) for period in periods])


def _hits(row: Any, filing: PriceFiling, seen: list[tuple[str, list[Sold]]]) -> Iterator[Hit]:
    told = [(period, lines) for period, lines in seen if not _gap(lines, row)]
    price = filing.unit_price_e6
    above = [
        (period, lines)
        for period, lines in told
        if price * len(lines) * 100 >= sum(one.price_e6 for one in lines) * row.limit_percent
    ]
    key = f"{filing.vendor_id}|{filing.item_code}|{filing.valid_from.isoformat()}"
    if above:
        period, lines = above[0]
        mean = sum(one.price_e6 for one in lines) // len(lines)
        said = (row.rule_id, row.point_id, key, Verdict(row.verdict), "above_mean", str(mean), str(price))
        yield Hit(*said, "subject", "institution", place(filing.vendor_id, period, filing.item_code), 0)
        for one in sorted(lines, key=lambda one: (-one.month, one.line_id))[:EVIDENCE]:
            yield Hit(*said, "other", "line", one.line_id, 0)
    elif seen and not told:
        said = (row.rule_id, row.point_id, key, Verdict.UNKNOWN, "peers_few", "", str(price))
        yield Hit(*said, "subject", "institution", place(filing.vendor_id, seen[-1][0], filing.item_code), 0)


def _sold(load: Load) -> dict[str, list[Sold]]:
    """Return what public hospitals charged of each filed item."""
    wanted = {one.item_code for one in load.price_filings}
    found: dict[str, list[Sold]] = defaultdict(list)
    for line in load.lines:
        if line.item_code in wanted and _hospital(load, line):
            number = _number(month(line.service_date))
            found[line.item_code].append(Sold(number, line.institution_id, line.unit_price_e6, line.line_id))
    return found


def _hospital(load: Load, line: Line) -> bool:
    held = load.registered.get(line.institution_id, ())
    return any(one.kind == "hospital" and one.valid_from <= line.service_date < one.valid_to for one in held)


def _number(period: str) -> int:
    return int(period[:4]) * 12 + int(period[5:])


def _ends(load: Load) -> dict[PriceFiling, str]:
    """Return the last month of each filing: of its stated end, or the day before the next of its item."""
    found = {}
    for one in load.price_filings:
        later = [
            other.valid_from
            for other in load.price_filings
            if (other.vendor_id, other.item_code) == (one.vendor_id, one.item_code)
            and other.valid_from > one.valid_from
        ]
        end = min([one.valid_to or OPEN_END, *later])
        found[one] = month(end) if end.day > 1 else _before(month(end))
    return found


def _before(period: str) -> str:
    year, number = int(period[:4]), int(period[5:])
    return f"{year - 1:04d}-12" if number == 1 else f"{year:04d}-{number - 1:02d}"


def _periods(filing: PriceFiling, last: str, sold: list[Sold]) -> list[str]:
    """Return the months in which a filing is looked at: its first, and those in which hospitals charged the item."""
    first = month(filing.valid_from)
    charged = {f"{(one.month - 1) // 12:04d}-{(one.month - 1) % 12 + 1:02d}" for one in sold}
    return sorted({first, *(period for period in charged if first <= period <= last)})


def _window(sold: list[Sold], period: str, months: int) -> list[Sold]:
    at = _number(period)
    return [one for one in sold if at - months < one.month <= at]


def _gap(lines: list[Sold], row: Any) -> str:
    few = len(lines) < row.min_lines or len({one.institution_id for one in lines}) < row.min_hospitals
    return "peers_few" if few else ""
