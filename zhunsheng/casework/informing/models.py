"""Notice of a service: that the patient of an outsourced order was told, and the digest of the receipt for its page."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from zhunsheng.casework.informing.states import Alternative, Choice

_BODY: dict[str, Any] = {"on_delete": models.PROTECT, "related_name": "+"}


class ServiceNotice(models.Model):
    """One notice of an order, by its number at the vendor. Who the patient is stands nowhere.

    ``body`` recorded it, ``institution_id`` is the member that ordered: it and its consortium see the row. The vendor
    sees it by ``vendor_body``, which is its own; a consortium that the same vendor serves does not. A later notice of
    the same order takes the place of this one (``replaced_at``), whose receipt then opens nothing.
    """

    SCOPE_PATH: ClassVar[str] = "body"
    SCOPE_PARTY: ClassVar[tuple[str, str, str]] = ("institution_id", "vendor_body", "shown")

    body = models.ForeignKey("bodies.Body", **_BODY)
    institution_id = models.CharField(max_length=40, help_text="the member that ordered")
    vendor_id = models.CharField(max_length=40, help_text="the vendor's code")
    vendor_body = models.ForeignKey("bodies.Body", null=True, **_BODY)
    shown = models.BooleanField(default=True)
    order_id = models.CharField(max_length=60)
    choice = models.CharField(max_length=10, choices=Choice.choices)
    alternative = models.CharField(max_length=10, choices=Alternative.choices)
    told_on = models.DateField()
    receipt = models.CharField(max_length=64, unique=True, help_text="scrypt under a key of the site")
    told_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, **_BODY)
    actor_key = models.CharField(max_length=80, help_text="a user, or the key of an institution's system")
    told_at = models.DateTimeField()
    replaced_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-told_at", "-pk")
        indexes = (
            models.Index(fields=("institution_id", "told_on")),
            models.Index(fields=("vendor_id", "order_id")),
        )
        constraints = (
            models.UniqueConstraint(
                fields=("vendor_id", "order_id", "institution_id"),
                condition=Q(replaced_at=None),
                name="one_notice_per_order",
            ),
        )

    def __str__(self) -> str:
        return f"{self.vendor_id} {self.order_id} {self.choice}"

    @property
    def key(self) -> str:
        """How the facts name the order."""
        return f"{self.vendor_id}|{self.order_id}"
