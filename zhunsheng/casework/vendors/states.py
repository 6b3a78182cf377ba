"""Where a service line stands; the moves stand in the life-cycles ``vendor_entry`` and ``service_line``."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class LineState(models.TextChoices):
    """States of a service line, as its cases leave them."""

    APPLIED = "applied", _("准入办理中")
    IN_SERVICE = "in_service", _("服务中")
    UNDER_REVIEW = "under_review", _("服务中（复核中）")
    ON_NOTICE = "on_notice", _("服务中（限期整改）")
    PART_SUSPENDED = "part_suspended", _("部分暂停")
    SUSPENDED = "suspended", _("暂停服务")
    EXITING = "exiting", _("退出中")
    EXITED = "exited", _("已退出")
    REFUSED = "refused", _("不予准入")
    WITHDRAWN = "withdrawn", _("撤回申请")
    CANCELLED = "cancelled", _("取消准入")


#: A line in one of these is over: the vendor may apply for it again.
OVER = frozenset({LineState.EXITED, LineState.REFUSED, LineState.WITHDRAWN, LineState.CANCELLED})
#: A vendor serves through lines in these; all others are no reason to give it work.
SERVING = frozenset({LineState.IN_SERVICE, LineState.UNDER_REVIEW, LineState.ON_NOTICE, LineState.PART_SUSPENDED})


class Mark(models.TextChoices):
    """What an assessment says of a point. What is missing is unknown, and unknown is never met."""

    MET = "met", _("符合")
    UNMET = "unmet", _("不符合")
    UNKNOWN = "unknown", _("未知")


class Dimension(models.TextChoices):
    """The three dimensions of the review."""

    QUALIFICATION = "qualification", _("资质")
    CAPABILITY = "capability", _("能力")
    CREDIT = "credit", _("信用")


class Answer(models.TextChoices):
    """What is recorded of a fact that should be absent."""

    NONE = "none", _("无")
    SOME = "some", _("有")
