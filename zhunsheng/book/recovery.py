"""What a life-cycle says of money: accounts, charges, the late penalty, and how a debt may be spread over time."""

from __future__ import annotations

from pydantic import Field

from zhunsheng.book.entry import Entry

NAME = r"^[a-z][a-z0-9_]{0,39}$"


class Account(Entry):
    """Where money is paid to. ``cite`` names the rule that says so."""

    id: str = Field(pattern=NAME)
    zh: str
    en: str
    cite: str


class Charge(Entry):
    """Something that is owed: the field of a step that states it in fen, and the account it is paid to."""

    id: str = Field(pattern=NAME)
    zh: str
    en: str
    field: str
    account: str


class LatePenalty(Entry):
    """A charge that grows with each day on which another one is late.

    ``per_day_e4``: share of the late amount for a day in 1/10000; ``most_e4``: at most so many 1/10000 of that charge.
    """

    of: str
    charge: str
    per_day_e4: int = Field(ge=0)
    most_e4: int = Field(ge=0)
    cite: str


class Recovery(Entry):
    """How what a decision says is owed is paid. ``due_clock`` runs until all is due, ``plan_clock`` by instalments.

    ``plan_days``: the last instalment lies at most so many calendar days ahead.
    """

    accounts: tuple[Account, ...] = Field(min_length=1)
    charges: tuple[Charge, ...] = Field(min_length=1)
    late: LatePenalty
    due_clock: str
    plan_clock: str
    plan_days: int = Field(ge=1)
    plan_cite: str

    def charge(self, key: str) -> Charge:
        """Return a charge. Raises StopIteration for a name that the life-cycle does not hold."""
        return next(one for one in self.charges if one.id == key)

    def account(self, key: str) -> Account:
        """Return an account. Raises StopIteration for a name that the life-cycle does not hold."""
        return next(one for one in self.accounts if one.id == key)
