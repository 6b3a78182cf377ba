"""TipKey, TipOff, SealedIdentity, Unsealing, TipMessage, TipFile, and the tries of people without an account.

What is reported stands in the case; who reported stands nowhere but in a sealed box that this database cannot open.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

_USER: dict[str, Any] = {"on_delete": models.PROTECT, "related_name": "+"}


class TipKey(models.Model):
    """The public half of a handling body's key. Its private half is a file of that body and never comes here."""

    SCOPE_PATH: ClassVar[str] = "body"

    body = models.ForeignKey("bodies.Body", on_delete=models.PROTECT, related_name="tip_keys")
    fingerprint = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the public key")
    public = models.CharField(max_length=64, help_text="X25519, hex")
    made_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("body",), condition=Q(retired_at=None), name="one_key_in_use"),)

    def __str__(self) -> str:
        return self.fingerprint[:12]


class TipOff(models.Model):
    """A tip-off beside its case: how it came, and the slow keyed digest of the receipt with which it is followed."""

    SCOPE_PATH: ClassVar[str] = "body"

    case = models.OneToOneField("cases.Case", on_delete=models.PROTECT, related_name="tip_off")
    body = models.ForeignKey("bodies.Body", on_delete=models.PROTECT, related_name="tip_offs")
    channel = models.CharField(max_length=20)
    act = models.CharField(max_length=40)
    receipt = models.CharField(max_length=64, unique=True, help_text="scrypt under a key outside the database")

    class Meta:
        ordering = ("-pk",)
        indexes = (models.Index(fields=("channel",)), models.Index(fields=("act",)))

    def __str__(self) -> str:
        return str(self.case_id)


class SealKind(models.TextChoices):
    """Why an identity was given."""

    REPORTER = "reporter", "reporter"
    CLAIM = "claim", "claim"


class SealedIdentity(models.Model):
    """Name, contact and way of payment, encrypted to the key of the handling body (HPKE, RFC 9180)."""

    SCOPE_PATH: ClassVar[str] = "tip__body"

    tip = models.ForeignKey(TipOff, on_delete=models.PROTECT, related_name="sealed")
    kind = models.CharField(max_length=10, choices=SealKind.choices)
    key = models.ForeignKey(TipKey, on_delete=models.PROTECT, related_name="+")
    box = models.TextField(help_text="base64")
    sealed_at = models.DateTimeField()

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"{self.tip_id} {self.kind}"


class UnsealState(models.TextChoices):
    """Where a request to open a seal stands."""

    ASKED = "asked", "asked"
    OPENED = "opened", "opened"
    REFUSED = "refused", "refused"


class Unsealing(models.Model):
    """A request to open a seal: who asked why, and who opened or refused it. What was inside is nowhere kept."""

    SCOPE_PATH: ClassVar[str] = "sealed__tip__body"

    sealed = models.ForeignKey(SealedIdentity, on_delete=models.PROTECT, related_name="unsealings")
    reason = models.TextField()
    state = models.CharField(max_length=10, choices=UnsealState.choices, default=UnsealState.ASKED)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, **_USER)
    asked_at = models.DateTimeField()
    settled_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, **_USER)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(fields=("sealed",), condition=Q(state="asked"), name="one_open_unsealing"),
        )

    def __str__(self) -> str:
        return f"{self.sealed_id} {self.state}"


class TipMessage(models.Model):
    """Words between the handling body and a reporter; without an author they are the reporter's."""

    SCOPE_PATH: ClassVar[str] = "tip__body"

    tip = models.ForeignKey(TipOff, on_delete=models.PROTECT, related_name="messages")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, **_USER)
    text = models.TextField()
    at = models.DateTimeField()
    key = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(fields=("tip", "key"), condition=~Q(key=""), name="one_tip_message_per_key"),
        )

    def __str__(self) -> str:
        return f"{self.tip_id} {self.at}"


class TipFile(models.Model):
    """A file of a reporter, kept under its digest where the files of cases are kept."""

    SCOPE_PATH: ClassVar[str] = "tip__body"

    tip = models.ForeignKey(TipOff, on_delete=models.PROTECT, related_name="files")
    name = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    size = models.BigIntegerField()
    media = models.CharField(max_length=100)
    at = models.DateTimeField()

    class Meta:
        ordering = ("pk",)
        constraints = (models.UniqueConstraint(fields=("tip", "digest"), name="file_once_per_tip"),)

    def __str__(self) -> str:
        return self.name


class PublicTry(models.Model):
    """A report, or a wrong receipt code, from an address: a keyed digest with the hour alone, so that no time of a
    report leads to an address. Older ones are dropped.
    """

    kind = models.CharField(max_length=10)
    address_key = models.CharField(max_length=32)
    hour = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=("kind", "address_key", "hour")),)

    def __str__(self) -> str:
        return f"{self.kind} {self.hour}"
