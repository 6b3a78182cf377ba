"""The money of a case: a pure function of its steps. Amounts are integer fen; what is owed is positive, paid negative.

Every step that books money adds postings and changes none. What is owed stands in rows of one charge and one day;
payments are set against the rows of their account, oldest first. So at any time, for each charge, the sum of its
postings is what its rows still hold less what was paid too much.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from zhunsheng.book.cycles import Cycle
from zhunsheng.book.recovery import Charge, Recovery
from zhunsheng.kernel.money import part

_DAY = timedelta(days=1)
#: Kinds of postings that say what is owed.
_CHARGED = frozenset({"owed", "late", "adjusted"})
#: Days over which a late penalty is computed at most: ten years.
MOST_DAYS = 3650


@dataclass(frozen=True, slots=True)
class Done:
    """A step as far as money is concerned: the move, its place in the case, its day and its fields."""

    about: str
    sequence: int
    day: date
    fields: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Posting:
    """One entry of the ledger: what it is, of which charge and account, and the step that made it."""

    sequence: int
    kind: str
    charge: str
    account: str
    amount_fen: int
    day: date
    voucher: str = ""
    reverses: int | None = None


@dataclass(slots=True)
class Row:
    """What of one charge is due on one day, and every change of it by day; ``left`` is what is still to be paid."""

    on: date
    charge: str
    changes: list[tuple[date, int]] = field(default_factory=list)

    @property
    def left(self) -> int:
        """What is still to be paid."""
        return sum(fen for _day, fen in self.changes)

    def before(self, day: date) -> int:
        """What stood open of the row before a day."""
        return sum(fen for changed, fen in self.changes if changed < day)


@dataclass(frozen=True, slots=True)
class Instalment:
    """What is due to one account on one day: what it was, and what is left of it."""

    on: date
    account: str
    owed_fen: int
    left_fen: int

    @property
    def paid_fen(self) -> int:
        """What was set against it."""
        return self.owed_fen - self.left_fen


@dataclass(slots=True)
class Book:
    """Postings and rows of a case. ``over`` holds what was paid too much of a charge, ``live`` the present plan."""

    recovery: Recovery
    postings: list[Posting] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    live: list[Row] = field(default_factory=list)
    over: dict[str, int] = field(default_factory=dict)
    decided: bool = False
    due_days: int = 0
    waiting: list[tuple[Done, Charge, int]] = field(default_factory=list)
    spread_whole: bool = False

    def balance(self, *, account: str = "", charge: str = "") -> int:
        """Return what is still owed in fen; negative where more was paid than is owed."""
        return sum(
            one.amount_fen for one in self.postings if account in ("", one.account) and charge in ("", one.charge)
        )

    def owed(self, account: str = "") -> int:
        """Return what was ever charged, as adjusted."""
        return sum(one.amount_fen for one in self.postings if one.kind in _CHARGED and account in ("", one.account))

    def paid(self, account: str = "") -> int:
        """Return what was received, reversals and refunds taken off."""
        return self.owed(account) - self.balance(account=account)

    def left(self, account: str = "") -> int:
        """Return what of the rows is still to be paid."""
        return sum(one.left for one in self.live if account in ("", self._account(one)))

    def late(self, day: date, account: str = "") -> int:
        """Return what should have been paid before a day and was not."""
        return sum(one.left for one in self.live if one.on < day and account in ("", self._account(one)))

    def instalments(self) -> list[Instalment]:
        """Return the present plan by day and account, oldest first."""
        found: dict[tuple[date, str], list[int]] = {}
        for row in self.live:
            owed, left = found.setdefault((row.on, self._account(row)), [0, 0])
            found[row.on, self._account(row)] = [owed + row.changes[0][1], left + row.left]
        return [Instalment(on, account, *sums) for (on, account), sums in sorted(found.items())]

    def next_on(self) -> date | None:
        """Return the first day on which something is due that is not paid."""
        return min((one.on for one in self.live if one.left > 0), default=None)

    def _account(self, row: Row) -> str:
        return self.recovery.charge(row.charge).account


def read(cycle: Cycle, done: Iterable[Done]) -> Book | None:
    """Return the book of a case after its steps; None for a life-cycle without money."""
    if cycle.recovery is None:
        return None
    book, moves = Book(cycle.recovery), {move.id: move.books for move in cycle.moves}
    book.due_days = cycle.clock(cycle.recovery.due_clock).days
    for one in done:
        books = moves.get(one.about, "")
        if books:
            _BOOKS[books](book, one)
    return book


def _post(book: Book, one: Done, kind: str, charge: Charge, amount: int, **more: Any) -> None:
    if amount:
        book.postings.append(Posting(one.sequence, kind, charge.id, charge.account, amount, one.day, **more))


def _add(book: Book, on: date, charge: Charge, amount: int, day: date) -> None:
    if amount:
        row = Row(on, charge.id, [(day, amount)])
        book.rows.append(row)
        book.live.append(row)


def _decide(book: Book, one: Done) -> None:
    """What is decided is owed at once and due once it was served."""
    for charge in book.recovery.charges:
        amount = int(one.fields.get(charge.field, 0))
        _post(book, one, "owed", charge, amount)
        book.waiting.append((one, charge, amount))
    book.decided = True


def _serve(book: Book, one: Done) -> None:
    for decided, charge, amount in book.waiting:
        _add(book, one.day + _DAY * book.due_days, charge, amount, decided.day)
    book.waiting = []


def _adjust(book: Book, one: Done) -> None:
    """A changed decision: each charge that it names is now so much; the difference is posted, nothing is rewritten."""
    for charge in book.recovery.charges:
        if charge.field not in one.fields:
            continue
        stood = sum(p.amount_fen for p in book.postings if p.charge == charge.id and p.kind in _CHARGED)
        change = int(one.fields[charge.field]) - stood
        _post(book, one, "adjusted", charge, change)
        if change > 0:
            _add(book, one.day, charge, _netted(book, charge, change), one.day)
        elif change < 0:
            rows = [row for row in book.live if row.charge == charge.id]
            rest = _pay_off(rows, -change, one.day)[1]
            book.over[charge.id] = book.over.get(charge.id, 0) + rest


def _netted(book: Book, charge: Charge, amount: int) -> int:
    """Return what is left of an amount once what was paid too much of its charge is set against it."""
    taken = min(amount, book.over.get(charge.id, 0))
    book.over[charge.id] = book.over.get(charge.id, 0) - taken
    return amount - taken


def _pay_off(rows: Sequence[Row], amount: int, day: date) -> tuple[dict[str, int], int]:
    """Set an amount against rows, oldest first; return what went to each charge, and what is left of the amount."""
    taken: dict[str, int] = {}
    for row, fen in zip(rows, allocate([(row.on, row.left) for row in rows], amount), strict=True):
        if fen:
            row.changes.append((day, -fen))
            taken[row.charge] = taken.get(row.charge, 0) + fen
    return taken, amount - sum(taken.values())


def allocate(dues: Sequence[tuple[date, int]], amount: int) -> list[int]:
    """Return how much of an amount goes to each of several dues (day, fen), oldest first, equal days in their order."""
    found = [0] * len(dues)
    for n in sorted(range(len(dues)), key=lambda n: (dues[n][0], n)):
        found[n] = min(max(0, dues[n][1]), amount)
        amount -= found[n]
    return found


def _pay(book: Book, one: Done) -> None:
    account, day = one.fields["account"], date.fromisoformat(one.fields["paid_on"])
    rows = [row for row in book.live if book.recovery.charge(row.charge).account == account]
    taken, rest = _pay_off(rows, int(one.fields["paid_fen"]), day)
    if rest:  # a guard refuses it before; a book that lost money would be worse than none
        raise ValueError(f"a payment of {one.fields['paid_fen']} fen exceeds what is owed to {account}")
    for key, fen in taken.items():
        charge = book.recovery.charge(key)
        made = Posting(one.sequence, "payment", key, charge.account, -fen, day, one.fields["voucher"])
        book.postings.append(made)


def payment(book: Book, sequence: int) -> list[Posting]:
    """Return the postings of a payment that was not reversed; none for any other step."""
    reversed_ = {one.reverses for one in book.postings if one.kind == "reversal"}
    return [one for one in book.postings if one.sequence == sequence not in reversed_ and one.kind == "payment"]


def _reverse(book: Book, one: Done) -> None:
    """Undo a payment by its mirror: what it had paid is open again, the latest due first."""
    sequence = int(one.fields["payment"])
    for made in payment(book, sequence):
        charge = book.recovery.charge(made.charge)
        _post(book, one, "reversal", charge, -made.amount_fen, voucher=made.voucher, reverses=sequence)
        _open_again(book, charge, -made.amount_fen, one.day)


def _open_again(book: Book, charge: Charge, amount: int, day: date) -> None:
    amount = _netted(book, charge, amount)
    for row in sorted((r for r in book.live if r.charge == charge.id), key=lambda row: row.on, reverse=True):
        fen = min(amount, row.changes[0][1] - row.left)
        if fen > 0:
            row.changes.append((day, fen))
            amount -= fen
    _add(book, day, charge, amount, day)  # paid before the present plan was agreed


def _refund(book: Book, one: Done) -> None:
    """Give back what was paid too much to an account."""
    left = int(one.fields["refund_fen"])
    for charge in book.recovery.charges:
        fen = min(left, book.over.get(charge.id, 0)) if charge.account == one.fields["account"] else 0
        if fen:
            _post(book, one, "refund", charge, fen, voucher=one.fields["voucher"])
            book.over[charge.id] -= fen
            left -= fen


def _add_late(book: Book, one: Done) -> None:
    charge = book.recovery.charge(book.recovery.late.charge)
    amount = int(one.fields[charge.field])
    _post(book, one, "late", charge, amount)
    _add(book, one.day, charge, amount, one.day)


def _spread(book: Book, one: Done) -> None:
    """A plan takes the place of what was due before: its rows are filled with the charges in their order."""
    open_ = {charge.id: sum(r.left for r in book.live if r.charge == charge.id) for charge in book.recovery.charges}
    _close(book, one.day)
    for row in one.fields["plan"]:
        for account in book.recovery.accounts:
            amount = int(row.get(account.id, 0))
            for charge in book.recovery.charges:
                fen = min(amount, open_[charge.id]) if charge.account == account.id else 0
                _add(book, date.fromisoformat(row["on"]), charge, fen, one.day)
                open_[charge.id] -= fen
                amount -= fen
    book.spread_whole = one.fields.get("on_default") == "all_due"


def _close(book: Book, day: date) -> None:
    for row in book.live:
        row.changes.append((day, -row.left))
    book.live = []


def _default(book: Book, one: Done) -> None:
    """Where the plan says so, one missed instalment makes all later ones due on the day on which it was found."""
    later = [row for row in book.live if row.on > one.day and row.left > 0] if book.spread_whole else []
    for row in later:
        left = row.left
        row.changes.append((one.day, -left))
        book.live.remove(row)
        _add(book, one.day, book.recovery.charge(row.charge), left, one.day)


_BOOKS = {
    "decision": _decide, "service": _serve, "adjustment": _adjust, "payment": _pay, "reversal": _reverse,
    "refund": _refund, "late": _add_late, "plan": _spread, "default": _default,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days in a row, both held, on each of which the same amount was late."""

    first: date
    last: date
    late_fen: int

    @property
    def days(self) -> int:
        """How many days it holds."""
        return (self.last - self.first).days + 1


