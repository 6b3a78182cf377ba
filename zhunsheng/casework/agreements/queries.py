"""Reads of agreements: the list, the check of one, what was promised and priced on a day, what was declared."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Prefetch, QuerySet

from zhunsheng.casework.agreements import library
from zhunsheng.casework.agreements.checking import Checked, checked
from zhunsheng.casework.agreements.models import (
    Agreement,
    AnnexPrice,
    ClauseMark,
    ConflictCheck,
    Declaration,
    PriceFiling,
    SlaValue,
)
from zhunsheng.casework.agreements.states import BOUND, SIGNED, UNSIGNED
from zhunsheng.casework.bodies import walls
from zhunsheng.casework.bodies.models import Body
from zhunsheng.casework.bodies.scope import Scope
from zhunsheng.casework.cases import queries as cases
from zhunsheng.casework.cases.models import Case
from zhunsheng.casework.vendors import library as kinds
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.ids import identity
from zhunsheng.kernel.quantity import plain
from zhunsheng.relations.conflict import Conflict, Declared
from zhunsheng.relations.graph import Chain

#: The life-cycle by which an item may lie above the band.
EXCEPTION = "price_exception"
#: Percent of cases not known above which a mean is not told; that of an indicator that names no other.
UNKNOWN_MOST = 5
SCALE = 10_000


@dataclass(frozen=True, slots=True)
class Line:
    """An agreement in a list: its clauses that block, and the days until it ends (None: not signed)."""

    agreement: Agreement
    missing: list[Checked]
    left: int | None
    rank: int


@dataclass(frozen=True, slots=True)
class Promised:
    """A promised value that holds on a day, x 10^4, with the agreement that says so."""

    indicator: str
    value_e4: int
    valid_from: date
    agreement: Agreement


def agreements(scope: Scope) -> QuerySet[Agreement]:
    """Return the agreements in view."""
    return scope.rows(Agreement.objects.select_related("vendor", "body", "case"))


def one(scope: Scope, pk: int) -> Agreement:
    """Return an agreement in view. Raises Problem ZS701."""
    found = agreements(scope).filter(pk=pk).first()
    if found is None:
        raise Problem("ZS701")
    return found


def of_case(case: Case | None) -> Agreement:
    """Return the agreement of a case. Raises Problem ZS701."""
    with walls.within(walls.SITE):
        found = Agreement.objects.select_related("vendor", "body", "case").filter(case=case).first()
    if found is None:
        raise Problem("ZS701")
    return found


def check_of(agreement: Agreement, day: date) -> list[Checked]:
    """Return the check of an agreement's clauses on a day: all that is asked of its kind of service then."""
    return checks_of([agreement], day)[agreement.pk]


def checks_of(found: list[Agreement], day: date) -> dict[int, list[Checked]]:
    """Return the checks of the clauses of agreements on a day by their keys: three queries for all."""
    marks: dict[int, list[ClauseMark]] = defaultdict(list)
    with walls.within(walls.SITE):
        for mark in ClauseMark.objects.filter(agreement__in=found).select_related("told_by"):
            marks[mark.agreement_id].append(mark)
        rows = {"sla": SlaValue.objects, "prices": AnnexPrice.objects}
        listed = {name: set(held.filter(agreement__in=found).values_list("agreement", flat=True).distinct().order_by())
                  for name, held in rows.items()}  # fmt: skip
    told = {}
    for one in found:
        asked = library.clauses().asked(kinds.kinds().kind(one.kind), day)
        told[one.pk] = checked(asked, marks[one.pk], [name for name, those in listed.items() if one.pk in those])
    return told


def lines(found: Iterable[Agreement], day: date) -> list[Line]:
    """Return agreements worst first: ended and still open, missing clauses, ending soon, not signed, then by end."""
    soon, held = library.clauses().expiring_days.days, list(found)
    told, made = checks_of([one for one in held if one.state in UNSIGNED | SIGNED], day), []
    for agreement in held:
        missing = [c for c in told.get(agreement.pk, ()) if c.blocks]
        left = (agreement.valid_to - day).days if agreement.valid_to and agreement.state in SIGNED else None
        made.append(Line(agreement, missing, left, _rank(agreement, missing, left, soon)))
    return sorted(made, key=lambda one: (one.rank, one.left if one.left is not None else 10**6, one.agreement.pk))


