"""Series, HotRow, Span, Latest and Quarantine in the file of readings; ClosedFile and SenderKey beside the evidence."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q


class Series(models.Model):
    """What one device sent since one start of it. ``institution_id``: the code of its institution or vendor.

    ``key`` is organisation, device and boot between slashes, none of which holds one.
    """

    SCOPE_PATH: ClassVar[str] = "institution_id"

    institution_id = models.CharField(max_length=64)
    device = models.CharField(max_length=64)
    boot = models.CharField(max_length=64)
    key = models.CharField(max_length=194, unique=True)

    class Meta:
        indexes = (models.Index(fields=("institution_id", "device")),)

    def __str__(self) -> str:
        return self.key


class HotRow(models.Model):
    """A reading whose day is open. Moments are microseconds since 1970; ``said`` holds the values as JSON.

    Rows get their number as they arrive. ``closing`` names the file into which a row is being moved.
    """

    SCOPE_PATH: ClassVar[str] = "series__institution_id"

    series = models.ForeignKey(Series, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+")
    seq = models.BigIntegerField()
    kind = models.CharField(max_length=8)
    at = models.BigIntegerField()
    received_at = models.BigIntegerField()
    said = models.TextField()
    closing = models.CharField(max_length=40, blank=True, default="")

    class Meta:
        constraints = (models.UniqueConstraint(fields=("series", "seq"), name="hot_row_once"),)

    def __str__(self) -> str:
        return f"{self.series_id} {self.seq}"


class Span(models.Model):
    """Sequences of a series that are done with, both ends held: stored, closed, or in the quarantine."""

    SCOPE_PATH: ClassVar[str] = "series__institution_id"

    series = models.ForeignKey(Series, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+")
    first = models.BigIntegerField()
    last = models.BigIntegerField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("series", "first"), name="span_once"),
            models.CheckConstraint(condition=Q(last__gte=F("first")), name="span_is_forward"),
        )

    def __str__(self) -> str:
        return f"{self.series_id} {self.first}-{self.last}"


class Latest(models.Model):
    """The reading of a device with the latest time of its own clock."""

    SCOPE_PATH: ClassVar[str] = "institution_id"

    institution_id = models.CharField(max_length=64)
    device = models.CharField(max_length=64)
    boot = models.CharField(max_length=64)
    seq = models.BigIntegerField()
    at = models.BigIntegerField()
    received_at = models.BigIntegerField()
    said = models.TextField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("institution_id", "device"), name="latest_once"),)

    def __str__(self) -> str:
        return f"{self.institution_id}/{self.device}"


class Quarantine(models.Model):
    """What a sender sent that was not taken, by code: how often, when, and two samples.

    Without a sender that can be told, institution and device are empty.
    """

    SCOPE_PATH: ClassVar[str] = "institution_id"

    institution_id = models.CharField(max_length=64, blank=True)
    device = models.CharField(max_length=64, blank=True)
    code = models.CharField(max_length=8)
    count = models.BigIntegerField()
    first_at = models.BigIntegerField()
    last_at = models.BigIntegerField()
    detail = models.CharField(max_length=200)
    first_sample = models.BinaryField()
    last_sample = models.BinaryField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("institution_id", "device", "code"), name="quarantine_once"),)

    def __str__(self) -> str:
        return f"{self.code} {self.institution_id}/{self.device}: {self.count}"


class ClosedFile(models.Model):
    """A file with the readings of one kind and day (Asia/Shanghai) that had come when it was written; never rewritten.

    What comes later for the same day goes into the next part. ``removed_at``: its time of keeping was over.
    """

    name = models.CharField(max_length=40, unique=True)
    kind = models.CharField(max_length=8)
    day = models.DateField()
    part = models.PositiveIntegerField()
    rows = models.PositiveBigIntegerField()
    bytes = models.PositiveBigIntegerField()
    digest = models.CharField(max_length=64)
    closed_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("day", "kind", "part")
        constraints = (models.UniqueConstraint(fields=("kind", "day", "part"), name="closed_part_once"),)

    def __str__(self) -> str:
        return self.name


class SenderKey(models.Model):
    """A key by which an institution's or vendor's system sends readings over HTTP; for one device where it says so."""

    SCOPE_PATH: ClassVar[str] = "institution_id"

    institution_id = models.CharField(max_length=64)
    device = models.CharField(max_length=64, blank=True)
    hint = models.CharField(max_length=8)
    digest = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-made_at", "-pk")

    def __str__(self) -> str:
        return f"{self.institution_id}/{self.device or '*'} {self.hint}"
