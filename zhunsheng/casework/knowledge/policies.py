"""Whether an upload may move on now."""

from __future__ import annotations

from zhunsheng.casework.knowledge.models import Upload
from zhunsheng.casework.knowledge.states import MOVES, UploadState
from zhunsheng.kernel.errors import Problem


def check_can_move(item: Upload, to: UploadState) -> None:
    """Raise Problem ZS730 unless the move is in the table of moves."""
    if to not in MOVES[UploadState(item.state)]:
        raise Problem("ZS730", number=item.pk, state=UploadState(item.state).label)
