"""Body, User, Duty, and the failures of logging in."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _


class BodyKind(models.TextChoices):
    """Kinds of bodies around a consortium."""

    INSURANCE_AUTHORITY = "insurance_authority", _("医疗保障局")
    INSURANCE_AGENCY = "insurance_agency", _("医保经办机构")
    HEALTH_AUTHORITY = "health_authority", _("卫生健康委员会")
    FINANCE = "finance", _("财政部门")
    MARKET = "market", _("市场监督管理部门")
    CIVIL_AFFAIRS = "civil_affairs", _("民政部门")
    CONSORTIUM = "consortium", _("医联体")
    INSTITUTION = "institution", _("定点医药机构")
    VENDOR = "vendor", _("第三方服务机构")
    POLICE = "police", _("公安机关")
    DISCIPLINE = "discipline", _("纪检监察机关")
    HUMAN_RESOURCES = "human_resources", _("人力资源社会保障部门")
    DATA_AUTHORITY = "data_authority", _("数据管理部门")
    PUBLIC = "public", _("社会公众")


#: Bodies that are an institution of the facts and carry its code: a case about the code is about them.
CODED = (BodyKind.INSTITUTION, BodyKind.VENDOR)


class DutyName(models.TextChoices):
    """Named duties. What each may do stands in ``permissions``."""

    HEAD = "head", _("负责人")
    REVIEWER = "reviewer", _("审核员")
    IMPORTER = "importer", _("数据员")
    ANALYST = "analyst", _("分析员")
    OFFICE = "office", _("医保办")
    CLINICIAN = "clinician", _("医务人员")
    OFFICER = "officer", _("执法人员")
    LEGAL_REVIEWER = "legal_reviewer", _("法制审核员")
    HANDLER = "handler", _("经办人员")
    FINANCE_OFFICER = "finance_officer", _("财务人员")
    ADMINISTRATOR = "administrator", _("系统管理员")
    SECURITY = "security", _("安全管理员")
    AUDITOR = "auditor", _("安全审计员")


class Body(models.Model):
    """An organisation. A consortium carries the code of its lead institution, an institution or a vendor its own."""

    SCOPE_PATH: ClassVar[str] = "pk"

    kind = models.CharField(max_length=32, choices=BodyKind.choices)
    name = models.CharField(max_length=120)
    name_en = models.CharField(max_length=160, blank=True)
    institution_code = models.CharField(max_length=40, blank=True)
    region = models.CharField(max_length=6, blank=True, help_text="GB/T 2260; empty means the whole site")
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")

    class Meta:
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(fields=("kind", "name"), name="body_name_once_per_kind"),
            models.UniqueConstraint(
                fields=("institution_code",), condition=Q(kind="institution"), name="one_body_per_institution"
            ),
            models.UniqueConstraint(
                fields=("institution_code",),
                condition=Q(kind="vendor") & ~Q(institution_code=""),
                name="one_body_per_vendor",
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=("institution", "consortium")) | ~Q(institution_code=""),
                name="institution_carries_code",
            ),
        )

    def __str__(self) -> str:
        return self.name


class UserManager(BaseUserManager["User"]):
    """Finds users by login; writing is left to ``actions``."""

    def get_by_natural_key(self, username: str | None) -> User:
        """Return the user of a login name, whatever its case."""
        return self.get(login__iexact=username)


class User(AbstractBaseUser):
    """A person with an account. Rights come from duties, never from the user row."""

    SCOPE_PATH: ClassVar[str] = "body"

    login = models.CharField(_("登录名"), max_length=60, unique=True)
    display_name = models.CharField(max_length=60)
    body = models.ForeignKey(Body, null=True, blank=True, on_delete=models.PROTECT, related_name="users")
    language = models.CharField(max_length=10, default="zh-hans")
    is_active = models.BooleanField(default=True, help_text="false while the account is locked")
    password_set_at = models.DateTimeField(null=True, blank=True)
    password_once = models.BooleanField(default=False, help_text="given by an administrator; to be changed at login")

    objects = UserManager()
    USERNAME_FIELD = "login"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["display_name"]

    class Meta:
        ordering = ("login",)
        constraints = (models.UniqueConstraint(Lower("login"), name="login_once_whatever_its_case"),)

    def __str__(self) -> str:
        return self.display_name

    @property
    def actor_key(self) -> str:
        """How evidence names this person."""
        return f"user:{self.pk}"

    @property
    def body_key(self) -> str:
        """How evidence names this person's body."""
        return str(self.body_id or "")


class DutyOn(models.QuerySet["Duty"]):
    """Dated duties."""

    def on(self, day: date) -> DutyOn:
        """Return the duties that hold on a day."""
        return self.from_(day).filter(valid_from__lte=day)

    def from_(self, day: date) -> DutyOn:
        """Return the duties that hold on a day or on a later one."""
        return self.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=day) & Q(valid_to__gt=F("valid_from")))


class Duty(models.Model):
    """A duty given to a user within a body, from a day (held) to a day (not held).

    One that was ended before it began has no day: it stays as a record and was never held.
    """

    SCOPE_PATH: ClassVar[str] = "body"

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="duties")
    body = models.ForeignKey(Body, on_delete=models.PROTECT, related_name="duties")
    name = models.CharField(max_length=20, choices=DutyName.choices)
    certificate = models.CharField(max_length=40, blank=True, help_text="number of the certificate that it needs")
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)

    objects = DutyOn.as_manager()

    class Meta:
        ordering = ("user", "name", "valid_from")
        constraints = (
            models.UniqueConstraint(
                fields=("user", "body", "name", "valid_from"),
                condition=Q(valid_to__isnull=True) | Q(valid_to__gt=F("valid_from")),
                name="duty_once_per_start",
            ),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")), name="duty_ends_after_start"
            ),
        )

    def __str__(self) -> str:
        return f"{self.user_id} {self.name}"


class LoginFailure(models.Model):
    """One failed attempt to log in. Login and address are kept as keyed digests only."""

    login_key = models.CharField(max_length=32)
    address_key = models.CharField(max_length=32)
    at = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=("login_key", "at")), models.Index(fields=("address_key", "at")))

    def __str__(self) -> str:
        return f"{self.login_key} {self.at}"
