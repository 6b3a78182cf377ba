"""Reads of the ledger within a scope: the list with its totals, the entries of a case, the credit record, the check."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet, Sum

from zhunsheng.book.cycles import Cycle
from zhunsheng.casework.bodies.scope import Scope
from zhunsheng.casework.cases import computing, money, queries
from zhunsheng.casework.cases.models import Case
from zhunsheng.casework.ledger.actions import standing
from zhunsheng.casework.ledger.models import CreditRecord, LedgerEntry, Standing

#: What of the recoveries may be asked for.
DUES = ("", "open", "late", "soon", "paid")
SOON_DAYS = 30


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of the recoveries is asked for: an institution, a state, an account, and what is due on a day."""

    institution: str = ""
    state: str = ""
    account: str = ""
    due: str = ""


@dataclass(slots=True)
class Totals:
    """Sums in fen: owed, paid, late, still open."""

    owed: int = 0
    paid: int = 0
    late: int = 0
    left: int = 0

    def add(self, rows: list[Standing], day: date) -> None:
        """Add the standings of a case as they are on a day."""
        self.owed += sum(one.owed_fen for one in rows)
        self.paid += sum(one.paid_fen for one in rows)
        self.late += sum(late_fen(one, day) for one in rows)
        self.left += sum(one.left_fen for one in rows)


@dataclass(slots=True)
class Line:
    """A case in the list, with its sums and the day on which something is due next."""

    case: Case
    next_on: date | None = None
    totals: Totals = field(default_factory=Totals)


def late_fen(one: Standing, day: date) -> int:
    """Return what of a standing should have been paid before a day."""
    return sum(fen for on, fen in one.dues if on < str(day))


def recoveries(scope: Scope, wanted: Wanted, day: date) -> QuerySet[Standing]:
    """Return the standings in view that are asked for, the one that is due first in front."""
    found = Standing.objects.filter(case__in=queries.cases(scope).order_by()).select_related("case", "case__body")
    known = {"case__institution_id": wanted.institution, "case__state": wanted.state, "account": wanted.account}
    found = found.filter(**{name: value for name, value in known.items() if value})
    soon = date.fromordinal(day.toordinal() + SOON_DAYS)
    dues = {
        "open": Q(next_on__isnull=False), "late": Q(next_on__lt=day), "soon": Q(next_on__gte=day, next_on__lte=soon),
        "paid": Q(next_on=None, paid_fen__gt=0),
    }  # fmt: skip
    return found.filter(dues[wanted.due]) if wanted.due else found


def lines(found: QuerySet[Standing], day: date) -> list[Line]:
    """Return the cases of standings, each once, the one that is due first in front."""
    by_case: dict[int, list[Standing]] = {}
    for one in found:
        by_case.setdefault(one.case_id, []).append(one)
    made = []
    for rows in by_case.values():
        line = Line(rows[0].case, min((one.next_on for one in rows if one.next_on), default=None))
        line.totals.add(rows, day)
        made.append(line)
    return sorted(made, key=lambda line: (str(line.next_on or "9"), line.case.number))


def totals(made: list[Line]) -> Totals:
    """Return the sums of lines."""
    found = Totals()
    for line in made:
        for name in ("owed", "paid", "late", "left"):
            setattr(found, name, getattr(found, name) + getattr(line.totals, name))
    return found


def entries(scope: Scope, case: Case) -> QuerySet[LedgerEntry]:
    """Return the entries of a case in view, oldest first; whom the case is about sees its own."""
    seen = queries.cases(scope).order_by().filter(pk=case.pk)
    return LedgerEntry.objects.filter(case__in=seen).select_related("event").order_by("number")


def count_entries() -> int:
    """Return how many entries the ledger of the whole site holds, for the command line."""
    return LedgerEntry.objects.count()


def credit(scope: Scope, institution_id: str = "") -> QuerySet[CreditRecord]:
    """Return the credit records in view, newest first, of one institution or of all."""
    found = scope.rows(CreditRecord.objects.select_related("case"))
    return found.filter(institution_id=institution_id) if institution_id else found


@dataclass(frozen=True, slots=True)
class Difference:
    """A place where ledger, steps and case disagree: the case, what is compared, and both sides."""

    number: str
    what: str
    ledger: Any
    steps: Any

    def __str__(self) -> str:
        return f"{self.number} {self.what}: {self.ledger} / {self.steps}"


def differences() -> Iterator[Difference]:
    """Yield every place of the whole site where the ledger is not what the steps of its case make."""
    for case in queries.every_case():
        if case.life.recovery is not None:
            yield from _of_case(case, case.life)


def _of_case(case: Case, life: Cycle) -> Iterator[Difference]:
    book = money.read(life, computing.done_of(case))
    if book is None:
        return
    names = ("kind", "charge", "account", "amount_fen", "day", "voucher", "reverses")
    rows = list(LedgerEntry.objects.filter(case=case).select_related("event").order_by("number"))
    kept = [(one.event.sequence, *(getattr(one, name) for name in names)) for one in rows]
    made = [(one.sequence, *(getattr(one, name) for name in names)) for one in book.postings]
    if kept != made:
        yield Difference(case.number, "entries", len(kept), len(made))
    evidence = [one.number for one in rows if one.evidence != one.event.evidence or one.event.case_id != case.pk]
    if evidence:
        yield Difference(case.number, "evidence", evidence, [])
    for account in life.recovery.accounts if life.recovery and book.decided else ():
        copy = Standing.objects.filter(case=case, account=account.id).values("owed_fen", "paid_fen", "next_on", "dues")
        if copy.first() != standing(book, account.id):
            yield Difference(case.number, f"standing {account.id}", copy.first(), standing(book, account.id))
    total = LedgerEntry.objects.filter(case=case).aggregate(sum=Sum("amount_fen"))["sum"] or 0
    open_ = book.left() - sum(book.over.values()) + sum(fen for _done, _charge, fen in book.waiting)
    if total != open_:
        yield Difference(case.number, "balance", total, open_)
    if case.state in ("paid", "looking_back", "closed") and total:
        yield Difference(case.number, f"state {case.state}", total, 0)
