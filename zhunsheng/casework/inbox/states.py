"""Kinds of notices, the ways they go, and where a delivery stands."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class NoticeKind(models.TextChoices):
    """What a notice tells."""

    CASE_MOVED = "case_moved", _("事项有进展")
    CASE_DUE = "case_due", _("期限将至")
    CASE_LATE = "case_late", _("期限已过")
    CASE_ESCALATED = "case_escalated", _("逾期上报")
    CASE_FURTHER = "case_further", _("逾期再上报")
    PROPOSAL_REFUSED = "proposal_refused", _("提议被退回")
    ACTED_FOR_YOU = "acted_for_you", _("他人代办")
    DELEGATION_GIVEN = "delegation_given", _("委托代办")
    DELEGATION_ENDED = "delegation_ended", _("委托终止")
    DUTY_GIVEN = "duty_given", _("授予职责")
    DUTY_ENDED = "duty_ended", _("职责终止")
    PASSWORD_DUE = "password_due", _("密码将到期")
    PAPER_ENDS = "paper_ends", _("第三方服务机构证照将到期")


class NoticeGroup(models.TextChoices):
    """Notices that a person sends the same way."""

    CASES = "cases", _("事项进展")
    DEADLINES = "deadlines", _("期限提醒与上报")
    DELEGATIONS = "delegations", _("委托代办")
    ACCOUNT = "account", _("职责与账号")


GROUPS: dict[NoticeKind, NoticeGroup] = {
    NoticeKind.CASE_MOVED: NoticeGroup.CASES,
    NoticeKind.PROPOSAL_REFUSED: NoticeGroup.CASES,
    NoticeKind.CASE_DUE: NoticeGroup.DEADLINES,
    NoticeKind.CASE_LATE: NoticeGroup.DEADLINES,
    NoticeKind.CASE_ESCALATED: NoticeGroup.DEADLINES,
    NoticeKind.CASE_FURTHER: NoticeGroup.DEADLINES,
    NoticeKind.PAPER_ENDS: NoticeGroup.DEADLINES,
    NoticeKind.ACTED_FOR_YOU: NoticeGroup.DELEGATIONS,
    NoticeKind.DELEGATION_GIVEN: NoticeGroup.DELEGATIONS,
    NoticeKind.DELEGATION_ENDED: NoticeGroup.DELEGATIONS,
    NoticeKind.DUTY_GIVEN: NoticeGroup.ACCOUNT,
    NoticeKind.DUTY_ENDED: NoticeGroup.ACCOUNT,
    NoticeKind.PASSWORD_DUE: NoticeGroup.ACCOUNT,
}


class Mailing(models.TextChoices):
    """Whether notices of a group go by mail as well."""

    NONE = "none", _("仅站内")
    DAILY = "daily", _("每日汇总邮件")
    AT_ONCE = "at_once", _("即时邮件")


class Way(models.TextChoices):
    """How a delivery leaves the site."""

    MAIL = "mail", _("邮件")
    WEBHOOK = "webhook", _("接口推送")


class DeliveryState(models.TextChoices):
    """Where a delivery stands."""

    WAITING = "waiting", _("待发送")
    SENT = "sent", _("已送达")
    DEAD = "dead", _("未送达")


MOVES: dict[DeliveryState, frozenset[DeliveryState]] = {
    DeliveryState.WAITING: frozenset({DeliveryState.SENT, DeliveryState.DEAD}),
    DeliveryState.SENT: frozenset(),
    DeliveryState.DEAD: frozenset({DeliveryState.WAITING}),
}
OWNERS: dict[DeliveryState, str] = {
    DeliveryState.WAITING: "worker",
    DeliveryState.SENT: "nobody",
    DeliveryState.DEAD: "head",
}
