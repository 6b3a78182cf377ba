"""Reads of marks, notes and views: one's own and those shared in one's own body, nobody else's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from zhunsheng.casework.bodies.models import User
from zhunsheng.casework.bodies.permissions import Verb
from zhunsheng.casework.bodies.scope import Scope
from zhunsheng.casework.inbox.offers import Asker, Source, Task, shown_as
from zhunsheng.casework.worklist.models import Mark, Note, Owned, SavedView

Row = TypeVar("Row", bound=Owned)


def _seen(scope: Scope, user: User, rows: QuerySet[Row]) -> QuerySet[Row]:
    """A region's scope holds the bodies below it: what they note among themselves stays with them."""
    return scope.rows(rows).filter(Q(owner=user) | Q(shared=True), body=user.body).select_related("owner")


def marks(scope: Scope, user: User, which: str = "any") -> QuerySet[Mark]:
    """Return the standing marks: ``mine``, those of the ``body``, or any of the two, newest first."""
    found = _seen(scope, user, Mark.objects.filter(lifted_at=None))
    return found.filter(shared=which == "body") if which in ("mine", "body") else found


def marked_ids(scope: Scope, user: User, which: str) -> tuple[str, ...]:
    """Return the findings that are marked; ``none`` asks for what a list of unmarked ones leaves out."""
    found = marks(scope, user, which).order_by("finding_id").values_list("finding_id", flat=True)
    return tuple(dict.fromkeys(found))


def work_on(scope: Scope, user: User, finding_ids: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return for each finding whether it is marked by oneself and by the body, and how many notes are in view."""
    ids = list(finding_ids)
    told: dict[str, dict[str, Any]] = {key: {"mine": False, "body": False, "notes": 0} for key in ids}
    for mark in marks(scope, user).filter(finding_id__in=ids):
        told[mark.finding_id]["body" if mark.shared else "mine"] = True
    counted = Counter(_seen(scope, user, Note.objects.filter(finding_id__in=ids)).values_list("finding_id", flat=True))
    for key, count in counted.items():
        told[key]["notes"] = count
    return told


def standing_mark(scope: Scope, user: User, finding_id: str, *, shared: bool) -> Mark | None:
    """Return the mark that stands on a finding, one's own or the body's, or None."""
    return marks(scope, user, "body" if shared else "mine").filter(finding_id=finding_id).first()


def lifted_mark(scope: Scope, user: User, pk: int) -> Mark | None:
    """Return a mark that the user lifted, so that it can be set again, or None."""
    return _seen(scope, user, Mark.objects.filter(pk=pk, lifted_by=user)).first()


def notes(scope: Scope, user: User, finding_ids: Iterable[str] | None = None) -> list[Note]:
    """Return the notes in view (on some findings), oldest first, each with its versions in order."""
    found = _seen(scope, user, Note.objects.all()).prefetch_related("versions")
    return list(found if finding_ids is None else found.filter(finding_id__in=list(finding_ids)))


def note(scope: Scope, user: User, pk: int) -> Note | None:
    """Return a note in view, or None."""
    return _seen(scope, user, Note.objects.filter(pk=pk)).first()


def views(scope: Scope, user: User) -> list[SavedView]:
    """Return the saved views in view, by name."""
    return list(_seen(scope, user, SavedView.objects.filter(deleted_at=None)))


def view(scope: Scope, user: User, pk: int, *, deleted: bool = False) -> SavedView | None:
    """Return a saved view in view, or a deleted one, or None."""
    return _seen(scope, user, SavedView.objects.filter(pk=pk, deleted_at__isnull=not deleted)).first()


def asked(asker: Asker) -> QuerySet[Any]:
    """Return the findings that the reader has set aside for the own work, as rows of the inbox."""
    found = asker.scope.rows(
        Mark.objects.filter(owner=asker.user, body=asker.user.body_id, shared=False, lifted_at=None)
    )
    if asker.scope.institutions is not None:
        found = found.filter(institution_id__in=asker.scope.institutions)
    allowed = found if Verb.WORK_FINDINGS in asker.verbs else found.none()
    return shown_as(allowed, "worklist", number="finding_id", place="institution_id")


def tasks(asker: Asker, keys: Sequence[int]) -> list[Task]:
    """Tell marks as tasks."""
    names = {one.institution_id: one.name for one in asker.scope.places()}
    return [
        Task(
            source="worklist",
            key=one.pk,
            kind=_("标记的疑点"),
            number=one.finding_id,
            title=_("核实疑点"),
            about=names.get(one.institution_id, one.institution_id),
            why=_("本人标记"),
            due_on=None,
            since=one.made_at,
            sender="",
            address=f"/findings/{one.finding_id}",
        )
        for one in asker.scope.rows(Mark.objects.filter(pk__in=keys, owner=asker.user))
    ]


SOURCE = Source("worklist", lambda: {"worklist": _("标记的疑点")}, asked, tasks)
