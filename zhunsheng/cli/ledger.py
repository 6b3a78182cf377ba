"""zhunsheng ledger: whether the recovery ledger is what the steps of the cases make, to the fen."""

from __future__ import annotations

import typer

from zhunsheng.cli import show
from zhunsheng.cli.options import Json
from zhunsheng.cli.site import ready
from zhunsheng.kernel.errors import Problem

app = typer.Typer(help="追回台账。The recovery ledger.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keep ``check`` a command of its own, so that others can stand beside it."""


@app.command("check")
def check(json: Json = False) -> None:
    """台账、办案步骤与案件状态逐分核对。Compare ledger, steps and states of all cases to the fen."""
    with show.problems(as_json=json):
        ready()
        from zhunsheng.casework.ledger import queries

        found = list(queries.differences())
        if found:
            raise Problem("ZS944", n=len(found), first=found[0])
        told = {"entries": queries.count_entries(), "differences": 0}
    show.say(told, as_json=json, human=lambda: show.lines(told))
