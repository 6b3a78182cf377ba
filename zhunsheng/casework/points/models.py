"""PointEntry and PaymentRuling: rows for lists, made from the events of cases, from which they can be made again."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q


class PointEntry(models.Model):
    """Points of one practitioner by one case. ``from_on`` is None until they are in force.

    ``ended_on`` is the day from which they no longer hold; ``credits`` lists [day, points, activity] of each repair.
    """

    SCOPE_PATH: ClassVar[str] = "case__body"

    case = models.OneToOneField("cases.Case", on_delete=models.PROTECT, related_name="point_entry")
    practitioner_id = models.CharField(max_length=64, db_index=True)
    institution_id = models.CharField(max_length=40)
    article = models.CharField(max_length=80)
    severity = models.CharField(max_length=20)
    responsibility = models.CharField(max_length=20)
    points = models.PositiveIntegerField()
    from_on = models.DateField(null=True)
    ended_on = models.DateField(null=True)
    credits = models.JSONField(default=list)

    class Meta:
        ordering = ("practitioner_id", "pk")
        constraints = (models.CheckConstraint(condition=Q(points__gte=1, points__lte=12), name="points_1_to_12"),)

    def __str__(self) -> str:
        return f"{self.practitioner_id} {self.points}"


class PaymentRuling(models.Model):
    """A decided suspension or termination. ``valid_to`` is the first day with the qualification again, None: none.

    One that was withdrawn is ``voided``: it never acted.
    """

    SCOPE_PATH: ClassVar[str] = "case__body"

    case = models.OneToOneField("cases.Case", on_delete=models.PROTECT, related_name="payment_ruling")
    practitioner_id = models.CharField(max_length=64, db_index=True)
    status = models.CharField(max_length=12)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    no_return_months = models.PositiveIntegerField(null=True)
    voided = models.BooleanField(default=False)

    class Meta:
        ordering = ("practitioner_id", "valid_from", "pk")
        constraints = (
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from")), name="ruling_ends_after_it_begins"
            ),
        )

    def __str__(self) -> str:
        return f"{self.practitioner_id} {self.status}"
