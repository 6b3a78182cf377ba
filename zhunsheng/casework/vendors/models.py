"""Vendor, ServiceLine, VendorPaper, VendorPerson, VendorDevice, VendorFact, Assessment and NegativeEntry.

Every row carries the vendor's code as ``institution_id``: the vendor is an institution of the facts, so that scope and
walls hold for it as for any other. A vendor's file is one: each consortium that it serves or applies to sees it whole.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from zhunsheng.casework.vendors.states import OVER, LineState

_USER: dict[str, Any] = {"on_delete": models.PROTECT, "related_name": "+"}


class Vendor(models.Model):
    """An organisation that consortia buy services from. ``institution_id`` is its unified social credit code."""

    SCOPE_PATH: ClassVar[str] = "institution_id"

    institution_id = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    name_en = models.CharField(max_length=160, blank=True)
    legal_representative = models.CharField(max_length=60, blank=True)
    yearly_revenue_fen = models.BigIntegerField(null=True, help_text="of the last full year; empty where not stated")
    registered_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, **_USER)
    registered_at = models.DateTimeField()

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class ServiceLine(models.Model):
    """What a vendor provides to the members of a consortium: one kind of service under one entry.

    ``body`` is the consortium; ``members`` are the institutions served, none listed means all of them. ``history``
    holds what the cases did, oldest first, as [day, state, number of the case]; of a day its last state counts.
    ``entry`` is the case of its entry, ``life`` the one that follows it while it serves.
    """

    SCOPE_PATH: ClassVar[str] = "institution_id"

    vendor = models.ForeignKey(Vendor, on_delete=models.PROTECT, related_name="lines")
    institution_id = models.CharField(max_length=40)
    body = models.ForeignKey("bodies.Body", on_delete=models.PROTECT, related_name="vendor_lines")
    kind = models.CharField(max_length=40, help_text="a service kind of the rule book")
    members = models.JSONField(default=list)
    tier = models.CharField(max_length=10, help_text="high, medium or low, as the rule book said at the application")
    state = models.CharField(max_length=20, choices=LineState.choices, default=LineState.APPLIED)
    suspended_items = models.JSONField(default=list)
    history = models.JSONField(default=list)
    applied_on = models.DateField()
    entered_on = models.DateField(null=True)
    reviewed_on = models.DateField(null=True)
    entry = models.ForeignKey("cases.Case", null=True, on_delete=models.PROTECT, related_name="+")
    life = models.ForeignKey("cases.Case", null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("vendor", "kind", "pk")
        indexes = (models.Index(fields=("institution_id", "kind")), models.Index(fields=("body", "state")))
        constraints = (
            models.UniqueConstraint(
                fields=("vendor", "body", "kind"),
                condition=~Q(state__in=sorted(OVER)),
                name="one_line_per_kind",
            ),
        )

    def __str__(self) -> str:
        return f"{self.institution_id} {self.kind}"


class _OfVendor(models.Model):
    """Something of a vendor's file, and who wrote it when."""

    SCOPE_PATH: ClassVar[str] = "institution_id"

    vendor = models.ForeignKey(Vendor, on_delete=models.PROTECT, related_name="%(class)ss")
    institution_id = models.CharField(max_length=40)
    told_by = models.ForeignKey(settings.AUTH_USER_MODEL, **_USER)
    told_at = models.DateTimeField()

    class Meta:
        abstract = True


class VendorPaper(_OfVendor):
    """A licence, certificate or other proof. ``subject`` is the person or device that it is about, if any.

    It counts from ``valid_from`` (held) to ``valid_to`` (not held), and only once another person has checked it.
    """

    kind = models.CharField(max_length=40, help_text="a kind of paper of the rule book")
    subject = models.CharField(max_length=40, blank=True)
    number = models.CharField(max_length=120)
    licensed = models.CharField(max_length=1000, blank=True, help_text="its scope, as printed")
    issuer = models.CharField(max_length=120)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    digest = models.CharField(max_length=64, blank=True, help_text="of the file, where one was given")
    file_name = models.CharField(max_length=200, blank=True)
    media = models.CharField(max_length=100, blank=True)
    checked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, **_USER)
    checked_at = models.DateTimeField(null=True)
    accepted = models.BooleanField(null=True, help_text="empty until somebody has checked it")
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ("kind", "subject", "-valid_from", "-pk")
        indexes = (models.Index(fields=("institution_id", "kind")), models.Index(fields=("valid_to",)))

    def __str__(self) -> str:
        return f"{self.institution_id} {self.kind} {self.number}"


