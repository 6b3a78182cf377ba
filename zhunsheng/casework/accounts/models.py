"""SignIn, CodeDevice, Passkey, RecoveryCode, OutsideIdentity: what lets an account in, and where it is in now."""

from __future__ import annotations

from django.db import models

from zhunsheng.casework.bodies.models import User


class SignIn(models.Model):
    """One session of an account, from login to its end. A session without an open row is nobody's."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="sign_ins")
    key = models.CharField(max_length=64, unique=True)
    way = models.CharField(max_length=30, help_text="one or two of Way, joined by +")
    device = models.CharField(max_length=60, blank=True, help_text="browser and system in words")
    address_key = models.CharField(max_length=32, help_text="keyed digest of the address")
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-started_at",)
        indexes = (models.Index(fields=("user", "ended_at")),)

    def __str__(self) -> str:
        return f"{self.user_id} {self.started_at}"


class CodeDevice(models.Model):
    """A device that shows one-time codes (RFC 6238). Its secret is kept encrypted, the key outside the database."""

    user = models.OneToOneField(User, on_delete=models.PROTECT, related_name="code_device")
    secret = models.TextField(help_text="encrypted by vault")
    last_step = models.BigIntegerField(help_text="time step of the last code accepted; none is accepted twice")
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.user_id} {self.made_at}"


class Passkey(models.Model):
    """A WebAuthn credential: its public key and how often it has signed."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="passkeys")
    name = models.CharField(max_length=40)
    credential = models.CharField(max_length=400, unique=True, help_text="credential id, base64url")
    public_key = models.BinaryField(help_text="COSE")
    sign_count = models.BigIntegerField()
    made_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("made_at",)

    def __str__(self) -> str:
        return f"{self.user_id} {self.name}"


class RecoveryCode(models.Model):
    """A code that stands in for a lost device, once. Only its keyed digest is kept."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="recovery_codes")
    digest = models.CharField(max_length=64)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("user", "digest"), name="recovery_code_once"),)

    def __str__(self) -> str:
        return f"{self.user_id} {self.used_at}"


class OutsideIdentity(models.Model):
    """The subject at an OpenID provider to which an account was bound at its first single sign-on."""

    user = models.OneToOneField(User, on_delete=models.PROTECT, related_name="outside_identity")
    issuer = models.CharField(max_length=200)
    subject = models.CharField(max_length=255)
    bound_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("issuer", "subject"), name="subject_once_per_issuer"),)

    def __str__(self) -> str:
        return f"{self.user_id} {self.issuer}"
