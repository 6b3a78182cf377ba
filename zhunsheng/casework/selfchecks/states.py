"""What an institution says of a finding on itself."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Answer(models.TextChoices):
    """Reported: the institution returns the amount. To be asked stays open: it is no pass."""

    REPORTED = "reported", _("自查认定并退回")
    LAWFUL = "no_violation", _("不属于违规")
    ASK = "ask", _("待请示")
