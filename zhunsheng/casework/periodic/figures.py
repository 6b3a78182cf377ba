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

from zhunsheng.casework.alerts.models import Alert
from zhunsheng.casework.bodies import walls
from zhunsheng.casework.bodies.lake import Reader, RunFile
from zhunsheng.casework.bodies.models import Body, BodyKind
from zhunsheng.casework.bodies.scope import held
from zhunsheng.casework.cases.models import CaseEvent
from zhunsheng.casework.indicators.queries import Wanted, series, stale_ids
from zhunsheng.casework.oversight.models import Sanction, VendorCheck, VendorComplaint
from zhunsheng.casework.periodic import library
from zhunsheng.casework.ratings.models import Rating
from zhunsheng.casework.vendors.models import ServiceLine, Vendor
from zhunsheng.indicators.values import judge, printed, together
from zhunsheng.kernel.files import canonical, digest

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
        vendors = _vendors(asked)
        content = {
            "period": [str(asked.from_on), str(asked.until_on)],
            "run": str(file.manifest["run_id"]),
            "as_of": str(file.manifest["as_of"]),
            "book": str(file.manifest.get("book_digest", "")),
            "vendors": vendors,
            "lights": _lights(asked, vendors),
            "ratings": _ratings(asked, vendors),
            "checks": _checks(asked, vendors),
            "sanctions": _sanctions(asked, vendors),
            "rectifications": _rectifications(asked, vendors),
            "site_complaints": _site_complaints(asked, vendors),
        }
    with file.reader(_seen(asked, vendors)) as reader:
        content["indicators"] = _indicators(reader, asked, vendors)
        content["complaints"] = _of_vendors(reader, _COMPLAINTS, asked, vendors)
        content["incidents"] = _of_vendors(reader, _INCIDENTS, asked, vendors)
    return content, digest(canonical(content))


def _vendors(asked: Asked) -> dict[str, str]:
    """The vendors of the report by code: the one, or all that served the consortium before the period was over."""
    lines = ServiceLine.objects.filter(body=asked.consortium).exclude(entered_on=None)
    lines = lines.filter(entered_on__lt=asked.until_on)
    codes = {asked.vendor} if asked.vendor else set(lines.values_list("institution_id", flat=True))
    found = Vendor.objects.filter(institution_id__in=codes).order_by("institution_id")
    return dict(found.values_list("institution_id", "name"))


def _seen(asked: Asked, vendors: dict[str, str]) -> frozenset[str] | None:
    if asked.vendor:
        return frozenset({asked.vendor})
    seen = held(asked.consortium)
    return None if seen is None else seen | set(vendors)


def _indicators(reader: Reader, asked: Asked, vendors: dict[str, str]) -> list[dict[str, Any]]:
    """The indicators with a target over the period, by vendor; of another definition than counted: not judged."""
    first, last = f"{asked.from_on:%Y-%m}", _last_month(asked)
    span = (asked.until_on.year - asked.from_on.year) * 12 + asked.until_on.month - asked.from_on.month
    months, known = Wanted(last, span).months, library.indicators()
    counts, old = series(reader, since=first), stale_ids(reader, known.values())
    found = []
    for key, one in sorted(known.items()):
        for code in sorted(set(counts.get(key, {})) & set(vendors)):
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


def _of_vendors(reader: Reader, sql: str, asked: Asked, vendors: dict[str, str]) -> list[dict[str, Any]]:
    rows = reader.rows(sql, [asked.from_on, asked.until_on])
    return [row for row in rows if row["vendor_id"] in vendors]


def _shown(asked: Asked, rows: QuerySet[Any], gate: str, vendors: dict[str, str]) -> QuerySet[Any]:
    rows = rows.filter(body=asked.consortium, institution_id__in=vendors)
    return rows.filter(**{gate: True}) if asked.shown_alone else rows


