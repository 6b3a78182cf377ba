"""What a page asks of the log: how far a row has come, and the proof file that shows it. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from zhunsheng.evidence.proof import Proof
from zhunsheng.evidence.store import Log
from zhunsheng.kernel.errors import Problem


class Stage(StrEnum):
    """How far a row has come."""

    WRITTEN = "written"  # 已登记: in the database, not yet in the log
    LOGGED = "logged"  # 已入日志: on the log's disk, no quorum yet
    SEALED = "sealed"  # 已封存: a quorum has cosigned a head that holds it


@dataclass(frozen=True, slots=True)
class Status:
    """How far a row has come: its index in the log, and by how many witnesses the head that holds it is cosigned."""

    stage: Stage
    index: int | None = None
    witnesses: int = 0


def statuses(log: Log, sources: list[str]) -> dict[str, Status]:
    """Return the status of each row, named as its draft's ``source``."""
    indices = log.indices(sources)
    return {one: _status(log, indices[one]) if one in indices else Status(Stage.WRITTEN) for one in sources}


def receipt(log: Log, source: str) -> tuple[bytes, bytes]:
    """Return the proof file of a row and its record (the log's entry), against the smallest sealed head that holds it.

    Raises Problem ZS814 where no quorum has cosigned it yet, ZS812 where the log has no such row.
    """
    index = log.indices([source]).get(source)
    if index is None:
        raise Problem("ZS812", path=source)
    head = log.head_of(index)
    if head is None or not head.sealed:
        raise Problem("ZS814", source=source, index=index, have=head.witnesses if head else 0)
    proof = Proof(index, tuple(log.inclusion(index, head.size)), head.data)
    return proof.data, next(log.entries(index, index + 1))


def _status(log: Log, index: int) -> Status:
    head = log.head_of(index)
    sealed = head is not None and head.sealed
    return Status(Stage.SEALED if sealed else Stage.LOGGED, index, head.witnesses if head else 0)
