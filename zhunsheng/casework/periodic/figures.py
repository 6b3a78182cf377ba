"""The figures of a periodic report: what a run and the files of the site say of a period, as plain data.

A pure reading: the same run, files and period give the same content and digest. What a vendor prints of itself is what
it may see; nothing is counted as met of which nothing is known.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import QuerySet

from zhunsheng.casework.alerts import queries as alerts
from zhunsheng.casework.bodies import walls
from zhunsheng.casework.bodies.lake import Reader, RunFile
from zhunsheng.casework.bodies.models import Body, BodyKind
from zhunsheng.casework.bodies.scope import held
from zhunsheng.casework.cases import queries as cases
from zhunsheng.casework.indicators.queries import Wanted, series, stale_ids
from zhunsheng.casework.oversight import queries as oversight
from zhunsheng.casework.periodic import library
from zhunsheng.casework.ratings import queries as ratings
from zhunsheng.casework.vendors import queries as vendors
from zhunsheng.indicators.values import judge, printed, together
from zhunsheng.kernel.files import canonical, digest

Names = dict[str, str]
#: States in which people ended an alert.
ENDED = ("released", "terminated")
#: Facts of the period by vendor: received, closed, upheld, undecided, asked whether satisfied, satisfied.
_COMPLAINTS = """
    SELECT vendor_id, COUNT(*) AS received, COUNT(closed_on) AS closed, COUNT(*) FILTER (upheld) AS upheld,
        COUNT(*) FILTER (upheld IS NULL) AS undecided, COUNT(satisfied) AS asked,
        COUNT(*) FILTER (satisfied) AS satisfied
    FROM complaint WHERE received_on >= ? AND received_on < ? GROUP BY vendor_id ORDER BY vendor_id"""
_INCIDENTS = """
    SELECT vendor_id, kind, weight, COUNT(*) AS n FROM incident
    WHERE COALESCE(reported_on, occurred_on) >= ? AND COALESCE(reported_on, occurred_on) < ?
    GROUP BY ALL ORDER BY vendor_id, kind, weight"""


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose report on which period: ``consortium`` oversees, ``vendor`` is empty for a report on all that serve it."""

    consortium: Body
    vendor: str
    from_on: date
    until_on: date

    @property
    def shown_alone(self) -> bool:
        """Whether what the vendor may not see is left out."""
        return bool(self.vendor)


def frozen(asked: Asked, file: RunFile) -> tuple[dict[str, Any], str]:
    """Return the content of a report and the digest by which it is named."""
    with walls.within(walls.SITE):
        names = _vendors(asked)
        content = {
            "period": [str(asked.from_on), str(asked.until_on)],
            "run": str(file.manifest["run_id"]),
            "as_of": str(file.manifest["as_of"]),
            "book": str(file.manifest.get("book_digest", "")),
            "vendors": names,
            "lights": _lights(asked, names),
            "ratings": _ratings(asked, names),
            "checks": _checks(asked, names),
            "sanctions": _sanctions(asked, names),
            "rectifications": _rectifications(asked, names),
            "site_complaints": _site_complaints(asked, names),
        }
    with file.reader(_seen(asked, names)) as reader:
        content["indicators"] = _indicators(reader, asked, names)
        content["complaints"] = _of_vendors(reader, _COMPLAINTS, asked, names)
        content["incidents"] = _of_vendors(reader, _INCIDENTS, asked, names)
    return content, digest(canonical(content))


def _vendors(asked: Asked) -> Names:
    """The vendors of the report by code: the one, or all that served the consortium before the period was over."""
    codes = {asked.vendor} if asked.vendor else vendors.entered_before(asked.consortium, asked.until_on)
    return vendors.names_of(codes)


def _seen(asked: Asked, names: Names) -> frozenset[str] | None:
    if asked.vendor:
        return frozenset({asked.vendor})
    seen = held(asked.consortium)
    return None if seen is None else seen | set(names)