class VendorPerson(_OfVendor):
    """A person of a vendor, from a day (held) to a day (not held). ``trained`` holds hours of training by year."""

    practitioner_id = models.CharField(max_length=40)
    name = models.CharField(max_length=60)
    profession = models.CharField(max_length=40)
    title = models.CharField(max_length=40, blank=True)
    role = models.CharField(max_length=40, blank=True, help_text="as papers of the rule book name it: signing ...")
    trained = models.JSONField(default=dict)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)

    class Meta:
        ordering = ("practitioner_id", "-valid_from")
        constraints = (
            models.UniqueConstraint(fields=("vendor", "practitioner_id", "valid_from"), name="vendor_person_once"),
        )

    def __str__(self) -> str:
        return f"{self.institution_id} {self.practitioner_id}"


class VendorDevice(_OfVendor):
    """A device of a vendor, from a day (held) to a day (not held)."""

    device_id = models.CharField(max_length=40)
    name = models.CharField(max_length=120)
    model = models.CharField(max_length=120, blank=True)
    role = models.CharField(max_length=40, blank=True, help_text="as papers of the rule book name it: scanner ...")
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)

    class Meta:
        ordering = ("device_id", "-valid_from")
        constraints = (
            models.UniqueConstraint(fields=("vendor", "device_id", "valid_from"), name="vendor_device_once"),
        )

    def __str__(self) -> str:
        return f"{self.institution_id} {self.device_id}"


class VendorFact(_OfVendor):
    """One dated value of a vendor: a fact of the rule book, or what a capability criterion measures.

    ``value`` is an Answer or a rating; a criterion has ``numerator`` and, for a share, ``denominator``. ``year`` is the
    year of a rating. A later one of the same kind replaces an earlier one, and both stay.
    """

    kind = models.CharField(max_length=40)
    value = models.CharField(max_length=10, blank=True)
    year = models.PositiveIntegerField(null=True)
    numerator = models.BigIntegerField(null=True)
    denominator = models.BigIntegerField(null=True)
    on = models.DateField(help_text="the day as of which it is so")
    source = models.CharField(max_length=300)

    class Meta:
        ordering = ("kind", "-on", "-pk")
        indexes = (models.Index(fields=("institution_id", "kind")),)

    def __str__(self) -> str:
        return f"{self.institution_id} {self.kind} {self.on}"


class Assessment(models.Model):
    """The three-dimensional review of a case as it stood at a step: points with their evidence, frozen."""

    SCOPE_PATH: ClassVar[str] = "institution_id"

    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="assessments")
    institution_id = models.CharField(max_length=40)
    kind = models.CharField(max_length=40)
    on = models.DateField()
    mark = models.CharField(max_length=10)
    low = models.PositiveIntegerField()
    high = models.PositiveIntegerField()
    points = models.JSONField()
    digest = models.CharField(max_length=64)
    made_at = models.DateTimeField()

    class Meta:
        ordering = ("case", "pk")

    def __str__(self) -> str:
        return f"{self.case_id} {self.mark}"


class NegativeEntry(models.Model):
    """A vendor on the negative list of a body, from a day (held) to a day (not held); no kinds named means all."""

    SCOPE_PATH: ClassVar[str] = "body"
    SCOPE_PARTY: ClassVar[tuple[str, str, str]] = ("institution_id", "body", "shown")

    case = models.OneToOneField("cases.Case", on_delete=models.PROTECT, related_name="negative_entry")
    body = models.ForeignKey("bodies.Body", on_delete=models.PROTECT, related_name="+")
    institution_id = models.CharField(max_length=40)
    kinds = models.JSONField(default=list)
    ground = models.CharField(max_length=500)
    shown = models.BooleanField(default=True)
    valid_from = models.DateField()
    valid_to = models.DateField()
    struck_on = models.DateField(null=True)

    class Meta:
        ordering = ("-valid_from", "-pk")
        indexes = (models.Index(fields=("institution_id",)),)

    def __str__(self) -> str:
        return f"{self.institution_id} {self.ground}"
