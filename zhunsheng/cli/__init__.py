"""The command ``zhunsheng``. Each command lies in a module of its own; ``main`` is the entry point."""

from __future__ import annotations

import typer

from zhunsheng.cli import (
    backup,
    bench,
    book,
    compare,
    county,
    demo,
    doctor,
    evidence,
    indicators,
    intake,
    judge,
    ledger,
    ratings,
    serve,
    tips,
    upgrade,
    witness,
)

app = typer.Typer(
    name="zhunsheng",
    help="准绳：以事实为依据，以规则为准绳。Facts judged by written rules, with the evidence kept.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command("generate")(county.generate)
app.command("import")(intake.import_files)
app.command("run")(judge.run)
app.command("explain")(judge.explain)
app.command("replay")(judge.replay)
app.command("compare")(compare.compare)
app.command("answers")(judge.answers)
app.add_typer(book.app, name="book")
app.add_typer(indicators.app, name="indicators")
app.add_typer(evidence.app, name="log")
app.add_typer(witness.app, name="witness")
app.add_typer(backup.app, name="backup")
app.command("upgrade")(upgrade.upgrade)
app.add_typer(ledger.app, name="ledger")
app.add_typer(ratings.app, name="ratings")
app.add_typer(tips.app, name="tips")
app.command("serve")(serve.serve)
app.command("demo")(demo.demo)
app.command("bench")(bench.bench)
app.command("doctor")(doctor.doctor)


def main() -> None:
    """Run the command line."""
    app()
