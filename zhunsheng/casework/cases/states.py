"""What the events of a case say, and where a proposal stands. The states of cases are data of the rule book."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class EventKind(models.TextChoices):
    """What happened to a case."""

    OPENED = "opened", _("发起")
    MOVED = "moved", _("办理")
    PROPOSED = "proposed", _("提出")
    REFUSED = "refused", _("退回提议")
    EXTENDED = "extended", _("延长期限")
    ATTACHED = "attached", _("添加附件")
    REMINDED = "reminded", _("期限届满提醒")
    ESCALATED = "escalated", _("期限届满上报")
    RECOUNTED = "recounted", _("期限重新计算")


class ProposalState(models.TextChoices):
    """Where a proposal of a two-person step stands."""

    OPEN = "open", _("待确认")
    CONFIRMED = "confirmed", _("已确认")
    REFUSED = "refused", _("已退回")
    LAPSED = "lapsed", _("已失效")


#: Events after which a form that was opened before is stale.
CHANGING = frozenset({EventKind.OPENED, EventKind.MOVED, EventKind.EXTENDED})
#: Events after which no proposal waits.
SETTLING = frozenset({EventKind.MOVED, EventKind.REFUSED})

#: Life-cycles of a meeting: read by the body that handles a case and the one that it is about, and by no other.
AT_TABLE = ("joint_meeting", "meeting_opinion", "resolution")
