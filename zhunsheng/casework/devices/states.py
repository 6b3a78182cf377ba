"""What kinds of devices there are."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class DeviceKind(models.TextChoices):
    """What sends readings."""

    VEHICLE = "vehicle", _("冷藏车")
    BOX = "box", _("保温箱")
    FRIDGE = "fridge", _("冷藏柜、冷库")
    LOGGER = "logger", _("温度记录仪")
    EQUIPMENT = "equipment", _("医疗设备")
