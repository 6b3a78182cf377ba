"""PoolMember, Round, VendorCheck, VendorComplaint, SurveyCode, SurveyAnswer, ExitStep, Sanction.

Each row belongs to the consortium that oversees (``body``); ``institution_id`` is the vendor, which sees a row once it
is ``shown``: an unannounced check is not announced by its row.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from zhunsheng.casework.oversight.states import OFFICE, Appeal, Background, Field, Role, RoundState, Seat, StepState
from zhunsheng.casework.sealed import SealedDraw

_USER: dict[str, Any] = {"on_delete": models.PROTECT, "related_name": "+"}
_OWN: dict[str, Any] = {"on_delete": models.PROTECT, "related_name": "+"}


class PoolMember(models.Model):
    """A supervisor, evaluator, expert or committee member of a consortium, from a day (held) to a day (not held).

    ``ties``: vendor -> why this person may not judge it. ``trained``: year -> topics of training on file.
    ``full_time``: whether a supervisor does nothing else, None where nobody said. A changed entry is ended and added
    anew, but for its training.
    """

    SCOPE_PATH: ClassVar[str] = "body"

    body = models.ForeignKey("bodies.Body", **_OWN)
    role = models.CharField(max_length=12, choices=Role.choices)
    field = models.CharField(max_length=16, choices=Field.choices, blank=True)
    seat = models.CharField(max_length=10, choices=Seat.choices, blank=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, **_USER)
    name = models.CharField(max_length=120)
    unit = models.CharField(max_length=120, blank=True)
    background = models.JSONField(default=list)
    full_time = models.BooleanField(null=True)
    trained = models.JSONField(default=dict)
    ties = models.JSONField(default=dict)
    since = models.DateField()
    until = models.DateField(null=True)

    class Meta:
        ordering = ("role", "field", "seat", "name", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=("body", "user", "role"), condition=Q(until=None, user__isnull=False), name="pool_member_once"
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def code(self) -> str:
        """How pools and draws name this person."""
        return f"p{self.pk}"

    @property
    def in_office(self) -> bool:
        """Whether supervision is this person's work: of a consortium's office or of a supervision centre."""
        return self.role in OFFICE

    @property
    def background_words(self) -> str:
        """What this person has learned, in words."""
        return "、".join(str(Background(one).label) for one in self.background)

    @property
    def drawn_as(self) -> str:
        """Under which word of a check this person is drawn: the field of an expert, else the role."""
        return self.field if self.role == Role.EXPERT else self.role


class Round(SealedDraw):
    """One draw of two people for all checks of a consortium that wait for one.

    ``subjects`` ([{check, vendor, name, places, count, people}]) and ``people`` ([{code, name, as, ties}]) are frozen
    when the round is committed.
    """

    SCOPE_PATH: ClassVar[str] = "body"

    body = models.ForeignKey("bodies.Body", **_OWN)
    state = models.CharField(max_length=10, choices=RoundState.choices, default=RoundState.COMMITTED)
    subjects = models.JSONField(default=list)
    people = models.JSONField(default=list)

    class Meta:
        ordering = ("-committed_at", "-pk")
        constraints = (
            models.UniqueConstraint(fields=("body",), condition=Q(state="committed"), name="one_open_round"),
        )

    def __str__(self) -> str:
        return f"{self.body_id} {self.commitment[:12]}"


class _OfCase(models.Model):
    """What a case about a vendor keeps beside it."""

    SCOPE_PATH: ClassVar[str] = "body"
    SCOPE_PARTY: ClassVar[tuple[str, str, str]] = ("institution_id", "body", "shown")

    case = models.OneToOneField("cases.Case", on_delete=models.PROTECT, related_name="%(class)s")
    body = models.ForeignKey("bodies.Body", **_OWN)
    institution_id = models.CharField(max_length=40)
    shown = models.BooleanField(default=False)

    class Meta:
        abstract = True


class VendorCheck(_OfCase):
    """A check of the calendar with its case; ``due_on`` is the last day of its period.

    ``places`` are the members drawn, ``people`` the codes of the people, ``recused`` code -> reason.
    """

    line = models.ForeignKey("vendors.ServiceLine", on_delete=models.PROTECT, related_name="checks")
    check_kind = models.CharField(max_length=40)
    due_on = models.DateField()
    round = models.ForeignKey(Round, null=True, on_delete=models.PROTECT, related_name="checks")
    places = models.JSONField(default=list)
    people = models.JSONField(default=list)
    recused = models.JSONField(default=dict)
    result = models.CharField(max_length=10, blank=True)

    class Meta:
        ordering = ("due_on", "pk")
        indexes = (models.Index(fields=("institution_id", "due_on")),)
        constraints = (
            models.UniqueConstraint(
                fields=("line", "check_kind", "due_on"),
                condition=~Q(check_kind="unscheduled"),
                name="check_once_per_period",
            ),
        )

    def __str__(self) -> str:
        return f"{self.institution_id} {self.check_kind} {self.due_on}"

    @property
    def code(self) -> str:
        """How a round names this check."""
        return f"c{self.pk}"


class VendorComplaint(_OfCase):
    """A complaint with the digest of its receipt; ``satisfied`` is what who complained says of the last answer."""

    receipt = models.CharField(max_length=64, unique=True, null=True, help_text="scrypt under a key of the site")
    service_kind = models.CharField(max_length=40, blank=True)
    about = models.CharField(max_length=20)
    satisfied = models.BooleanField(null=True)
    judged_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-pk",)
        indexes = (models.Index(fields=("institution_id", "about")),)

    def __str__(self) -> str:
        return str(self.case_id)


class SurveyCode(models.Model):
    """A code by which one person answers the survey of a line for a month, once. The code itself is not kept."""

    SCOPE_PATH: ClassVar[str] = "body"

    body = models.ForeignKey("bodies.Body", **_OWN)
    line = models.ForeignKey("vendors.ServiceLine", on_delete=models.PROTECT, related_name="survey_codes")
    month = models.CharField(max_length=7, help_text="YYYY-MM")
    respondent = models.CharField(max_length=10)
    receipt = models.CharField(max_length=64, unique=True)
    issued_by = models.ForeignKey(settings.AUTH_USER_MODEL, **_USER)
    issued_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("pk",)
        indexes = (models.Index(fields=("line", "month")),)

    def __str__(self) -> str:
        return f"{self.line_id} {self.month}"


class SurveyAnswer(models.Model):
    """One answer: scores 1 to 5, each may be empty. Who answered stands nowhere, and no code leads here."""

    SCOPE_PATH: ClassVar[str] = "body"

    body = models.ForeignKey("bodies.Body", **_OWN)
    line = models.ForeignKey("vendors.ServiceLine", on_delete=models.PROTECT, related_name="survey_answers")
    month = models.CharField(max_length=7)
    respondent = models.CharField(max_length=10)
    attitude = models.PositiveSmallIntegerField(null=True)
    professional = models.PositiveSmallIntegerField(null=True)
    waiting = models.PositiveSmallIntegerField(null=True)
    cost = models.PositiveSmallIntegerField(null=True)
    answered_on = models.DateField()

    class Meta:
        ordering = ("pk",)
        indexes = (models.Index(fields=("line", "month")),)

    def __str__(self) -> str:
        return f"{self.line_id} {self.month}"


class ExitStep(models.Model):
    """One step of an exit plan, kept in step with the events of its case."""

    SCOPE_PATH: ClassVar[str] = "body"
    SCOPE_PARTY: ClassVar[tuple[str, str, str]] = ("institution_id", "body", "shown")

    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="exit_steps")
    body = models.ForeignKey("bodies.Body", **_OWN)
    institution_id = models.CharField(max_length=40)
    shown = models.BooleanField(default=True)
    number = models.PositiveIntegerField()
    key = models.CharField(max_length=40)
    state = models.CharField(max_length=10, choices=StepState.choices, default=StepState.OPEN)
    done_on = models.DateField(null=True)
    event = models.ForeignKey("cases.CaseEvent", null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("case", "number")
        constraints = (models.UniqueConstraint(fields=("case", "key"), name="exit_step_once"),)

    def __str__(self) -> str:
        return f"{self.case_id} {self.key} {self.state}"


class Sanction(_OfCase):
    """A sanction that was decided, as it is published: act, measures, amount, state of the appeal, correction.

    ``revenue_fen`` is the vendor's yearly revenue as it was on file on the day of the decision; empty where unknown.
    """

    act = models.CharField(max_length=40)
    grade = models.CharField(max_length=20)
    measures = models.JSONField(default=list)
    fine_fen = models.BigIntegerField(null=True)
    revenue_fen = models.BigIntegerField(null=True)
    decided_on = models.DateField()
    appeal = models.CharField(max_length=10, choices=Appeal.choices, default=Appeal.OPEN)
    published_on = models.DateField(null=True)
    corrected_on = models.DateField(null=True)
    correction = models.TextField(blank=True)

    class Meta:
        ordering = ("-decided_on", "-pk")

    def __str__(self) -> str:
        return f"{self.institution_id} {self.act}"
