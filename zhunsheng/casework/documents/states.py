"""Where a document stands."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class DocumentState(models.TextChoices):
    """A draft is issued or dropped; what was issued is void, or superseded by a later one."""

    DRAFT = "draft", _("草稿")
    ISSUED = "issued", _("已签发")
    SUPERSEDED = "superseded", _("已被替代")
    VOID = "void", _("已作废")
    DROPPED = "dropped", _("已放弃")


#: What was issued once and can be shown to whom it was served on.
ONCE_ISSUED = (DocumentState.ISSUED, DocumentState.SUPERSEDED, DocumentState.VOID)
