"""Sample and SampleResult."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models

from zhunsheng.casework.samples.states import Method, Outcome, SizeBy, View
from zhunsheng.sampling.plans import Unit

_USER: dict[str, Any] = {"on_delete": models.PROTECT, "related_name": "+"}


class Sample(models.Model):
    """A sample of findings, never changed but for whom it is shared with.

    ``population`` [[finding id, fen, stratum]] is frozen, ``population_digest`` its SHA-256; ``drawn`` finding id ->
    hits; ``facts`` finding id -> rule and month of what was drawn. ``subject_body`` is the independent evaluator.
    ``told_before`` is the last answer of when the evaluation was last handed on: an evaluator's answers up to it do not
    count. Confidence in percent, the tolerable error in permille.
    """

    SCOPE_PATH: ClassVar[str] = "body"
    #: Once shared, the institution and the evaluator see it too.
    SCOPE_PARTY: ClassVar[tuple[str, str, str]] = ("institution_id", "subject_body", "shared")

    body = models.ForeignKey("bodies.Body", on_delete=models.PROTECT, related_name="+")
    institution_id = models.CharField(max_length=40)
    subject_body = models.ForeignKey("bodies.Body", null=True, on_delete=models.PROTECT, related_name="+")
    shared = models.BooleanField(default=False)
    told_before = models.BigIntegerField(default=0)
    case = models.ForeignKey("cases.Case", null=True, on_delete=models.PROTECT, related_name="samples")
    title = models.CharField(max_length=120)
    run_id = models.CharField(max_length=60)
    population = models.JSONField()
    population_digest = models.CharField(max_length=64)
    method = models.CharField(max_length=10, choices=Method.choices)
    size_by = models.CharField(max_length=10, choices=SizeBy.choices)
    confidence = models.PositiveIntegerField()
    tolerable = models.PositiveIntegerField()
    count = models.PositiveIntegerField()
    seed = models.CharField(max_length=64)
    drawn = models.JSONField()
    facts = models.JSONField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, **_USER)
    made_at = models.DateTimeField()

    class Meta:
        ordering = ("-made_at", "-pk")
        indexes = (models.Index(fields=("population_digest",)),)

    def __str__(self) -> str:
        return self.title

    @property
    def units(self) -> list[Unit]:
        """The population as the pure functions take it."""
        return [Unit(*row) for row in self.population]


class SampleResult(models.Model):
    """What one view says of one unit; a later row of the same view replaces it and both stay.

    An evaluator who takes over begins anew, also one who had it before: what was told until then stays and no longer
    counts.
    """

    SCOPE_PATH: ClassVar[str] = "sample__body"

    sample = models.ForeignKey(Sample, on_delete=models.PROTECT, related_name="results")
    view = models.CharField(max_length=12, choices=View.choices)
    unit = models.CharField(max_length=20)
    outcome = models.CharField(max_length=20, choices=Outcome.choices)
    amount_fen = models.BigIntegerField(default=0)
    note = models.CharField(max_length=500, blank=True)
    told_by = models.ForeignKey(settings.AUTH_USER_MODEL, **_USER)
    told_at = models.DateTimeField()

    class Meta:
        ordering = ("sample", "pk")

    def __str__(self) -> str:
        return f"{self.sample_id} {self.view} {self.unit}"
