"""What a vendor sees of itself on its home page: lights, ratings, cases, papers, checks, promises, staff, incidents."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from zhunsheng.casework.agreements import queries as agreements
from zhunsheng.casework.agreements.library import clauses
from zhunsheng.casework.alerts import library as lights
from zhunsheng.casework.alerts import queries as alerts
from zhunsheng.casework.alerts import sources
from zhunsheng.casework.bodies.scope import Scope
from zhunsheng.casework.cases import queries as cases
from zhunsheng.casework.cases.models import Case
from zhunsheng.casework.oversight import queries as oversight
from zhunsheng.casework.ratings import library as cards
from zhunsheng.casework.ratings import queries as ratings
from zhunsheng.casework.vendors import hours, library, queries
from zhunsheng.casework.vendors.duties import kept
from zhunsheng.casework.vendors.states import OVER
from zhunsheng.lights.reasons import percent
from zhunsheng.web.views.ratings import why

#: Rows of each part; the rest is behind its link.
MOST = 12


def told(scope: Scope, code: str, day: date) -> dict[str, Any]:
    """Return all parts of the page of a vendor; each is read through the scope of who looks."""
    lines = [one for one in queries.lines(scope).filter(institution_id=code) if one.state not in OVER]
    open_cases = cases.cases(scope).filter(institution_id=code, closed_at=None).exclude(cycle="service_line")
    return {
        "lines": [{"line": one, "refusal": queries.refusal_of(one, day)} for one in lines],
        "alerts": [_alert(one) for one in alerts.alerts(scope, vendor=code)[:MOST]],
        "rating": _rating(scope, code, day),
        "cases": [_case(one, day) for one in open_cases.order_by("due_on", "pk")[:MOST]],
        "case_count": open_cases.count(),
        "papers": _papers(scope, code, day),
        "waiting": list(queries.papers(scope).filter(institution_id=code, accepted=None)[:MOST]),
        "duties": kept(code, {one.kind for one in lines}, day),
        "checks": [
            {"check": one, "standing": oversight.Standing(oversight.standing(one, day)), "kind": _check_kind(one)}
            for one in oversight.checks(scope).filter(institution_id=code).order_by("-due_on", "-pk")[:MOST]
        ],
        "promises": list(_promises(scope, code, day)),
        "staff": _staff(scope, code, day),
        "hours": library.kinds().training.hours,
        "incidents": list(cases.of_cycle(scope, "vendor_incident").filter(institution_id=code)[:MOST]),
    }


def _alert(one: Any) -> dict[str, Any]:
    light, reason = lights.lights().get(one.light), one.content.get("reason", ("", ""))
    state = one.case.life.state(one.case.state)
    return {"alert": one, "light": light, "state": state, "reason": {"zh": reason[0], "en": reason[1]}}


def _rating(scope: Scope, code: str, day: date) -> dict[str, Any] | None:
    """Return the latest rating in view with the reason of each point, and the days left to object while it may."""
    found = ratings.of_vendor(scope, code).first()
    if found is None:
        return None
    card, case = cards.cards().get(found.card.card), found.case
    left = (case.due_on - day).days if case.state == "noticed" and case.due_on else None
    lines = [why(one, card) for one in found.card.lines]
    return {"rating": found, "state": case.life.state(case.state), "left": left, "lines": lines}


def _case(one: Case, day: date) -> dict[str, Any]:
    left = (one.due_on - day).days if one.due_on else None
    return {"case": one, "state": one.life.state(one.state), "left": left}


def _papers(scope: Scope, code: str, day: date) -> list[queries.Expiry]:
    """Return the papers that have ended, or end within the furthest stage of the watch."""
    furthest = max(library.kinds().watch)
    found = queries.expiries(queries.papers(scope).filter(institution_id=code), day)
    return [one for one in found if one.left <= furthest]


def _check_kind(one: Any) -> Any:
    return oversight.library.checks().check(one.check_kind)


def _promises(scope: Scope, code: str, day: date) -> Iterator[dict[str, Any]]:
    """Yield each promised value in force beside the last month of the indicator that counts the same."""
    counted = _latest(scope, code)
    listed = {one.id: one for one in clauses().sla}
    for agreement in agreements.agreements(scope).filter(institution_id=code):
        if not agreements.holds(agreement, day):
            continue
        seen: set[str] = set()
        for value in agreements.parts(agreement)[0]:
            if value.indicator in seen or value.valid_from > day or value.indicator not in listed:
                continue
            seen.add(value.indicator)
            promise = listed[value.indicator]
            yield {"agreement": agreement, "promise": promise, "value": value,
                   **_beside(counted.get(promise.counted), value.value_e4, promise.direction)}  # fmt: skip


def _latest(scope: Scope, code: str) -> dict[str, Any]:
    """Return the counts of a vendor's last month by indicator; none before the first run."""
    if scope.file is None:
        return {}
    return {one.indicator_id: one for one in sources.values(scope.file, scope.readable) if one.subject_id == code}


def _beside(counted: Any, promised_e4: int, direction: str) -> dict[str, Any]:
    """Return what was counted and whether it keeps the promise; unknown where nothing, or not all, is known."""
    if counted is None or counted.denominator <= 0:
        return {"counted": None, "shown": "", "keeps": None}
    shown = f"{percent(counted.numerator * 10_000 // counted.denominator)}（{counted.numerator}/{counted.denominator}）"
    kept_ = agreements.keeps(promised_e4, direction, counted.numerator, counted.denominator, counted.unknown)
    return {"counted": counted, "shown": shown, "keeps": kept_}


def _staff(scope: Scope, code: str, day: date) -> list[dict[str, Any]]:
    """Return who works there on a day with the hours of training of the year, in the file and in the imported data."""
    people = [one for one in queries.people(scope, code) if one.valid_to is None or day < one.valid_to]
    known = hours.counted(scope, [code], day)
    return [
        {"person": one, "typed": one.trained.get(str(day.year)), "counted": known.get((code, one.practitioner_id))}
        for one in people
    ]
