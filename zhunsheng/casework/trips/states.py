"""Where a trip stands, and what an alarm about a device or a trip is."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class TripState(models.TextChoices):
    """Where a trip stands."""

    PLANNED = "planned", _("待启运")
    UNDER_WAY = "under_way", _("运输中")
    ENDED = "ended", _("已结束")
    CANCELLED = "cancelled", _("已取消")


class AlarmKind(models.TextChoices):
    """What an alarm is about: the kinds of the live watch, and two that only days of readings show."""

    EXCURSION = "excursion", _("温度超限")
    BEYOND = "beyond", _("温度超过极限")
    SINGLE = "single", _("单次超限过久")
    TOTAL = "total", _("累计超限过久")
    DOOR = "door", _("开门过久")
    POWER = "power", _("断电")
    MISSING = "missing", _("数据缺失")
    SILENT = "silent", _("设备失联")
    FAULT = "fault", _("设备故障")
    OFF_ROUTE = "off_route", _("偏离路线")
    SPEED = "speed", _("超速")
    LATE = "late", _("到达迟延")
    DRIFT = "drift", _("温度缓慢漂移")
    DOUBT = "doubt", _("读数可疑")


#: Alarms that concern the goods: they need a decision on them once they are breaches.
OF_GOODS = frozenset({AlarmKind.EXCURSION, AlarmKind.BEYOND, AlarmKind.SINGLE, AlarmKind.TOTAL})
#: Alarms that are a breach of the cold chain at once; an excursion becomes one when it lasts.
BREACHES = frozenset({AlarmKind.BEYOND, AlarmKind.SINGLE, AlarmKind.TOTAL})
#: Kinds that no live watch tells, by the kind whose emergency plan they open.
PLAN_LIKE = {AlarmKind.DRIFT: AlarmKind.FAULT, AlarmKind.DOUBT: AlarmKind.FAULT}


class Outcome(models.TextChoices):
    """How an alarm ended, as the final state of its case says."""

    CLEARED = "cleared", _("已自行恢复")
    SETTLED = "settled", _("已查明并了结")
    CLOSED = "closed", _("已处置并报告")
    DISMISSED = "dismissed", _("经核实不成立")
