"""Whether a note or a view may be written now, in these words, by this person."""

from __future__ import annotations

from zhunsheng.casework.bodies.models import User
from zhunsheng.casework.worklist.models import Note, SavedView
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.text import kept

NOTE_LENGTH, NAME_LENGTH, QUERY_LENGTH = 2000, 60, 1000
#: Pages that a view may lead to.
PAGES = ("findings", "places", "compare")


def worded(text: str, most: int) -> str:
    """Return a text without spaces around it. Raises Problem ZS719 for an empty or too long one."""
    told = kept(text)
    if not 0 < len(told) <= most:
        raise Problem("ZS719", limit=f"{most:,}")
    return told


def check_own_note(user: User, note: Note) -> None:
    """Raise Problem ZS702 unless a note is the user's own: others answer with a note of theirs."""
    if note.owner_id != user.pk:
        raise Problem("ZS702")


def check_seen(latest: int, seen: int) -> None:
    """Raise Problem ZS718 for a correction of a version that is no longer the last."""
    if latest != seen:
        raise Problem("ZS718")


def check_own_view(user: User, view: SavedView) -> None:
    """Raise Problem ZS702 unless a view is the user's own."""
    if view.owner_id != user.pk:
        raise Problem("ZS702")


def check_address(page: str, query: str) -> None:
    """Raise Problem ZS709 for a view of a page that has none, or of an address that is too long to keep."""
    if page not in PAGES:
        raise Problem("ZS709", name="page", value=page)
    if len(query) > QUERY_LENGTH:
        raise Problem("ZS719", limit=f"{QUERY_LENGTH:,}")