def _lights(asked: Asked, vendors: dict[str, str]) -> dict[str, Any]:
    """Lights that came on in the period, and those that people ended in it."""
    on = _shown(asked, Alert.objects.exclude(outcome="dismissed"), "party_sees", vendors)
    on = on.filter(came_on__gte=asked.from_on, came_on__lt=asked.until_on).order_by("came_on", "pk")
    ended = CaseEvent.objects.filter(
        case__cycle="vendor_alert", case__body=asked.consortium, case__institution_id__in=vendors,
        to_state__in=("released", "terminated"), day__gte=asked.from_on, day__lt=asked.until_on,
    ).exclude(from_state__in=("released", "terminated"))  # fmt: skip
    if asked.shown_alone:
        ended = ended.filter(case__party_sees=True)
    rows = on.values_list("institution_id", "colour", "came_on", "case__number")
    return {
        "on": [[code, colour, str(day), number] for code, colour, day, number in rows],
        "ended": [
            [code, state, str(day), number]
            for code, state, day, number in ended.order_by("day", "pk").values_list(
                "case__institution_id", "to_state", "day", "case__number")
        ],
    }  # fmt: skip


def _ratings(asked: Asked, vendors: dict[str, str]) -> list[list[str]]:
    """The rating in force of each vendor at the end of the period; unrated where none is."""
    rows = _shown(asked, Rating.objects.filter(outcome="in_force"), "party_sees", vendors)
    rows = rows.filter(in_force_on__lt=asked.until_on).order_by("in_force_on", "pk")
    last = {one.institution_id: one for one in rows.select_related("case")}
    return [
        [code, last[code].standing, str(last[code].in_force_on), last[code].case.number]
        if code in last
        else [code, "unrated", "", ""]
        for code in vendors
    ]


def _checks(asked: Asked, vendors: dict[str, str]) -> dict[str, int]:
    """Checks whose last day lies in the period, by where they stand; the vendor is told of those that it may see."""
    rows = _shown(asked, VendorCheck.objects.all(), "shown", vendors)
    states = Counter(
        rows.filter(due_on__gte=asked.from_on, due_on__lt=asked.until_on).values_list("case__state", flat=True)
    )
    done = {name: states.pop(name, 0) for name in ("passed", "failed", "cancelled")}
    return {"due": sum(done.values()) + sum(states.values()), **done, "open": sum(states.values())}


def _site_complaints(asked: Asked, vendors: dict[str, str]) -> dict[str, int]:
    """Complaints made on this site: opened in the period, closed by now, and how those who complained judged."""
    rows = _shown(asked, VendorComplaint.objects.all(), "shown", vendors)
    rows = rows.filter(case__opened_at__date__gte=asked.from_on, case__opened_at__date__lt=asked.until_on)
    told = list(rows.values_list("case__closed_at", "satisfied"))
    return {
        "received": len(told),
        "closed": sum(closed is not None for closed, _said in told),
        "satisfied": sum(said is True for _closed, said in told),
        "judged": sum(said is not None for _closed, said in told),
    }


def _sanctions(asked: Asked, vendors: dict[str, str]) -> list[list[Any]]:
    rows = _shown(asked, Sanction.objects.all(), "shown", vendors)
    rows = rows.filter(decided_on__gte=asked.from_on, decided_on__lt=asked.until_on).order_by("decided_on", "pk")
    return [
        [one.institution_id, one.act, one.fine_fen, one.revenue_fen, str(one.decided_on), one.appeal] for one in rows
    ]


def _rectifications(asked: Asked, vendors: dict[str, str]) -> dict[str, int]:
    """Rectifications ordered, verified and fallen late in the period."""
    taken = CaseEvent.objects.filter(
        case__cycle="rectification", case__body=asked.consortium, case__institution_id__in=vendors,
        day__gte=asked.from_on, day__lt=asked.until_on,
    )  # fmt: skip
    told = Counter(taken.values_list("about", flat=True))
    return {"ordered": told["rectification"], "verified": told["verify"], "late": told["fall_late"]}
