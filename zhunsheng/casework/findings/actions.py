"""Writers around findings. Taking a list out of the site leaves evidence."""

from __future__ import annotations

from typing import Any

from zhunsheng.casework.bodies.models import User
from zhunsheng.casework.bodies.permissions import Verb, check_may
from zhunsheng.casework.outbox.actions import append, deed


@deed
def note_export(
    actor: User, name: str, kind: str, rows: int, wanted: dict[str, Any], verb: Verb = Verb.EXPORT_FINDINGS
) -> None:
    """Record that a list was exported: which, by which filter, how many rows. Raises Problem ZS702."""
    check_may(actor, verb)
    append(actor, "list.exported", f"export:{name}", {"kind": kind, "rows": rows, "filter": wanted})
