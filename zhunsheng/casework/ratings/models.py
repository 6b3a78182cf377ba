"""PeriodCard and Rating."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

_BODY: dict[str, Any] = {"on_delete": models.PROTECT, "related_name": "+"}


class PeriodCard(models.Model):
    """A scorecard of one vendor and period as it was scored; the database refuses to change or delete it.

    ``until_on`` is the first day after the period. ``lines`` are its criteria with value, step and points, ``content``
    the whole as plain data by which ``digest`` names it; ``run`` and ``book`` are where values and card come from.
    What an objection changes stands with the rating: the card stays as it was.
    """

    SCOPE_PATH: ClassVar[str] = "body"
    SCOPE_SHOWN_BY: ClassVar[str] = "ratings"

    body = models.ForeignKey("bodies.Body", **_BODY)
    institution_id = models.CharField(max_length=40)
    card = models.CharField(max_length=40)
    from_on = models.DateField()
    until_on = models.DateField()
    low = models.PositiveIntegerField()
    high = models.PositiveIntegerField()
    standing = models.CharField(max_length=10)
    best = models.CharField(max_length=10)
    lines = models.JSONField()
    digest = models.CharField(max_length=64, unique=True)
    run = models.CharField(max_length=80)
    book = models.CharField(max_length=64)
    made_at = models.DateTimeField()
    evidence = models.BigIntegerField()

    class Meta:
        ordering = ("-from_on", "institution_id")
        constraints = (
            models.UniqueConstraint(fields=("body", "institution_id", "card", "from_on"), name="one_card_per_period"),
        )

    def __str__(self) -> str:
        return f"{self.institution_id} {self.from_on} {self.standing}"


class Rating(models.Model):
    """The rating that a period card leads to, with its case. ``in_force_on`` is None until it enters into force.

    ``standing`` is the draft, or what an objection changed it to. ``objection`` says how far one has come.
    """

    SCOPE_PATH: ClassVar[str] = "body"
    SCOPE_PARTY: ClassVar[tuple[str, str, str]] = ("institution_id", "subject_body", "party_sees")

    case = models.OneToOneField("cases.Case", on_delete=models.PROTECT, related_name="rating")
    body = models.ForeignKey("bodies.Body", **_BODY)
    institution_id = models.CharField(max_length=40)
    subject_body = models.ForeignKey("bodies.Body", null=True, **_BODY)
    party_sees = models.BooleanField(default=False)
    card = models.ForeignKey(PeriodCard, on_delete=models.PROTECT, related_name="ratings")
    standing = models.CharField(max_length=10)
    in_force_on = models.DateField(null=True)
    objection = models.CharField(max_length=10, blank=True)
    outcome = models.CharField(max_length=20, blank=True)

    class Meta:
        ordering = ("-card__from_on", "-pk")
        indexes = (models.Index(fields=("institution_id", "in_force_on")),)
        constraints = (
            models.UniqueConstraint(fields=("card",), condition=~Q(outcome="withdrawn"), name="one_rating_per_card"),
        )

    def __str__(self) -> str:
        return f"{self.institution_id} {self.standing}"
