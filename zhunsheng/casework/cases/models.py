"""CycleVersion, Case, CaseEvent, CaseFinding, Proposal, Attachment, and the counter of case numbers."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from zhunsheng.book.cycles import Cycle
from zhunsheng.casework.cases import clocks
from zhunsheng.casework.cases.states import AT_TABLE, EventKind, ProposalState

#: Life-cycles by digest: the content of one never changes, and a list of cases asks for the same few.
_LIVES: dict[str, Cycle] = {}
_USER: dict[str, Any] = {"on_delete": models.PROTECT, "related_name": "+"}


class CycleVersion(models.Model):
    """A life-cycle as it read when a case was first opened under it: cases go on under what they began with."""

    digest = models.CharField(max_length=64, primary_key=True)
    name = models.CharField(max_length=40)
    version = models.PositiveIntegerField()
    content = models.JSONField()
    kept_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


def life_of(digest: str) -> Cycle:
    """Return the life-cycle of a digest, read from the database once."""
    if digest not in _LIVES:
        _LIVES[digest] = Cycle.model_validate(CycleVersion.objects.get(pk=digest).content)
    return _LIVES[digest]


class CaseCounter(models.Model):
    """The last number given to a case of a prefix by a body in a year."""

    body = models.ForeignKey("bodies.Body", on_delete=models.PROTECT, related_name="+")
    prefix = models.CharField(max_length=4)
    year = models.PositiveIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("body", "prefix", "year"), name="one_counter"),)

    def __str__(self) -> str:
        return f"{self.prefix}{self.year} {self.last}"


class Case(models.Model):
    """A case: where it stands. What happened stands in its events, from which this row can be made again.

    ``version`` changes with every step after which an open form is stale, ``sequence`` counts events. ``due_on`` is the
    first day on which a running clock ends, ``next_on`` the first that nobody has acted on; ``provisional`` when the
    working days up to ``due_on`` are not all published. ``party_sees`` stays set once the party has seen the case.
    ``proposed_move``, ``proposed_by`` and ``proposed_for`` repeat the proposal that waits: its step, who made it and on
    whose behalf, so that lists need not ask for it.
    """

    SCOPE_PATH: ClassVar[str] = "body"
    #: Besides the handling body, whom the case is about sees it: institution, body, and whether it may be seen.
    SCOPE_PARTY: ClassVar[tuple[str, str, str]] = ("institution_id", "subject_body", "party_sees")
    SCOPE_GRANT: ClassVar[str] = "cases"
    #: A report that was not submitted yet: its regulator reads what it is sent.
    SCOPE_DRAFT: ClassVar[dict[str, Any]] = {"cycle": "supervision_report", "party_sees": False}
    #: What bodies of equal rank settle among themselves: whoever was not called reads none of it.
    SCOPE_TABLE: ClassVar[dict[str, Any]] = {"cycle__in": AT_TABLE}

    bound = models.ForeignKey(CycleVersion, on_delete=models.PROTECT, related_name="cases")
    cycle = models.CharField(max_length=40)
    number = models.CharField(max_length=40)
    state = models.CharField(max_length=40)
    institution_id = models.CharField(max_length=40, blank=True)
    subject_body = models.ForeignKey("bodies.Body", null=True, on_delete=models.PROTECT, related_name="+")
    body = models.ForeignKey("bodies.Body", on_delete=models.PROTECT, related_name="cases")
    origin = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="followed_by")
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    clocks = models.JSONField(default=list)
    due_on = models.DateField(null=True)
    next_on = models.DateField(null=True)
    provisional = models.BooleanField(default=False)
    escalated_on = models.DateField(null=True)
    party_sees = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=0)
    sequence = models.PositiveIntegerField(default=0)
    proposed_move = models.CharField(max_length=40, blank=True, default="")
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, **_USER)
    proposed_for = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, **_USER)

    class Meta:
        ordering = ("-opened_at", "-pk")
        indexes = (
            models.Index(fields=("cycle", "state")),
            models.Index(fields=("next_on",)),
            models.Index(
                fields=("body", "bound", "state", "due_on"), condition=Q(closed_at=None), name="cases_in_hand"
            ),
            models.Index(fields=("institution_id", "bound", "state"), condition=Q(closed_at=None), name="cases_about"),
            models.Index(fields=("-opened_at", "-id"), name="case_newest"),
            models.Index(fields=("due_on", "id"), condition=Q(closed_at=None), name="case_open_due"),
        )
        constraints = (models.UniqueConstraint(fields=("body", "number"), name="case_number_once"),)

    def __str__(self) -> str:
        return self.number

    @property
    def standing(self) -> clocks.Standing:
        """State and clocks as the pure functions take them."""
        return clocks.Standing(self.state, clocks.read(self.clocks))

    def stand(self, standing: clocks.Standing) -> None:
        """Take over state and clocks, and what lists ask of them; the caller saves."""
        first = standing.next_due
        self.state = standing.state
        self.clocks = [one.as_dict() for one in standing.clocks]
        self.due_on = first.due_on if first else None
        self.provisional = any(one.provisional for one in standing.clocks)
        self.next_on = min((one.due_on for one in standing.clocks if one.due_on and not one.told_on), default=None)

    @property
    def life(self) -> Cycle:
        """The life-cycle that the case is bound to."""
        return life_of(self.bound_id)


class CaseEvent(models.Model):
    """One thing that happened to a case; the database refuses to change or delete it.

    ``about`` names the move or the clock, ``day`` the day in Shanghai that clocks count by. ``shown`` says whether
    the party may see it. ``on_behalf_of`` is whose delegated duty the actor used. ``request`` is the digest of what
    was asked under ``key``, ``evidence`` the row of the outbox.
    """

    SCOPE_PATH: ClassVar[str] = "case__body"

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="events")
    sequence = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=EventKind.choices)
    about = models.CharField(max_length=40)
    from_state = models.CharField(max_length=40, blank=True)
    to_state = models.CharField(max_length=40)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, **_USER)
    actor_key = models.CharField(max_length=64)
    on_behalf_of = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, **_USER)
    body = models.ForeignKey("bodies.Body", null=True, on_delete=models.PROTECT, related_name="+")
    proposal = models.ForeignKey("Proposal", null=True, on_delete=models.PROTECT, related_name="events")
    day = models.DateField()
    at = models.DateTimeField()
    fields = models.JSONField(default=dict)
    attachments = models.JSONField(default=list)
    shown = models.BooleanField()
    key = models.CharField(max_length=64, blank=True)
    request = models.CharField(max_length=64, blank=True)
    evidence = models.BigIntegerField()

    class Meta:
        ordering = ("case", "sequence")
        constraints = (
            models.UniqueConstraint(fields=("case", "sequence"), name="case_event_once"),
            models.UniqueConstraint(fields=("actor_key", "key"), condition=~Q(key=""), name="one_event_per_key"),
        )

    def __str__(self) -> str:
        return f"{self.case_id} {self.sequence} {self.kind} {self.about}"

    @property
    def happened(self) -> clocks.Happened:
        """The event as far as state and clocks are concerned."""
        return clocks.Happened(self.kind, self.about, self.to_state, self.day, self.fields)


class CaseFinding(models.Model):
    """A finding that a case was opened on, so that a list of findings is asked in one step."""

    SCOPE_PATH: ClassVar[str] = "case__body"

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="findings")
    finding_id = models.CharField(max_length=64, db_index=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("case", "finding_id"), name="finding_once_per_case"),)

    def __str__(self) -> str:
        return f"{self.case_id} {self.finding_id}"


class Proposal(models.Model):
    """A step of two people that one has proposed, with its fields as checked."""

    SCOPE_PATH: ClassVar[str] = "case__body"

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="proposals")
    move = models.CharField(max_length=40)
    state = models.CharField(max_length=10, choices=ProposalState.choices, default=ProposalState.OPEN)
    fields = models.JSONField(default=dict)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, **_USER)
    on_behalf_of = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, **_USER)
    proposed_at = models.DateTimeField()
    settled_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, **_USER)
    settled_at = models.DateTimeField(null=True)
    reason = models.TextField(blank=True)

    class Meta:
        ordering = ("case", "pk")
        constraints = (models.UniqueConstraint(fields=("case",), condition=Q(state="open"), name="one_open_proposal"),)

    def __str__(self) -> str:
        return f"{self.case_id} {self.move} {self.state}"


class Attachment(models.Model):
    """A file of a case, kept under its digest outside what the site serves. ``internal``: the party does not see it.

    The same file may come from both sides; ``of_party`` says from which, so that neither learns of the other's.
    """

    SCOPE_PATH: ClassVar[str] = "case__body"

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="attachments")
    name = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    size = models.BigIntegerField()
    media = models.CharField(max_length=100)
    internal = models.BooleanField()
    of_party = models.BooleanField(default=False)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, **_USER)
    added_at = models.DateTimeField()

    class Meta:
        ordering = ("case", "pk")
        constraints = (
            models.UniqueConstraint(fields=("case", "digest", "internal", "of_party"), name="file_once_per_side"),
        )

    def __str__(self) -> str:
        return self.name
