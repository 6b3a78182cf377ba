"""Reads of indicators: a board over all of them, one with its subjects, and the rows behind a number. Always scoped."""

from __future__ import annotations

from collections import Counter, OrderedDict, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from threading import Lock
from typing import Any
from urllib.parse import urlencode

from zhunsheng.book.indicators import Indicator
from zhunsheng.book.models import Book
from zhunsheng.casework.bodies.lake import Place, Reader
from zhunsheng.indicators.alerts import Alert, alerts
from zhunsheng.indicators.plain import Counted
from zhunsheng.indicators.values import Pair, Value, clear, judge, together, told_by_rest
from zhunsheng.kernel.errors import Problem

SPANS = (1, 3, 6, 12)
#: Kinds whose institutions are compared without a level, as the view of peers in the run has it.
UNGRADED = frozenset({"village_clinic", "pharmacy", "vendor"})
Series = dict[str, list[Counted]]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which indicators over which months: ``span`` months that end with ``month``."""

    month: str
    span: int = 1
    area: str = ""

    @property
    def months(self) -> frozenset[str]:
        """The months that are added up."""
        last = int(self.month[:4]) * 12 + int(self.month[5:]) - 1
        return frozenset(f"{n // 12:04d}-{n % 12 + 1:02d}" for n in range(last - self.span + 1, last + 1))

    def query(self, **changes: str) -> str:
        """Return the address part, with changes."""
        plain = {"month": self.month, "span": str(self.span), "area": self.area, **changes}
        return urlencode({name: value for name, value in plain.items() if value})


@dataclass(frozen=True, slots=True)
class Line:
    """One indicator of the board: all subjects in view together, how many reach the target, what worsens."""

    indicator: Indicator
    whole: Value | None
    values: tuple[Value, ...]
    tallies: Mapping[str, int]
    alerts: tuple[Alert, ...]
    recent: tuple[float | None, ...] = field(default=())

    @property
    def judged(self) -> int:
        """Subjects of which can be said whether they reach the target."""
        return self.tallies["met"] + self.tallies["missed"]


def months(reader: Reader) -> list[str]:
    """Return the months that hold counts, newest first. Raises Problem ZS606 for a run without counts."""
    return [row["month"] for row in reader.rows("SELECT DISTINCT month FROM indicator_count ORDER BY month DESC")]


def check_counted(tables: Iterable[str]) -> None:
    """Raise Problem ZS606 for a run that was made before indicators were counted."""
    if "indicator_count" not in tables:
        raise Problem("ZS606")


def last_whole(held: Sequence[str], as_of: date) -> str:
    """Return the newest month that was over on the day of the run; the newest of all where none was."""
    after = as_of + timedelta(days=1)
    return next((month for month in held if month < f"{after:%Y-%m}"), held[0] if held else "")


def parse(given: Mapping[str, str], held: Sequence[str], as_of: date) -> Wanted:
    """Read month, span and area from an address. Raises Problem ZS709 for what is not offered."""
    month = given.get("month", "").strip() or last_whole(held, as_of)
    span = given.get("span", "").strip() or "1"
    if month and month not in held:
        raise Problem("ZS709", name="month", value=month)
    if span not in map(str, SPANS):
        raise Problem("ZS709", name="span", value=span)
    return Wanted(month, int(span), given.get("area", "").strip()[:40])


def series(reader: Reader, indicator_id: str = "", since: str = "") -> dict[str, Series]:
    """Return the counts in view by indicator and subject, months in order; of one indicator, or from a month on."""
    sql = (
        "SELECT indicator_id, subject_kind, subject_id, institution_id, month, numerator, denominator, excluded, "
        "unknown, rows FROM indicator_count WHERE (? = '' OR indicator_id = ?) AND month >= ? "
        "ORDER BY indicator_id, subject_id, month"
    )
    found: dict[str, Series] = defaultdict(lambda: defaultdict(list))
    for batch in reader.batches(sql, [indicator_id, indicator_id, since], 20_000):
        for row in batch:
            found[row[0]][row[2]].append(Counted(*row))
    return found


def series_of(reader: Reader, kind: str, subject: str) -> Series:
    """Return the counts in view of one subject by indicator, months in order."""
    sql = (
        "SELECT indicator_id, subject_kind, subject_id, institution_id, month, numerator, denominator, excluded, "
        "unknown, rows FROM indicator_count WHERE subject_kind = ? AND subject_id = ? ORDER BY indicator_id, month"
    )
    found: Series = defaultdict(list)
    for row in reader.rows(sql, [kind, subject]):
        found[row["indicator_id"]].append(Counted(**row))
    return dict(found)


def group_peers(reader: Reader, group: str) -> dict[str, dict[str, dict[str, Any]]]:
    """Return deciles and centre of a group of peers by indicator and month.

    Groups of fewer than five are not kept, nor is one given to whom what he sees of it would tell of the rest.
    """
    found: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
    for row in _open_peers(reader, "peer_group = ?", [group]):
        found[row["indicator_id"]][row["month"]] = row
    return found


#: What a reader sees of the subjects that are compared; the rows of others are no part of the tables of a reader.
_SEEN = """
SELECT indicator_id, month, subject_id, CAST(SUM(numerator) AS BIGINT) AS n, CAST(SUM(denominator) AS BIGINT) AS d
FROM indicator_count WHERE subject_kind <> 'department' AND LIST_CONTAINS(?, indicator_id) AND LIST_CONTAINS(?, month)
GROUP BY indicator_id, month, subject_id ORDER BY indicator_id, month, subject_id
"""


def _open_peers(reader: Reader, where: str, given: list[str]) -> list[dict[str, Any]]:
    """Return the groups of peers that a reader may be told of; one of a run that kept no parts is told to nobody."""
    rows = reader.rows(f"SELECT * FROM indicator_peer WHERE {where}", given)  # noqa: S608 - our own words
    if not rows:
        return []
    asked = [sorted({row[name] for row in rows}) for name in ("indicator_id", "month")]
    seen: dict[tuple[str, str], dict[str, Pair]] = defaultdict(dict)
    for one in reader.rows(_SEEN, asked):
        seen[one["indicator_id"], one["month"]][one["subject_id"]] = (one["n"], one["d"])
    found = []
    for row in rows:
        parts = {part["id"]: (part["n"], part["d"]) for part in row.pop("parts", None) or ()}
        if parts and not told_by_rest(parts, seen[row["indicator_id"], row["month"]]):
            found.append(row)
    return found


def stale(reader: Reader, book: Book) -> frozenset[str]:
    """Return the indicators whose counts were made by another definition than the book holds now."""
    return stale_ids(reader, book.indicators.values())


def stale_ids(reader: Reader, known: Iterable[Indicator]) -> frozenset[str]:
    """Return which of some indicators were counted by another definition."""
    kept = {row["indicator_id"]: row["counting"] for row in reader.rows("SELECT indicator_id, counting FROM indicator")}
    return frozenset(one.id for one in known if kept.get(one.id, one.counting) != one.counting)


def line(one: Indicator, held: Series, wanted: Wanted, places: Mapping[str, Place], *, is_stale: bool = False) -> Line:
    """Return what the board says of an indicator."""
    values = [value_of(one, subject, counts, wanted, places, is_stale=is_stale) for subject, counts in held.items()]
    known = tuple(value for value in values if value is not None)
    found = alerts(one, held, wanted.month, _parents(one, held, places)) if not is_stale else []
    whole = together(one, (c for counts in held.values() for c in counts if c.month in wanted.months))
    alone = known[0] if len(held) == 1 and known else None
    return Line(
        indicator=one,
        whole=alone or (judge(one.model_copy(update={"targets": ()}), whole, stale=is_stale) if whole else None),
        values=known,
        tallies=Counter(_tally(value) for value in known),
        alerts=tuple(found),
        recent=_recent(one, held, wanted),
    )


def value_of(
    one: Indicator, subject: str, counts: Sequence[Counted], wanted: Wanted, places: Mapping[str, Place], *,
    is_stale: bool = False,
) -> Value | None:  # fmt: skip
    """Return the value of a subject over the months, None where it has no row in them."""
    counted = together(one, (c for c in counts if c.month in wanted.months), subject)
    place = places.get(subject.partition("/")[0])
    if counted is None:
        return None
    kind, level = (place.kind, place.level) if place else (None, None)
    return judge(one, counted, kind=kind, level=level, stale=is_stale)


def _tally(value: Value) -> str:
    if value.known in ("small", "none", "stale"):
        return value.known
    return "unknown" if value.torn and value.verdict == "untargeted" else value.verdict


def _parents(one: Indicator, held: Series, places: Mapping[str, Place]) -> dict[str, str]:
    """A department belongs to its institution, an institution to the lead of its consortium."""
    if one.subject == "department":
        return {subject: subject.partition("/")[0] for subject in held}
    found = {subject: places[subject].parent_id for subject in held if subject in places}
    return {subject: parent for subject, parent in found.items() if parent}


def _recent(one: Indicator, held: Series, wanted: Wanted) -> tuple[float | None, ...]:
    months = Wanted(wanted.month, 12).months
    by_month: dict[str, list[Counted]] = defaultdict(list)
    for counts in held.values():
        for counted in counts:
            if counted.month in months:
                by_month[counted.month].append(counted)
    sums = [together(one, by_month[month]) for month in sorted(by_month)]
    ratios = (judge(one, counted).ratio for counted in sums if counted is not None and clear(one, counted))
    return tuple(None if ratio is None else float(ratio) for ratio in ratios)


_boards: OrderedDict[Any, list[Line]] = OrderedDict()
_lock = Lock()


def board(reader: Reader, book: Book, wanted: Wanted, places: Mapping[str, Place], key: Any) -> list[Line]:
    """Return the indicators of an area that have data in view, worst first.

    ``key`` names the reader's view: the same run, book, months and view give the same board and are worked out once.
    """
    if not wanted.month:
        return []
    asked = (reader.run, book.digest, wanted.month, wanted.span, key)
    with _lock:
        known = _boards.get(asked)
    if known is None:
        held, old = series(reader, since=_years_before(wanted.month)), stale(reader, book)
        known = sorted(
            (
                line(one, held[one.id], wanted, places, is_stale=one.id in old)
                for one in book.indicators.values()
                if one.id in held
            ),
            key=_worst_first,
        )
        with _lock:
            _boards[asked] = known
            while len(_boards) > 24:
                _boards.popitem(last=False)
    return [one for one in known if wanted.area in ("", one.indicator.area)]


def _years_before(month: str) -> str:
    return f"{int(month[:4]) - 3}{month[4:]}"


def _worst_first(one: Line) -> tuple[Any, ...]:
    missed = one.tallies["missed"] / one.judged if one.judged else 0.0
    return (
        not one.values,
        -len(one.alerts),
        -missed,
        -one.tallies["missed"],
        -one.tallies["unknown"],
        one.indicator.id,
    )


def peer_group(place: Place | None) -> str:
    """Return the group that a place is compared within, empty for none."""
    if place is None or (place.level is None and place.kind not in UNGRADED):
        return ""
    return place.kind if place.kind in UNGRADED else f"{place.kind}/{place.level}"


def peers(reader: Reader, one: Indicator, month: str) -> dict[str, dict[str, Any]]:
    """Return deciles, centre and spread of each group of peers in a month; groups of fewer than five are not kept."""
    rows = _open_peers(reader, "indicator_id = ? AND month = ?", [one.id, month])
    return {row["peer_group"]: row for row in rows}


def department_names(reader: Reader) -> dict[str, str]:
    """Return the names of departments in view by subject."""
    rows = reader.rows("SELECT institution_id || '/' || department_id AS id, name FROM department")
    return {row["id"]: row["name"] for row in rows}