def _rank(agreement: Agreement, missing: list[Checked], left: int | None, soon: int) -> int:
    if left is not None and left <= 0:
        return 0
    if missing:
        return 1
    if left is not None and left <= soon:
        return 2
    if agreement.state in UNSIGNED:
        return 3
    return 4 if agreement.state in SIGNED else 5


def holds(agreement: Agreement, day: date) -> bool:
    """Whether an agreement held on a day, also where it has ended since: what was done then is settled by it."""
    if agreement.state not in BOUND or agreement.valid_from is None or day < agreement.valid_from:
        return False
    ends = [one for one in (agreement.valid_to, agreement.ended_on) if one is not None]
    return day < min(ends)


def of_vendor(vendor: str, kind: str, day: date) -> list[Agreement]:
    """Return the agreements with a vendor on a kind of service that held on a day, the newest first."""
    with walls.within(walls.SITE):
        rows = Agreement.objects.filter(institution_id=vendor, kind=kind, state__in=sorted(BOUND))
        found = [one for one in rows.select_related("body", "case") if holds(one, day)]
    return sorted(found, key=lambda one: (one.valid_from or day, one.pk), reverse=True)


def sla(vendor: str, kind: str, indicator: str, day: date, body_id: int | None = None) -> Promised | None:
    """Return what a vendor promised of an indicator for a day, or None where no agreement says anything.

    ``body_id``: of one body that buys; without it the stricter of several is not guessed: the newest agreement speaks.
    """
    for agreement in of_vendor(vendor, kind, day):
        if body_id is not None and agreement.body_id != body_id:
            continue
        with walls.within(walls.SITE):
            rows = SlaValue.objects.filter(agreement=agreement, indicator=indicator, valid_from__lte=day)
            found = rows.order_by("-valid_from").first()
        if found is not None:
            return Promised(indicator, found.value_e4, found.valid_from, agreement)
    return None


@dataclass(frozen=True, slots=True)
class Owed:
    """A promised value of a vendor, x 10^4 of its unit, in force from a day on.

    ``indicator`` counts the same; empty where nothing does.
    """

    vendor: str
    indicator: str
    direction: str
    value_e4: int
    valid_from: date
    unit: str


def owed(body_id: int, day: date) -> list[Owed]:
    """Return what vendors promised one body for a day, whoever asks; also what nothing counts."""
    listed = {one.id: one for one in library.clauses().sla}
    with walls.within(walls.SITE):
        rows = Agreement.objects.filter(body_id=body_id, state__in=sorted(BOUND)).order_by("institution_id", "pk")
        held = [one for one in rows.select_related("case") if holds(one, day)]
        values = SlaValue.objects.filter(agreement__in=held, indicator__in=listed, valid_from__lte=day)
        latest = {(one.agreement_id, one.indicator): one for one in values.order_by("valid_from", "pk")}
    return [
        Owed(one.institution_id, told.counted_of(one.kind), told.direction, value.value_e4, value.valid_from, told.unit)
        for one in held
        for (agreement, name), value in sorted(latest.items())
        if agreement == one.pk and (told := listed[name])
    ]


def keeps(
    promised_e4: int, direction: str, numerator: int, denominator: int, unknown: int, unit: str = "%"
) -> bool | None:
    """Whether counts keep a promised percentage or mean of hours (x 10^4); None where nothing, or not all, is known.

    Unknown cases may fall on either side of a share: it is kept, or broken, only where it is so both times. Nobody
    knows how long an open one will take: a mean is told where few are open, as an indicator is (UNKNOWN_MOST).
    """
    if denominator <= 0:
        return None
    if unit == "h":
        few = unknown * 100 <= UNKNOWN_MOST * (denominator + unknown)
        return _within(numerator * SCALE, promised_e4 * 3600 * denominator, direction) if few else None
    limit = promised_e4 * (denominator + unknown)
    sides = {_within(one * 100 * SCALE, limit, direction) for one in (numerator, numerator + unknown)}
    return sides.pop() if len(sides) == 1 else None


def _within(value: int, limit: int, direction: str) -> bool:
    return value >= limit if direction == "at_least" else value <= limit


