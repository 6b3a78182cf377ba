"""Where a plan of inspections stands, what it is for, and what an inspector found."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class PlanState(models.TextChoices):
    """Where a plan stands. Once committed its pools and its secret are fixed; once drawn everything is told."""

    OPEN = "open", _("拟定中")
    COMMITTED = "committed", _("已封存，待抽取")
    DRAWN = "drawn", _("已抽取")
    ABANDONED = "abandoned", _("已放弃")


class PlanKind(models.TextChoices):
    """What a plan is for."""

    ANNUAL = "annual", _("年度检查")
    SPECIAL = "special", _("专项检查")


class Trigger(models.TextChoices):
    """What a plan starts from, as the life-cycle of the inspection names it."""

    PLAN = "plan", _("年度计划")
    TIP_OFF = "tip_off", _("举报投诉")
    RISK = "risk", _("智能监控或大数据筛查")
    MEDIA = "media", _("媒体曝光")
    OTHER = "other", _("其他")


class Role(models.TextChoices):
    """As what a person stands in the library."""

    INSPECTOR = "inspector", _("检查人员")
    EXPERT = "expert", _("专家")


class Result(models.TextChoices):
    """What an item says. Unknown is said and counted, and never a pass."""

    ESTABLISHED = "established", _("成立")
    NOT_ESTABLISHED = "not_established", _("不成立")
    UNKNOWN = "unknown", _("不明")
