"""Whether an import may move on now."""

from __future__ import annotations

from zhunsheng.casework.imports.models import Import
from zhunsheng.casework.imports.states import MOVES, ImportState
from zhunsheng.kernel.errors import Problem


def can_move(item: Import, to: ImportState) -> bool:
    """Whether the move is in the table of moves."""
    return to in MOVES[ImportState(item.state)]


def check_can_move(item: Import, to: ImportState) -> None:
    """Raise Problem ZS708 unless the move is in the table of moves."""
    if not can_move(item, to):
        raise Problem("ZS708", number=item.pk, state=ImportState(item.state).label)
