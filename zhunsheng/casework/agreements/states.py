"""Where an agreement stands; the moves stand in the life-cycle ``service_agreement``."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class AgreementState(models.TextChoices):
    """States of an agreement, as its case leaves them."""

    DRAFT = "draft", _("起草中")
    LEGAL_REVIEW = "legal_review", _("法律审核中")
    SIGNING = "signing", _("待签订")
    COUNTERSIGNING = "countersigning", _("供应商已签，待我方签订")
    IN_FORCE = "in_force", _("生效")
    AMENDING = "amending", _("变更中")
    EXPIRED = "expired", _("已到期")
    TERMINATED = "terminated", _("已终止")
    DROPPED = "dropped", _("未签订")


#: Both sides have signed and nobody has ended it: it holds for its days.
SIGNED = frozenset({AgreementState.IN_FORCE, AgreementState.AMENDING})
#: Its days may have passed, and what was agreed for them still settles what was done then.
BOUND = SIGNED | {AgreementState.EXPIRED, AgreementState.TERMINATED}
#: Text, values and prices may be written.
OPEN = frozenset({AgreementState.DRAFT, AgreementState.AMENDING})
#: Not yet signed.
UNSIGNED = frozenset(
    {AgreementState.DRAFT, AgreementState.LEGAL_REVIEW, AgreementState.SIGNING, AgreementState.COUNTERSIGNING}
)


class Check(models.TextChoices):
    """What the check of a clause says. Nobody having looked is unknown, and unknown is never there."""

    PRESENT = "present", _("已约定")
    MISSING = "missing", _("缺少")
    UNKNOWN = "unknown", _("未核对")
