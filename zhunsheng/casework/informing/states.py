"""What a patient chose, and what was offered instead of the vendor."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Choice(models.TextChoices):
    """What the patient, having been told, chose."""

    ACCEPTS = "accepts", _("同意由该供应商完成")
    DECLINES = "declines", _("不同意由该供应商完成")


class Alternative(models.TextChoices):
    """What was offered instead of the vendor."""

    OWN = "own", _("由本机构完成")
    MEMBER = "member", _("由医共体内其他机构完成")
    VENDOR = "vendor", _("改由其他供应商完成")
    ELSEWHERE = "elsewhere", _("转其他医疗机构")
    NONE = "none", _("没有可替代的方式，已说明")
