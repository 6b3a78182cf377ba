"""Delegation, Notice, Reader, Webhook, Delivery. Tasks have no table: they are read from the apps that ask."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from zhunsheng.casework.inbox.states import DeliveryState, NoticeKind, Way

_PERSON: dict[str, Any] = {"to": settings.AUTH_USER_MODEL, "on_delete": models.PROTECT, "related_name": "+"}
_BODY: dict[str, Any] = {"to": "bodies.Body", "on_delete": models.PROTECT, "related_name": "+"}


class DelegationsOn(models.QuerySet["Delegation"]):
    """Dated delegations."""

    def on(self, day: date) -> DelegationsOn:
        """Return those that stand on a day."""
        return self.filter(ended_at=None, valid_from__lte=day, valid_to__gt=day)


class Delegation(models.Model):
    """One person lets another act in named duties, from a day (held) to a day (not held).

    ``kinds`` are the life-cycles it is for; an empty list is all of them. ``ended_at``: ended at once, before its day.
    """

    SCOPE_PATH: ClassVar[str] = "body"

    body = models.ForeignKey(**_BODY)
    giver = models.ForeignKey(**_PERSON)
    taker = models.ForeignKey(**_PERSON)
    duties = models.JSONField()
    kinds = models.JSONField(default=list)
    valid_from = models.DateField()
    valid_to = models.DateField()
    reason = models.CharField(max_length=200)
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(null=True, **_PERSON)

    objects = DelegationsOn.as_manager()

    class Meta:
        ordering = ("-made_at", "-pk")
        indexes = (models.Index(fields=("taker", "valid_to")),)
        constraints = (
            models.CheckConstraint(condition=~Q(giver=F("taker")), name="delegated_to_another"),
            models.CheckConstraint(condition=Q(valid_to__gt=F("valid_from")), name="delegation_ends_after_start"),
        )

    def __str__(self) -> str:
        return f"{self.giver_id} {self.taker_id}"


class Notice(models.Model):
    """Something told to one person, once per ``key``. It holds number and title, and no other word of what happened.

    ``address`` is the page it leads to, empty where its reader may not open one.
    """

    SCOPE_PATH: ClassVar[str] = "body"

    body = models.ForeignKey(null=True, **_BODY)
    user = models.ForeignKey(**{**_PERSON, "related_name": "notices"})
    kind = models.CharField(max_length=20, choices=NoticeKind.choices)
    key = models.CharField(max_length=120)
    number = models.CharField(max_length=60, blank=True)
    zh = models.CharField(max_length=200)
    en = models.CharField(max_length=200)
    address = models.CharField(max_length=200, blank=True)
    due_on = models.DateField(null=True)
    by = models.ForeignKey(null=True, **_PERSON)
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-at", "-pk")
        indexes = (
            models.Index(fields=("user", "-at")),
            models.Index(fields=("key",)),
            models.Index(fields=("user",), condition=Q(read_at=None), name="unread_notices"),
        )
        constraints = (models.UniqueConstraint(fields=("user", "key"), name="told_once"),)

    def __str__(self) -> str:
        return f"{self.user_id} {self.key}"


class Reader(models.Model):
    """How a person is told: when the inbox was last open, the mail address and what goes there, the calendar's key.

    ``mailing`` names a Mailing per group of notices. Only digests of the confirming code and of the feed's key are
    kept; ``asked_for`` is an address that was not confirmed yet.
    """

    SCOPE_PATH: ClassVar[str] = "body"

    user = models.OneToOneField(**{**_PERSON, "related_name": "reader"})
    body = models.ForeignKey(null=True, **_BODY)
    seen_at = models.DateTimeField(null=True)
    mail = models.EmailField(blank=True)
    asked_for = models.EmailField(blank=True)
    code = models.CharField(max_length=64, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    mailing = models.JSONField(default=dict)
    feed = models.CharField(max_length=64, blank=True, db_index=True)

    def __str__(self) -> str:
        return str(self.user_id)


class Webhook(models.Model):
    """Where the notices to people of a body are sent as well, signed with a secret that is shown once."""

    SCOPE_PATH: ClassVar[str] = "body"

    body = models.ForeignKey(**_BODY)
    address = models.CharField(max_length=300)
    secret = models.TextField(help_text="encrypted by vault")
    made_by = models.ForeignKey(**_PERSON)
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-made_at",)
        constraints = (
            models.UniqueConstraint(fields=("body",), condition=Q(ended_at=None), name="one_webhook_per_body"),
        )

    def __str__(self) -> str:
        return self.address


class Delivery(models.Model):
    """One message on its way out. ``key`` stays the same over all attempts, so that a receiver knows a repetition."""

    SCOPE_PATH: ClassVar[str] = "body"

    body = models.ForeignKey(null=True, **_BODY)
    way = models.CharField(max_length=10, choices=Way.choices)
    user = models.ForeignKey(null=True, **_PERSON)
    webhook = models.ForeignKey(Webhook, null=True, on_delete=models.PROTECT, related_name="deliveries")
    key = models.CharField(max_length=140, unique=True)
    title = models.CharField(max_length=200)
    content = models.JSONField()
    state = models.CharField(max_length=10, choices=DeliveryState.choices, default=DeliveryState.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    fault = models.CharField(max_length=120, blank=True)
    made_at = models.DateTimeField()

    class Meta:
        ordering = ("-pk",)
        indexes = (
            models.Index(fields=("next_at",), condition=Q(state="waiting"), name="deliveries_waiting"),
            models.Index(fields=("body", "-id")),
        )

    def __str__(self) -> str:
        return f"{self.way} {self.key}"
