"""Reads of points: who has any, where one person stands, what was decided, and what was served while barred.

A reader sees practitioners that are registered at an institution in view, and those of cases in view. One file holds
for the whole country: what arose elsewhere counts, and is shown without place, number and act.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from zhunsheng.casework.bodies import walls
from zhunsheng.casework.bodies.scope import Scope
from zhunsheng.casework.cases import queries as cases
from zhunsheng.casework.cases.models import Case, CaseEvent
from zhunsheng.casework.points import policies
from zhunsheng.casework.points.models import PaymentRuling, PointEntry
from zhunsheng.casework.points.standing import Decision, Interval, Standing, intervals, standing
from zhunsheng.casework.points.tasks import as_fact
from zhunsheng.facts.rulings import Ruling

STATES = ("free", "watched", "suspended", "terminated")


@dataclass(frozen=True, slots=True)
class Given:
    """Points as they are shown: by a case of this site (``case`` its key, where the reader sees it) or by a register.

    ``differs``: site and register tell one decision differently; that of the site counts.
    """

    decision: Decision
    practitioner_id: str
    act: str
    responsibility: str
    source: str
    case: int | None = None
    hidden: bool = False
    differs: bool = False


@dataclass(frozen=True, slots=True)
class Barred:
    """A ruling as it is shown."""

    ruling: Ruling
    source: str
    case: int | None = None
    voided: bool = False
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Person:
    """A practitioner with points or rulings: name, institutions in view, standing, what stands behind it.

    ``disagree``: rulings of the site and those of the imported register do not cover the same days.
    """

    practitioner_id: str
    name: str
    places: tuple[str, ...]
    standing: Standing
    given: tuple[Given, ...]
    rulings: tuple[Barred, ...]
    disagree: bool


def people(scope: Scope, day: date) -> list[Person]:
    """Return the practitioners in view that have points or rulings, the gravest state and most points first."""
    register, seen = _register(scope), _cases_in_view(scope)
    entries, decided = _own(), _ruled()
    visible = {one.practitioner_id for one in (*entries, *decided) if one.case_id in seen}
    given, barred = _imported(scope)
    known = set(register) | visible
    wanted = known & {one.practitioner_id for one in (*entries, *decided)} | known & (set(given) | set(barred))
    own_given, own_barred = _by_person(entries), _by_person(decided)
    found = [
        _person(scope, who, register.get(who, ("", ())), seen, day,
                own_given[who], own_barred[who], given.get(who, ()), barred.get(who, ()))
        for who in sorted(wanted)
    ]  # fmt: skip
    return sorted(found, key=lambda one: (-STATES.index(one.standing.state), -one.standing.points, one.practitioner_id))


def person(scope: Scope, practitioner_id: str, day: date) -> Person | None:
    """Return one practitioner in view, None where there is none with points or rulings."""
    return next((one for one in people(scope, day) if one.practitioner_id == practitioner_id), None)


def _register(scope: Scope) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Return name and institutions in view of the registered practitioners, by their code."""
    if scope.file is None:
        return {}
    sql = "SELECT practitioner_id, MAX(name) AS name, LIST(institution_id ORDER BY institution_id) AS places "
    with scope.lake() as reader:
        rows = reader.rows(sql + "FROM practitioner GROUP BY practitioner_id")
    return {row["practitioner_id"]: (row["name"], tuple(row["places"])) for row in rows}


def _cases_in_view(scope: Scope) -> frozenset[int]:
    wanted = ("points_decision", "payment_ruling")
    return frozenset(cases.cases(scope).filter(cycle__in=wanted).order_by().values_list("pk", flat=True))


def _own() -> list[PointEntry]:
    with walls.within(walls.SITE):
        return list(PointEntry.objects.exclude(from_on=None).select_related("case"))


def _ruled() -> list[PaymentRuling]:
    with walls.within(walls.SITE):
        return list(PaymentRuling.objects.select_related("case"))


def _by_person(rows: Iterable[Any]) -> defaultdict[str, list[Any]]:
    found = defaultdict(list)
    for one in rows:
        found[one.practitioner_id].append(one)
    return found


def _imported(scope: Scope) -> tuple[dict[str, list[dict[str, Any]]], dict[str, list[dict[str, Any]]]]:
    """Return what registers told of everyone, by person; the caller shows of it what its reader may see."""
    if scope.file is None:
        return {}, {}
    told: list[dict[str, list[dict[str, Any]]]] = []
    with scope.file.reader(None) as reader:
        for table in ("penalty_points", "payment_status"):
            rows = reader.rows(f"SELECT * FROM {table}") if table in scope.file.tables else []  # noqa: S608 - our own
            by_person: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
            for row in rows:
                if table == "penalty_points" or not row.get("decision"):
                    by_person[row["practitioner_id"]].append(row)
            told.append(by_person)
    return told[0], told[1]


