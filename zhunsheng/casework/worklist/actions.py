"""Writers of marks, notes and saved views. Each takes an actor and leaves its evidence in the same transaction.

A finding is given as its id and institution, read within the actor's scope by the caller. Evidence names what was
written by its digest: the words of a note may speak of a person.
"""

from __future__ import annotations

from django.db import IntegrityError
from django.db.models import Max

from zhunsheng.casework.bodies.models import User
from zhunsheng.casework.bodies.permissions import Verb, check_may
from zhunsheng.casework.outbox.actions import append, deed
from zhunsheng.casework.worklist.models import Mark, Note, NoteVersion, SavedView
from zhunsheng.casework.worklist.policies import (
    NAME_LENGTH,
    NOTE_LENGTH,
    check_address,
    check_own_note,
    check_own_view,
    check_seen,
    worded,
)
from zhunsheng.kernel.files import digest
from zhunsheng.kernel.time import now


def set_mark(actor: User, finding_id: str, institution_id: str, *, shared: bool) -> Mark:
    """Mark a finding for oneself or for the body; a finding that is marked so already stays as it is.

    Raises Problem ZS702.
    """
    check_may(actor, Verb.WORK_FINDINGS)
    whose = {"body": actor.body} if shared else {"body": actor.body, "owner": actor}
    standing = Mark.objects.filter(finding_id=finding_id, shared=shared, lifted_at=None, **whose)
    try:
        return standing.first() or _set_mark(actor, finding_id, institution_id, shared=shared)
    except IntegrityError:  # someone of the body marked it between our look and our writing
        return standing.get()


@deed
def _set_mark(actor: User, finding_id: str, institution_id: str, *, shared: bool) -> Mark:
    mark = Mark.objects.create(
        finding_id=finding_id,
        institution_id=institution_id,
        body=actor.body,
        owner=actor,
        shared=shared,
        made_at=now(),
    )
    append(actor, "mark.set", f"finding:{finding_id}", {"mark": mark.pk, "shared": shared})
    return mark


@deed
def lift_mark(actor: User, mark: Mark) -> None:
    """Take a mark away; one of the body may be lifted by anyone who works there. Raises Problem ZS702."""
    check_may(actor, Verb.WORK_FINDINGS)
    if mark.lifted_at is None:
        mark.lifted_at, mark.lifted_by = now(), actor
        mark.save(update_fields=["lifted_at", "lifted_by"])
        append(actor, "mark.lifted", f"finding:{mark.finding_id}", {"mark": mark.pk, "shared": mark.shared})


@deed
def add_note(actor: User, finding_id: str, institution_id: str, text: str, *, shared: bool) -> Note:
    """Write a note on a finding. Raises Problem ZS702, ZS719."""
    check_may(actor, Verb.WORK_FINDINGS)
    told = worded(text, NOTE_LENGTH)
    note = Note.objects.create(
        finding_id=finding_id,
        institution_id=institution_id,
        body=actor.body,
        owner=actor,
        shared=shared,
        made_at=now(),
    )
    _write(actor, note, 1, told)
    return note


@deed
def correct_note(actor: User, note: Note, text: str, seen: int) -> NoteVersion:
    """Add a version to one's own note; ``seen`` is the number of the version that was corrected.

    Raises Problem ZS702, ZS718, ZS719.
    """
    check_may(actor, Verb.WORK_FINDINGS)
    check_own_note(actor, note)
    latest = Note.objects.select_for_update().filter(pk=note.pk).aggregate(last=Max("versions__number"))["last"]
    check_seen(latest, seen)
    return _write(actor, note, latest + 1, worded(text, NOTE_LENGTH))


def _write(actor: User, note: Note, number: int, text: str) -> NoteVersion:
    version = NoteVersion.objects.create(note=note, number=number, text=text, written_at=now())
    payload = {"note": note.pk, "version": number, "shared": note.shared, "text": digest(text.encode())}
    append(actor, "note.written", f"finding:{note.finding_id}", payload)
    return version


@deed
def save_view(actor: User, name: str, page: str, query: str, *, shared: bool) -> SavedView:
    """Keep a page with its filter and columns under a name. Raises Problem ZS702, ZS709, ZS719."""
    check_may(actor, Verb.WORK_FINDINGS)
    check_address(page, query)
    view = SavedView.objects.create(
        name=worded(name, NAME_LENGTH),
        page=page,
        query=query,
        body=actor.body,
        owner=actor,
        shared=shared,
        made_at=now(),
    )
    append(actor, "view.saved", f"view:{view.pk}", {"name": view.name, "page": page, "query": query, "shared": shared})
    return view


@deed
def change_view(actor: User, view: SavedView, *, name: str, shared: bool) -> None:
    """Rename one's own view, or change who sees it. Raises Problem ZS702, ZS719."""
    check_may(actor, Verb.WORK_FINDINGS)
    check_own_view(actor, view)
    view.name, view.shared = worded(name, NAME_LENGTH), shared
    view.save(update_fields=["name", "shared"])
    append(actor, "view.changed", f"view:{view.pk}", {"name": view.name, "shared": shared})


@deed
def delete_view(actor: User, view: SavedView) -> None:
    """Put one's own view away; it can be restored. Raises Problem ZS702."""
    check_may(actor, Verb.WORK_FINDINGS)
    check_own_view(actor, view)
    view.deleted_at = now()
    view.save(update_fields=["deleted_at"])
    append(actor, "view.deleted", f"view:{view.pk}", {})


@deed
def restore_view(actor: User, view: SavedView) -> None:
    """Bring a deleted view back. Raises Problem ZS702."""
    check_may(actor, Verb.WORK_FINDINGS)
    check_own_view(actor, view)
    view.deleted_at = None
    view.save(update_fields=["deleted_at"])
    append(actor, "view.restored", f"view:{view.pk}", {})
