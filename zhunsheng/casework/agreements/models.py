"""Agreement, ClauseMark, SlaValue, AnnexPrice, PriceFiling, Declaration and ConflictCheck.

An agreement belongs to the body that buys and to the vendor that it is with: both see it whole, nobody else but who
sees the whole site. A later mark, value or price replaces an earlier one from its day on, and all stay.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models

from zhunsheng.casework.agreements.states import AgreementState

_USER: dict[str, Any] = {"on_delete": models.PROTECT, "related_name": "+"}


class Agreement(models.Model):
    """What a vendor and a body agreed for one kind of service. ``history`` holds [day, state], oldest first.

    It holds from ``valid_from`` (held) to ``valid_to`` (not held); both are empty until both sides have signed.
    """

    SCOPE_PATH: ClassVar[str] = "body"
    SCOPE_PARTY: ClassVar[tuple[str, str, str]] = ("institution_id", "body", "shown")

    case = models.OneToOneField("cases.Case", on_delete=models.PROTECT, related_name="agreement")
    vendor = models.ForeignKey("vendors.Vendor", on_delete=models.PROTECT, related_name="agreements")
    institution_id = models.CharField(max_length=40, help_text="the vendor's code")
    body = models.ForeignKey("bodies.Body", on_delete=models.PROTECT, related_name="vendor_agreements")
    shown = models.BooleanField(default=True)
    kind = models.CharField(max_length=40, help_text="a service kind of the rule book")
    title = models.CharField(max_length=200)
    state = models.CharField(max_length=20, choices=AgreementState.choices, default=AgreementState.DRAFT)
    history = models.JSONField(default=list)
    drafted_on = models.DateField()
    valid_from = models.DateField(null=True)
    valid_to = models.DateField(null=True)
    ended_on = models.DateField(null=True, help_text="first day on which a terminated one no longer holds")

    class Meta:
        ordering = ("valid_to", "pk")
        indexes = (models.Index(fields=("institution_id", "kind")), models.Index(fields=("body", "state")))

    def __str__(self) -> str:
        return self.title


class _OfAgreement(models.Model):
    """Something written into an agreement, by whom and when."""

    SCOPE_PATH: ClassVar[str] = "agreement__body"

    told_by = models.ForeignKey(settings.AUTH_USER_MODEL, **_USER)
    told_at = models.DateTimeField()

    class Meta:
        abstract = True


class ClauseMark(_OfAgreement):
    """Where a clause stands in the text of an agreement, or that it is not there; the latest mark counts."""

    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="marks")
    clause = models.CharField(max_length=40, help_text="a clause of the rule book")
    present = models.BooleanField()
    place = models.CharField(max_length=120, blank=True, help_text="article of the agreement")
    note = models.CharField(max_length=1000, blank=True)

    class Meta:
        ordering = ("agreement", "pk")

    def __str__(self) -> str:
        return f"{self.agreement_id} {self.clause} {self.present}"


class SlaValue(_OfAgreement):
    """A promised value from a day on (x 10^4, in the unit of the rule book): what scorecards measure against."""

    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="promised")
    indicator = models.CharField(max_length=60)
    value_e4 = models.BigIntegerField()
    valid_from = models.DateField()

    class Meta:
        ordering = ("agreement", "indicator", "valid_from")
        constraints = (
            models.UniqueConstraint(fields=("agreement", "indicator", "valid_from"), name="agreement_sla_once"),
        )

    def __str__(self) -> str:
        return f"{self.agreement_id} {self.indicator} {self.value_e4}"


class AnnexPrice(_OfAgreement):
    """The price of an item in the annex from a day on, in yuan x 10^6, and why it changed."""

    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="prices")
    item_code = models.CharField(max_length=60)
    item_name = models.CharField(max_length=200)
    unit_price_e6 = models.BigIntegerField()
    valid_from = models.DateField()
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ("agreement", "item_code", "valid_from")
        constraints = (
            models.UniqueConstraint(fields=("agreement", "item_code", "valid_from"), name="agreement_price_once"),
        )

    def __str__(self) -> str:
        return f"{self.agreement_id} {self.item_code} {self.unit_price_e6}"


class PriceFiling(models.Model):
    """A price that a vendor filed on its page, in yuan x 10^6 from a day on, with its reason. Never written over.

    ``mean_e6`` and ``ratio_bp`` (1/10000) are what it was compared with when it was filed: None where public hospitals
    charged the item too rarely. ``delivery`` is the import by which it reaches the facts, and with them the rule.
    """

    SCOPE_PATH: ClassVar[str] = "institution_id"

    institution_id = models.CharField(max_length=40, help_text="the vendor's code")
    item_code = models.CharField(max_length=60)
    item_name = models.CharField(max_length=200)
    unit_price_e6 = models.BigIntegerField()
    valid_from = models.DateField()
    reason = models.CharField(max_length=500)
    mean_e6 = models.BigIntegerField(null=True)
    ratio_bp = models.BigIntegerField(null=True)
    lines = models.PositiveIntegerField(default=0)
    run = models.CharField(max_length=80, blank=True)
    delivery = models.ForeignKey("imports.Import", null=True, on_delete=models.PROTECT, related_name="+")
    filed_by = models.ForeignKey(settings.AUTH_USER_MODEL, **_USER)
    filed_at = models.DateTimeField()

    class Meta:
        ordering = ("institution_id", "item_code", "-valid_from")
        constraints = (
            models.UniqueConstraint(fields=("institution_id", "item_code", "valid_from"), name="price_filed_once"),
        )

    def __str__(self) -> str:
        return f"{self.institution_id} {self.item_code} {self.unit_price_e6}"

    @property
    def ratio(self) -> str:
        """The ratio in percent with two decimals, rounded down; empty where it is unknown."""
        return percent_of(self.ratio_bp)


class PriceReview(models.Model):
    """A filed price that lies above the vendor's band by the mean of a later run, until it is filed anew or fits again.

    ``percent`` is the highest price in percent that was taken when it was found, ``settled_on`` the day of the run that
    no longer found it.
    """

    SCOPE_PATH: ClassVar[str] = "institution_id"

    institution_id = models.CharField(max_length=40, help_text="the vendor's code")
    item_code = models.CharField(max_length=60)
    item_name = models.CharField(max_length=200)
    unit_price_e6 = models.BigIntegerField()
    mean_e6 = models.BigIntegerField()
    ratio_bp = models.BigIntegerField()
    percent = models.PositiveIntegerField()
    found_on = models.DateField()
    run = models.CharField(max_length=80)
    told_at = models.DateTimeField()
    settled_on = models.DateField(null=True)

    class Meta:
        ordering = ("institution_id", "item_code", "-pk")
        constraints = (
            models.UniqueConstraint(
                fields=("institution_id", "item_code"), condition=models.Q(settled_on=None), name="price_reviewed_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.institution_id} {self.item_code} {self.ratio}"

    @property
    def ratio(self) -> str:
        """The ratio in percent with two decimals, rounded down."""
        return percent_of(self.ratio_bp)


def percent_of(ratio_bp: int | None) -> str:
    """Return a ratio in 1/10000 as percent with two decimals, never rounded up to a limit; empty for none."""
    return "" if ratio_bp is None else f"{ratio_bp // 100}.{ratio_bp % 100:02d}%"


class Declaration(models.Model):
    """What somebody of a body declared of a vendor, and from which day that person takes no part in it."""

    SCOPE_PATH: ClassVar[str] = "body"

    case = models.OneToOneField("cases.Case", on_delete=models.PROTECT, related_name="declaration")
    body = models.ForeignKey("bodies.Body", on_delete=models.PROTECT, related_name="+")
    institution_id = models.CharField(max_length=40, help_text="the vendor's code")
    person_id = models.CharField(max_length=40)
    name = models.CharField(max_length=60)
    relation = models.CharField(max_length=2000)
    declared_on = models.DateField()
    recused_on = models.DateField(null=True)
    ended_on = models.DateField(null=True)

    class Meta:
        ordering = ("-declared_on", "-pk")
        indexes = (models.Index(fields=("institution_id",)),)

    def __str__(self) -> str:
        return f"{self.person_id} {self.institution_id}"


class ConflictCheck(models.Model):
    """Which person of a body and which vendor a check of a conflict is about, so that none is opened twice."""

    SCOPE_PATH: ClassVar[str] = "body"

    case = models.OneToOneField("cases.Case", on_delete=models.PROTECT, related_name="conflict_check")
    body = models.ForeignKey("bodies.Body", on_delete=models.PROTECT, related_name="+")
    institution_id = models.CharField(max_length=40, help_text="the vendor's code")
    person_id = models.CharField(max_length=40)

    class Meta:
        ordering = ("-pk",)
        indexes = (models.Index(fields=("institution_id", "person_id")),)

    def __str__(self) -> str:
        return f"{self.person_id} {self.institution_id}"
