"""What a grant opens, and where it stands."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Opens(models.TextChoices):
    """What is seen: one case, the cases about institutions, findings with the records around them, decided sums."""

    CASE = "case", _("一件事项")
    CASES = "cases", _("机构的事项")
    FINDINGS = "findings", _("机构的疑点及相关记录")
    AMOUNTS = "amounts", _("机构的核实金额汇总")


class GrantState(models.TextChoices):
    """Asked for, given, refused by the owner, withdrawn by who asked, ended before its last day."""

    ASKED = "asked", _("待批准")
    GIVEN = "given", _("已批准")
    REFUSED = "refused", _("未批准")
    WITHDRAWN = "withdrawn", _("已撤回")
    ENDED = "ended", _("已终止")
