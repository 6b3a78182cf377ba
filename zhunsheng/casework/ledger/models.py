"""LedgerEntry, Standing, CreditRecord. Amounts are integer fen: what is owed is positive, what was paid negative."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class EntryKind(models.TextChoices):
    """What an entry is."""

    OWED = "owed", _("决定应缴")
    ADJUSTED = "adjusted", _("变更")
    LATE = "late", _("加处罚款")
    PAYMENT = "payment", _("缴款")
    REVERSAL = "reversal", _("冲正")
    REFUND = "refund", _("退还")


class LedgerEntry(models.Model):
    """One entry of the ledger; the database refuses to change or delete it. Mistakes are mended by a counter-entry.

    ``charge`` and ``account`` are names of the case's life-cycle, ``number`` counts the entries of the case, ``day`` is
    the day on which it counts (of a payment: the day it was paid), ``evidence`` the row of the step's evidence.
    """

    SCOPE_PATH: ClassVar[str] = "case__body"

    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="entries")
    event = models.ForeignKey("cases.CaseEvent", on_delete=models.PROTECT, related_name="entries")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=EntryKind.choices)
    charge = models.CharField(max_length=40)
    account = models.CharField(max_length=40)
    amount_fen = models.BigIntegerField()
    day = models.DateField()
    voucher = models.CharField(max_length=64, blank=True)
    reverses = models.PositiveIntegerField(null=True, help_text="the step whose payment it undoes")
    evidence = models.BigIntegerField()

    class Meta:
        ordering = ("case", "number")
        constraints = (models.UniqueConstraint(fields=("case", "number"), name="entry_number_once"),)

    def __str__(self) -> str:
        return f"{self.case_id} {self.number} {self.kind} {self.amount_fen}"


class Standing(models.Model):
    """What of a case stands open at one account: a copy for lists and totals, which the entries and steps make again.

    ``dues`` holds [day, fen still open] of each part that is not paid, oldest first; ``next_on`` is the first of them.
    """

    SCOPE_PATH: ClassVar[str] = "case__body"

    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="standings")
    account = models.CharField(max_length=40)
    owed_fen = models.BigIntegerField()
    paid_fen = models.BigIntegerField()
    next_on = models.DateField(null=True)
    dues = models.JSONField(default=list)

    class Meta:
        ordering = ("case", "account")
        indexes = (models.Index(fields=("next_on",)),)
        constraints = (models.UniqueConstraint(fields=("case", "account"), name="one_standing_per_account"),)

    def __str__(self) -> str:
        return f"{self.case_id} {self.account} {self.owed_fen - self.paid_fen}"

    @property
    def left_fen(self) -> int:
        """What is still owed; negative where too much was paid."""
        return self.owed_fen - self.paid_fen


class CreditRecord(models.Model):
    """That a case against an institution was confirmed: it counts from a day (held) to a day (not held).

    Its sums are those that stand: a changed decision changes them. No grade is worked out of it: no national formula
    was seen.
    """

    SCOPE_PATH: ClassVar[str] = "institution_id"

    case = models.OneToOneField("cases.Case", on_delete=models.PROTECT, related_name="credit")
    institution_id = models.CharField(max_length=40)
    article = models.CharField(max_length=60)
    grade = models.CharField(max_length=40)
    recover_fen = models.BigIntegerField()
    fine_fen = models.BigIntegerField()
    valid_from = models.DateField()
    valid_to = models.DateField()
    event = models.ForeignKey("cases.CaseEvent", on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("-valid_from", "-pk")
        indexes = (models.Index(fields=("institution_id", "valid_to")),)

    def __str__(self) -> str:
        return f"{self.institution_id} {self.article} {self.valid_from}"
