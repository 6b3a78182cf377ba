"""Vendor and ServiceLine.

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

    ``body`` is the consortium; ``members`` are the institutions served, none listed means all of them. ``history`` holds
    what the cases did, oldest first, as [day, state, number of the case]; the state of a day is the last before its end.
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
