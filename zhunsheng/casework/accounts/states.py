"""By what a login can be proved."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Way(models.TextChoices):
    """By what someone proved to be the holder of an account."""

    PASSWORD = "password", _("密码")
    CODE = "code", _("动态口令")
    PASSKEY = "passkey", _("通行密钥")
    RECOVERY = "recovery", _("恢复码")
    SINGLE_SIGN_ON = "sso", _("统一身份认证")
    SITE = "site", _("本站程序")
