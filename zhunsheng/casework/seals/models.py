"""RecordKey: the key of one row's digest, and whether the log holds the row."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class RecordKey(models.Model):
    """The key under which a row of evidence is digested. Deleting the key makes the row's leaf meaningless.

    ``logged`` says that the log holds the leaf; ``refused`` is the code with which the log would not take it.
    """

    sequence = models.BigIntegerField(primary_key=True)
    key = models.BinaryField(max_length=32)
    logged = models.BooleanField(default=False)
    refused = models.CharField(max_length=8, blank=True)

    class Meta:
        indexes = (models.Index(fields=("sequence",), condition=Q(logged=False), name="not_logged"),)

    def __str__(self) -> str:
        return f"outbox:{self.sequence}"