def _person(
    scope: Scope,
    who: str,
    registered: tuple[str, tuple[str, ...]],
    seen: frozenset[int],
    day: date,
    own_given: list[PointEntry],
    own_barred: list[PaymentRuling],
    told_given: Iterable[dict[str, Any]],
    told_barred: Iterable[dict[str, Any]],
) -> Person:
    given = _agreed([_of_case(one, seen) for one in own_given], [_of_register(scope, row) for row in told_given])
    barred = [
        Barred(as_fact(one), "site", one.case_id if one.case_id in seen else None, one.voided, one.case_id not in seen)
        for one in own_barred
    ]
    own = [one.ruling for one in barred if not one.voided]
    told = [Ruling(who, row["status"], row["valid_from"], row["valid_to"], "") for row in told_barred]
    counted = [one.decision for one in given if not (one.source == "register" and one.differs)]
    return Person(
        practitioner_id=who,
        name=registered[0],
        places=registered[1],
        standing=standing(counted, [*own, *told], day, policies.scheme(day)),
        given=tuple(sorted(given, key=lambda one: (one.decision.from_on, one.decision.ref), reverse=True)),
        rulings=(*barred, *(Barred(one, "register") for one in told)),
        disagree=bool(told and own) and intervals(own) != intervals(told),
    )


def _of_case(entry: PointEntry, seen: frozenset[int]) -> Given:
    shown = entry.case_id in seen
    return Given(
        policies.decision_of(entry),
        entry.practitioner_id,
        entry.article,
        entry.responsibility,
        "site",
        entry.case_id if shown else None,
        hidden=not shown,
    )


def _of_register(scope: Scope, row: dict[str, Any]) -> Given:
    repaired = ((row["valid_from"], row["repaired"]),) if row["repaired"] else ()
    decision = Decision(
        row["decision"], row["institution_id"], row["valid_from"], row["points"], row["valid_to"], repaired
    )
    hidden = not scope.sees(row["institution_id"])
    return Given(
        decision, row["practitioner_id"], row["act"] or "", row["responsibility"] or "", "register", None, hidden
    )


def _agreed(own: list[Given], told: list[Given]) -> list[Given]:
    """Return both sides, each decision once where they agree; where they differ both are kept and marked."""
    by_ref = {one.decision.ref: one for one in own}
    found = {one.decision.ref: one for one in own}
    others = []
    for one in told:
        mine = by_ref.get(one.decision.ref)
        if mine is None:
            others.append(one)
        elif _essence(mine.decision) != _essence(one.decision):
            found[one.decision.ref] = replace(mine, differs=True)
            others.append(replace(one, differs=True))
    return [*found.values(), *others]


def _essence(one: Decision) -> tuple[Any, ...]:
    return one.from_on, one.points, one.ended_on, sum(points for _, points in one.credits)


def served(scope: Scope, practitioner_id: str, barred: Iterable[Interval]) -> list[dict[str, Any]]:
    """Return per interval and institution in view the charge lines of a barred practitioner, with their amount."""
    if scope.file is None:
        return []
    sql = (
        "SELECT institution_id, COUNT(*) AS lines, SUM(amount_fen) AS amount_fen, MIN(service_date) AS first, "
        "MAX(service_date) AS last FROM charge_line WHERE practitioner_id = ? AND service_date >= ? "
        "AND service_date < ? GROUP BY institution_id ORDER BY institution_id"
    )
    with scope.lake() as reader:
        return [
            {"interval": one, **row}
            for one in barred
            for row in reader.rows(sql, [practitioner_id, one.valid_from, one.valid_to or date.max])
        ]


def repairs(scope: Scope, practitioner_id: str) -> list[CaseEvent]:
    """Return the repairs of a person in the cases in view, with their proofs, newest first."""
    entries = PointEntry.objects.filter(practitioner_id=practitioner_id, case__in=cases.cases(scope).order_by())
    found = [
        one
        for entry in entries.select_related("case")
        for one in entry.case.events.filter(about="credit", kind="moved")
    ]
    return sorted(found, key=lambda one: one.pk, reverse=True)


def points_of(case: Case) -> dict[str, Any]:
    """Return whom a case of points or of a ruling is about, and with what; empty for other cases.

    Whoever sees such a case may know it: the party sees it from its notice on.
    """
    if case.cycle not in ("points_decision", "payment_ruling"):
        return {}
    said = case.events.filter(kind="opened").values_list("fields", flat=True).first() or {}
    return {name: said[name] for name in ("practitioner", "points", "status") if name in said}


def named_in(scope: Scope, findings: Iterable[str]) -> list[dict[str, Any]]:
    """Return whom findings in view name: practitioner, name, how many, the amount at stake."""
    if scope.file is None:
        return []
    keys = list(findings)
    marks = ", ".join("?" for _ in keys) or "NULL"
    sql = (
        "SELECT f.practitioner_id, MAX(p.name) AS name, COUNT(DISTINCT f.finding_id) AS findings, "  # noqa: S608 - marks
        f"SUM(f.amount_fen) AS amount_fen FROM (SELECT * FROM finding WHERE finding_id IN ({marks})) f "
        "LEFT JOIN (SELECT practitioner_id, MAX(name) AS name FROM practitioner GROUP BY 1) p "
        "ON p.practitioner_id = f.practitioner_id WHERE f.practitioner_id IS NOT NULL "
        "GROUP BY f.practitioner_id ORDER BY amount_fen DESC, f.practitioner_id"
    )
    with scope.lake() as reader:
        return reader.rows(sql, keys)