@dataclass(frozen=True, slots=True)
class LateSum:
    """A late penalty on a day: the stretches, what they come to, the cap, and what was charged before."""

    stretches: tuple[Stretch, ...]
    accrued_fen: int
    cap_fen: int
    charged_fen: int

    @property
    def days(self) -> int:
        """On how many days something was late."""
        return sum(one.days for one in self.stretches)

    @property
    def capped(self) -> bool:
        """Whether the cap holds it down."""
        return self.accrued_fen > self.cap_fen

    @property
    def open_fen(self) -> int:
        """What can be charged now."""
        return max(0, min(self.accrued_fen, self.cap_fen) - self.charged_fen)


def late_sum(book: Book, until: date) -> LateSum:
    """Return the late penalty up to a day, held. A day counts when the amount was due before it and open before it."""
    late = book.recovery.late
    rows = [row for row in book.rows if row.charge == late.of]
    stood = sum(p.amount_fen for p in book.postings if p.charge == late.of and p.kind in ("owed", "adjusted"))
    charged = sum(p.amount_fen for p in book.postings if p.charge == late.charge and p.kind in ("late", "adjusted"))
    stretches: list[Stretch] = []
    day = min((row.on for row in rows), default=until) + _DAY
    last = min(until, day + _DAY * MOST_DAYS)
    while day <= last:
        base = sum(max(0, row.before(day)) for row in rows if row.on < day)
        if base and stretches and (stretches[-1].late_fen, stretches[-1].last) == (base, day - _DAY):
            stretches[-1] = Stretch(stretches[-1].first, day, base)
        elif base:
            stretches.append(Stretch(day, day, base))
        day += _DAY
    whole = sum(one.days * one.late_fen for one in stretches)
    accrued, cap = part(whole, late.per_day_e4, 10_000), part(max(0, stood), late.most_e4, 10_000)
    return LateSum(tuple(stretches), accrued, cap, charged)


def proposed_plan(book: Book, first: date, parts: int) -> list[dict[str, Any]]:
    """Return equal parts of what is left, a month apart, the remainder of each account in the last."""
    found: list[dict[str, Any]] = [{"on": _months_on(first, n).isoformat()} for n in range(parts)]
    for account in book.recovery.accounts:
        left = book.left(account.id)
        each = left // parts
        for n, row in enumerate(found):
            row[account.id] = each if n < parts - 1 else left - each * (parts - 1)
    return found


def _months_on(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return day_of(year, month + 1, day.day)


def day_of(year: int, month: int, day: int) -> date:
    """Return a day of a month; its last one where the month is too short."""
    return date(year, month, min(day, monthrange(year, month)[1]))
