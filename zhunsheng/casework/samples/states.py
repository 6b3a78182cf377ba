"""How a sample is drawn and sized, who judges it, and what they answer."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Method(models.TextChoices):
    """How units are drawn."""

    SIMPLE = "simple", _("简单随机")
    BY_RULE = "by_rule", _("按规则分层")
    BY_BAND = "by_band", _("按金额分层")
    AMOUNT = "amount", _("按金额概率（货币单位）")


class SizeBy(models.TextChoices):
    """What the size of a sample rests on."""

    FIXED = "fixed", _("指定件数")
    PROPORTION = "proportion", _("按置信度与允许误差（比例）")
    MONEY = "money", _("按置信度与可容忍错报率（金额）")


class View(models.TextChoices):
    """Who judges a sample."""

    AGENCY = "agency", _("医保抽查")
    SELF = "self", _("机构自查")
    INDEPENDENT = "independent", _("独立评估")


class Outcome(models.TextChoices):
    """What somebody says of a unit. Unknown is said and counted, and never a pass."""

    ESTABLISHED = "established", _("成立")
    NOT_ESTABLISHED = "not_established", _("不成立")
    UNKNOWN = "unknown", _("不明")
