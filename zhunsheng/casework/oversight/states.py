"""Words of the oversight of vendors: rounds of draws, people of the pool, steps of an exit, where a check stands."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class RoundState(models.TextChoices):
    """Where a round of draws stands. Once committed its pools and its secret are fixed; once drawn all is told."""

    COMMITTED = "committed", _("已封存，待抽取")
    DRAWN = "drawn", _("已抽取")


class Role(models.TextChoices):
    """As what a person stands in the pool of a consortium."""

    SUPERVISOR = "supervisor", _("监督人员")
    EVALUATOR = "evaluator", _("独立评估机构")
    EXPERT = "expert", _("专家")
    COMMITTEE = "committee", _("监督委员会委员")
    CENTRE = "centre", _("监管中心人员")


#: Those whose work supervision is, with their background and yearly training on file: of a consortium, of a regulator.
OFFICE = (Role.SUPERVISOR, Role.CENTRE)


class Field(models.TextChoices):
    """The field of an expert."""

    CLINICAL = "clinical", _("临床")
    LEGAL = "legal", _("法律")
    IT = "it", _("信息技术")
    DATA_SECURITY = "data_security", _("数据安全")


class Seat(models.TextChoices):
    """The seats of the supervisory committee."""

    MANAGER = "manager", _("管理方")
    VENDOR = "vendor", _("供应商")
    PATIENT = "patient", _("患者")
    LAWYER = "lawyer", _("律师")


class Background(models.TextChoices):
    """What a supervisor has learned; the office as a whole has all three."""

    MEDICAL = "medical", _("医学")
    MANAGEMENT = "management", _("管理")
    LAW = "law", _("法律")


class StepState(models.TextChoices):
    """Where a step of an exit stands."""

    OPEN = "open", _("未完成")
    DONE = "done", _("已完成")
    WAIVED = "waived", _("不适用")


class Standing(models.TextChoices):
    """Where a check of the calendar stands on a day."""

    PLANNED = "planned", _("未到期")
    OPEN = "open", _("办理中")
    OVERDUE = "overdue", _("逾期")
    PASSED = "passed", _("合格")
    FAILED = "failed", _("不合格")
    CANCELLED = "cancelled", _("取消")


class Appeal(models.TextChoices):
    """Where the appeal of a published sanction stands."""

    OPEN = "open", _("申诉期内")
    APPEALED = "appealed", _("申诉处理中")
    FINAL = "final", _("已生效")
    CORRECTED = "corrected", _("已撤销并更正")


#: Life-cycles of a joint meeting: the meeting, what an invited body says, what was decided.
MEETING, OPINION, RESOLUTION = "joint_meeting", "meeting_opinion", "resolution"
#: Kinds of cases about a vendor that a meeting can speak of: what oversight and lights have raised, and what followed.
SPOKEN_OF = (
    "vendor_alert", "vendor_check", "vendor_complaint", "vendor_incident", "vendor_survey", "vendor_rating",
    "vendor_sanction", "vendor_exit", "rectification", "cold_chain_alarm",
)  # fmt: skip
#: Incidents after which the service stops at once.
GRAVE = frozenset({"medical_accident", "data_leak", "false_qualification"})
