"""Grant and its uses. ``scope`` reads the grants that hold; nothing else widens what a reader sees."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from zhunsheng.casework.bodies.models import DutyName
from zhunsheng.casework.grants.states import GrantState, Opens

_USER: dict[str, Any] = {"on_delete": models.PROTECT, "related_name": "+"}
_BODY: dict[str, Any] = {"on_delete": models.PROTECT, "related_name": "+"}


class Grants(models.QuerySet["Grant"]):
    """Dated grants."""

    def on(self, day: date) -> Grants:
        """Return those that hold on a day: given, from the first day to the day before the last."""
        return self.filter(state=GrantState.GIVEN, valid_from__lte=day, valid_to__gt=day)


class Grant(models.Model):
    """Sight of rows of ``body``, the owner, for ``receiver``: for one person or duty of it where they are named.

    One case is asked for by its ``number`` and found by the owner, so that asking tells nobody which numbers exist;
    all else names ``institutions`` (codes), and ``cycle`` narrows cases to one life-cycle. ``internal``: also what the
    party of a case does not see. Days are half-open. ``asked`` keeps the terms as they were asked for, whatever the
    owner then narrowed.
    """

    SCOPE_PATH: ClassVar[str] = "body"
    #: The other side sees it as well.
    SCOPE_ALSO: ClassVar[str] = "receiver"

    body = models.ForeignKey("bodies.Body", **_BODY)
    receiver = models.ForeignKey("bodies.Body", **_BODY)
    duty = models.CharField(max_length=20, choices=DutyName.choices, blank=True)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, **_USER)
    opens = models.CharField(max_length=10, choices=Opens.choices)
    case = models.ForeignKey("cases.Case", null=True, on_delete=models.PROTECT, related_name="grants")
    number = models.CharField(max_length=40, blank=True)
    institutions = models.JSONField(default=list)
    cycle = models.CharField(max_length=40, blank=True)
    internal = models.BooleanField(default=False)
    purpose = models.CharField(max_length=500)
    valid_from = models.DateField()
    valid_to = models.DateField()
    state = models.CharField(max_length=10, choices=GrantState.choices, default=GrantState.ASKED)
    asked = models.JSONField(default=dict)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, **_USER)
    asked_at = models.DateTimeField()
    settled_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, **_USER)
    settled_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, **_USER)
    ended_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=500, blank=True)

    objects = Grants.as_manager()

    class Meta:
        ordering = ("-asked_at", "-pk")
        indexes = (models.Index(fields=("receiver", "state", "valid_to")),)
        constraints = (
            models.CheckConstraint(condition=Q(valid_to__gt=F("valid_from")), name="grant_ends_after_start"),
            models.CheckConstraint(condition=~Q(body=F("receiver")), name="grant_between_two_bodies"),
            models.CheckConstraint(
                condition=~Q(state=GrantState.GIVEN) | ~Q(settled_by=F("asked_by")), name="grant_by_two_people"
            ),
            models.CheckConstraint(
                condition=~Q(opens=Opens.CASE) | ~Q(state=GrantState.GIVEN) | Q(case__isnull=False),
                name="grant_names_its_case",
            ),
        )

    def __str__(self) -> str:
        return f"{self.opens} {self.pk} {self.state}"

    @property
    def terms(self) -> dict[str, Any]:
        """What may be narrowed, as evidence and the page tell it."""
        return {
            "institutions": sorted(self.institutions),
            "internal": self.internal,
            "from": self.valid_from.isoformat(),
            "to": self.valid_to.isoformat(),
        }

    def stands(self, day: date) -> str:
        """Return the state on a day in one word: a given one is waiting, holding or expired."""
        if self.state != GrantState.GIVEN:
            return str(self.state)
        return "early" if day < self.valid_from else "holds" if day < self.valid_to else "expired"


class GrantUse(models.Model):
    """One use: ``subject`` names the record that was opened; empty for lists, once per person, grant and day."""

    SCOPE_PATH: ClassVar[str] = "grant__body"

    grant = models.ForeignKey(Grant, on_delete=models.PROTECT, related_name="uses")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, **_USER)
    day = models.DateField()
    subject = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ("-at", "-pk")
        constraints = (
            models.UniqueConstraint(
                fields=("grant", "user", "day"), condition=Q(subject=""), name="list_use_once_a_day"
            ),
        )

    def __str__(self) -> str:
        return f"{self.grant_id} {self.user_id} {self.day} {self.subject}"