def _indicators(reader: Reader, asked: Asked, names: Names) -> list[dict[str, Any]]:
    """The indicators with a target over the period, by vendor; of another definition than counted: not judged."""
    first, last = f"{asked.from_on:%Y-%m}", _last_month(asked)
    span = (asked.until_on.year - asked.from_on.year) * 12 + asked.until_on.month - asked.from_on.month
    months, known = Wanted(last, span).months, library.indicators()
    counts, old = series(reader, since=first), stale_ids(reader, known.values())
    found = []
    for key, one in sorted(known.items()):
        for code in sorted(set(counts.get(key, {})) & set(names)):
            summed = together(one, (c for c in counts[key][code] if c.month in months), code)
            value = judge(one, summed, subject_id=code, month=last, kind=BodyKind.VENDOR, stale=key in old)
            if value.target is None:
                continue
            found.append({
                "vendor": code, "indicator": key, "zh": one.name, "en": one.name_en,
                "numerator": value.numerator, "denominator": value.denominator, "unknown": value.unknown,
                "value": "" if value.torn or value.known in ("none", "stale") else printed(one, value.ratio),
                "unit": one.unit, "direction": one.direction,
                "target": value.target.value or f"{value.target.low}–{value.target.high}",
                "verdict": value.verdict if value.known == "known" else "unknown",
            })  # fmt: skip
    return found


def _last_month(asked: Asked) -> str:
    year, month = divmod(asked.until_on.year * 12 + asked.until_on.month - 2, 12)
    return f"{year:04d}-{month + 1:02d}"


def _of_vendors(reader: Reader, sql: str, asked: Asked, names: Names) -> list[dict[str, Any]]:
    rows = reader.rows(sql, [asked.from_on, asked.until_on])
    return [row for row in rows if row["vendor_id"] in names]


def _lights(asked: Asked, names: Names) -> dict[str, Any]:
    """Lights that came on in the period, and those that people ended in it."""
    on = alerts.lit_between(asked.consortium, names, asked.from_on, asked.until_on)
    ended = cases.steps_between(asked.consortium.pk, "vendor_alert", names, asked.from_on, asked.until_on)
    ended = ended.filter(to_state__in=ENDED).exclude(from_state__in=ENDED)
    if asked.shown_alone:
        on, ended = on.filter(party_sees=True), ended.filter(case__party_sees=True)
    return {
        "on": [[one.institution_id, one.colour, str(one.came_on), one.case.number] for one in on],
        "ended": [[one.case.institution_id, one.to_state, str(one.day), one.case.number] for one in ended],
    }


def _ratings(asked: Asked, names: Names) -> list[list[str]]:
    """The rating in force of each vendor at the end of the period; unrated where none is."""
    rows = ratings.in_force_before(asked.consortium, names, asked.until_on)
    if asked.shown_alone:
        rows = rows.filter(party_sees=True)
    last = {one.institution_id: one for one in rows}
    return [
        [code, last[code].standing, str(last[code].in_force_on), last[code].case.number]
        if code in last
        else [code, "unrated", "", ""]
        for code in names
    ]


def _shown(asked: Asked, rows: QuerySet[Any]) -> QuerySet[Any]:
    """What the vendor was told of, where the report is its own."""
    return rows.filter(shown=True) if asked.shown_alone else rows


def _checks(asked: Asked, names: Names) -> dict[str, int]:
    """Checks whose last day lies in the period, by where they stand."""
    rows = _shown(asked, oversight.due_between(asked.consortium, names, asked.from_on, asked.until_on))
    states = Counter(rows.values_list("case__state", flat=True))
    done = {name: states.pop(name, 0) for name in ("passed", "failed", "cancelled")}
    return {"due": sum(done.values()) + sum(states.values()), **done, "open": sum(states.values())}


def _site_complaints(asked: Asked, names: Names) -> dict[str, int]:
    """Complaints made on this site: opened in the period, closed by now, and how those who complained judged."""
    rows = _shown(asked, oversight.complained_between(asked.consortium, names, asked.from_on, asked.until_on))
    told = list(rows.values_list("case__closed_at", "satisfied"))
    return {
        "received": len(told),
        "closed": sum(closed is not None for closed, _said in told),
        "satisfied": sum(said is True for _closed, said in told),
        "judged": sum(said is not None for _closed, said in told),
    }


def _sanctions(asked: Asked, names: Names) -> list[list[Any]]:
    rows = _shown(asked, oversight.sanctioned_between(asked.consortium, names, asked.from_on, asked.until_on))
    return [
        [one.institution_id, one.act, one.fine_fen, one.revenue_fen, str(one.decided_on), one.appeal] for one in rows
    ]


def _rectifications(asked: Asked, names: Names) -> dict[str, int]:
    """Rectifications ordered, verified and fallen late in the period."""
    taken = cases.steps_between(asked.consortium.pk, "rectification", names, asked.from_on, asked.until_on)
    told = Counter(taken.values_list("about", flat=True))
    return {"ordered": told["rectification"], "verified": told["verify"], "late": told["fall_late"]}
