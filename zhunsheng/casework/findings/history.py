"""How earlier runs judged the same finding: same identity, so each run can be asked."""

from __future__ import annotations

from typing import Any

from zhunsheng.casework.bodies import lake
from zhunsheng.casework.bodies.scope import Scope
from zhunsheng.casework.judgements.queries import recent_runs

#: Runs looked back upon, the present one included.
LOOKED = 4


def history(scope: Scope, finding_id: str) -> list[dict[str, Any]]:
    """Return the runs in which a finding stood, newest first: run, day, verdict, amount, change to the one before."""
    told = []
    for manifest, path in recent_runs(LOOKED):
        with scope.reading(lake.open_run(path)) as reader:
            found = reader.one("SELECT verdict, amount_fen FROM finding WHERE finding_id = ?", [finding_id])
        told.append({"run": manifest, "found": found})
    for newer, older in zip(told, [*told[1:], None], strict=True):
        newer["change"] = _change(newer["found"], older["found"] if older else None, older is not None)
    return told


def _change(now: dict[str, Any] | None, before: dict[str, Any] | None, known: bool) -> str:
    if now is None:
        return "absent" if before is None else "gone"
    if before is None:
        return "first" if known else "start"
    return "same" if now == before else "changed"
