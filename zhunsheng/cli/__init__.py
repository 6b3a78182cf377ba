"""The command ``zhunsheng``. Each command lies in a module of its own; ``main`` is the entry point."""

from __future__ import annotations

import typer

from zhunsheng.cli.lazy import group

#: Where each command lies. They are listed in this order.
COMMANDS = {
    "generate": "zhunsheng.cli.county:generate",
    "import": "zhunsheng.cli.intake:import_files",
    "run": "zhunsheng.cli.judge:run",
    "explain": "zhunsheng.cli.judge:explain",
    "replay": "zhunsheng.cli.judge:replay",
    "compare": "zhunsheng.cli.compare:compare",
    "answers": "zhunsheng.cli.judge:answers",
    "upgrade": "zhunsheng.cli.upgrade:upgrade",
    "serve": "zhunsheng.cli.serve:serve",
    "demo": "zhunsheng.cli.demo:demo",
    "bench": "zhunsheng.cli.bench:bench",
    "doctor": "zhunsheng.cli.doctor:doctor",
    "book": "zhunsheng.cli.book:app",
    "indicators": "zhunsheng.cli.indicators:app",
    "log": "zhunsheng.cli.evidence:app",
    "witness": "zhunsheng.cli.witness:app",
    "backup": "zhunsheng.cli.backup:app",
    "ledger": "zhunsheng.cli.ledger:app",
    "ratings": "zhunsheng.cli.ratings:app",
    "tips": "zhunsheng.cli.tips:app",
    "devices": "zhunsheng.cli.devices:app",
    "simulate": "zhunsheng.cli.simulate:simulate",
    "gateway": "zhunsheng.cli.gateway:gateway",
    "forward": "zhunsheng.cli.gateway:forward",
    "broker": "zhunsheng.cli.gateway:broker",
    "readings": "zhunsheng.cli.readings:app",
}

app = typer.Typer(
    name="zhunsheng",
    cls=group(COMMANDS),
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


@app.callback()
def about() -> None:
    """准绳：以事实为依据，以规则为准绳。Facts judged by written rules, with the evidence kept."""


def main() -> None:
    """Run the command line."""
    app()