def price(vendor: str, kind: str, item_code: str, day: date) -> AnnexPrice | None:
    """Return the agreed price of an item for a day on which the service was done, or None."""
    for agreement in of_vendor(vendor, kind, day):
        with walls.within(walls.SITE):
            rows = AnnexPrice.objects.filter(agreement=agreement, item_code=item_code, valid_from__lte=day)
            found = rows.order_by("-valid_from").first()
        if found is not None:
            return found
    return None


def parts(agreement: Agreement) -> tuple[list[SlaValue], list[AnnexPrice]]:
    """Return the promised values and the prices of an agreement in view, newest first within each."""
    with walls.within(walls.SITE):
        promised = list(SlaValue.objects.filter(agreement=agreement).order_by("indicator", "-valid_from"))
        return promised, list(AnnexPrice.objects.filter(agreement=agreement).order_by("item_code", "-valid_from"))


def filings(scope: Scope, vendor: str) -> QuerySet[PriceFiling]:
    """Return the prices that a vendor in view filed on its page, item by item, the newest first."""
    return scope.rows(PriceFiling.objects.filter(institution_id=vendor).select_related("filed_by", "delivery"))


def declarations(scope: Scope) -> QuerySet[Declaration]:
    """Return what was declared of vendors, in view."""
    return scope.rows(Declaration.objects.select_related("case", "body"))


def declared(scope: Scope, day: date) -> list[Declared]:
    """Return the declarations in view that stand on a day, as the finder of conflicts takes them."""
    rows = [one for one in declarations(scope).filter(declared_on__lte=day) if not one.ended_on or one.ended_on > day]
    return [Declared(one.person_id, one.institution_id, one.declared_on, one.recused_on) for one in rows]


def checks(scope: Scope) -> dict[tuple[str, str], ConflictCheck]:
    """Return the newest check in view by person and vendor."""
    rows = scope.rows(ConflictCheck.objects.select_related(None).prefetch_related(Prefetch("case"))).order_by("pk")
    return {(one.person_id, one.institution_id): one for one in rows}


def parts_of(found: Iterable[Agreement]) -> tuple[list[SlaValue], list[AnnexPrice]]:
    """Return the promised values and the prices of several agreements in view."""
    held = list(found)
    with walls.within(walls.SITE):  # an agreement that is shown is shown whole
        promised = list(SlaValue.objects.filter(agreement__in=held))
        return promised, list(AnnexPrice.objects.filter(agreement__in=held))


def key_of(body: Body, one: Conflict) -> str:
    """Return the key under which a chain is checked once for a body, by a person or by the run."""
    return f"conflict-{body.pk}-{identity('conflict', one.person_id, one.holder_id, one.vendor_id, chain_of(one))}"


def chain_of(one: Conflict) -> str:
    """Return a conflict as text: who holds how much of what down to the vendor, and the posts that count."""
    lines = [_told(chain) for chain in one.held.chains]
    lines += [f"{post.holder_name or post.holder_id}（{post.role}）→ {post.company_id}" for post, _chain in one.posts]
    whose = f"{one.tie.relation or 'relative'} {one.holder_id}：" if one.tie else ""
    return f"{whose}{'；'.join(lines)}"[:2000]


def _told(chain: Chain) -> str:
    """Return a chain from its upper end to the company, shares as they are recorded."""
    shares = ["?" if step.share_ppm is None else f"{plain(step.share_ppm, 4)}%" for step in chain.steps]
    steps = [f"{step.holder_name or step.holder_id} {share}" for step, share in zip(chain.steps, shares, strict=True)]
    return " → ".join([*steps, chain.steps[-1].company_id])


def exceptions(scope: Scope, vendor: str) -> list[Case]:
    """Return what was asked, granted or refused of exceptions from the price band of a vendor in view, newest first."""
    return list(cases.of_cycle(scope, EXCEPTION).filter(institution_id=vendor))


def exceptions_asked(vendor: str, body: Body | None) -> dict[str, str]:
    """Return the items of a vendor whose exception waits for a decision at a body, with the number of the case."""
    with walls.within(walls.SITE):
        waiting = cases.every_about(vendor).filter(cycle=EXCEPTION, state="asked", body=body).prefetch_related("events")
        return {asked_for(one)["item"]: one.number for one in waiting}


def asked_for(case: Case) -> dict[str, Any]:
    """Return what a case was opened with: item, percent and reason of an exception."""
    return min(case.events.all(), key=lambda one: one.sequence).fields
