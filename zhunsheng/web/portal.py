"""What a vendor sees of itself on its home page: lights, ratings, cases, papers, checks, promises, staff, incidents."""

from __future__ import annotations

from datetime import date
from typing import Any

from zhunsheng.casework.alerts import library as lights
from zhunsheng.casework.alerts import queries as alerts
from zhunsheng.casework.bodies.scope import Scope
from zhunsheng.casework.cases import queries as cases
from zhunsheng.casework.cases.models import Case
from zhunsheng.casework.oversight import queries as oversight
from zhunsheng.casework.ratings import library as cards
from zhunsheng.casework.ratings import queries as ratings
from zhunsheng.casework.vendors import hours, library, queries
from zhunsheng.casework.vendors.duties import kept
from zhunsheng.casework.vendors.states import OVER
from zhunsheng.web import promises
from zhunsheng.web.views.ratings import why

#: Rows of each part; the rest is behind its link.
MOST = 12


def told(scope: Scope, code: str, day: date, *, rows: bool) -> dict[str, Any]:
    """Return all parts of the page of a vendor; each is read through the scope of who looks.

    ``rows``: whether who looks may open the rows behind a count.
    """
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
        "promises": list(promises.beside(scope, code, day, rows=rows)),
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


def _staff(scope: Scope, code: str, day: date) -> list[dict[str, Any]]:
    """Return who works there on a day with the hours of training of the year, in the file and in the imported data."""
    people = [one for one in queries.people(scope, code) if one.valid_to is None or day < one.valid_to]
    known = hours.counted(scope, [code], day)
    return [
        {"person": one, "typed": one.trained.get(str(day.year)), "counted": known.get((code, one.practitioner_id))}
        for one in people
    ]
