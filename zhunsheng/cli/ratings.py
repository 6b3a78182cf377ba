"""zhunsheng ratings: the scorecards of the rule book, and how one would have rated history. Changes no rating."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import typer

from zhunsheng.cli import show
from zhunsheng.cli.options import Json
from zhunsheng.cli.site import ready
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.time import parse_date

app = typer.Typer(help="第三方服务信用评级。Ratings of third-party services.", no_args_is_help=True)
Since = Annotated[str | None, typer.Option(help="最早的评价周期起日。First day of the earliest period.")]


@app.command("list")
def cards(json: Json = False) -> None:
    """列出评分卡。List the scorecards."""
    with show.problems(as_json=json):
        ready()
        from zhunsheng.casework.ratings import library

        told = {name: one.zh for name, one in library.cards().items()}
    show.say(told, as_json=json, human=lambda: show.lines(told))


@app.command("backtest")
def backtest(
    card: Annotated[str, typer.Argument(help="评分卡名称。Name of the scorecard.")],
    since: Since = None,
    json: Json = False,
) -> None:
    """按当前运行重算各期，与当时的评价卡对照。Score past periods on the current run, beside what was frozen."""
    with show.problems(as_json=json):
        ready()
        found = _tried(card, parse_date(since) if since else None)
    told = {f"{one['from']} {one['vendor']}": _line(one) for one in found}
    show.say({"card": card, "periods": found}, as_json=json, human=lambda: show.lines(told))


def _tried(name: str, since: date | None) -> list[dict[str, Any]]:
    """Return one row for each vendor, period and overseeing body. Raises Problem ZS622, ZS707."""
    from zhunsheng.casework.alerts.actions import overseers
    from zhunsheng.casework.bodies import lake
    from zhunsheng.casework.ratings import library, queries

    card, file = library.card(name), lake.current_run()
    if file is None:
        raise Problem("ZS707")
    return [
        {
            "body": body.name, "vendor": one.vendor, "from": str(one.from_on), "until": str(one.until_on),
            "low": one.scored.low, "high": one.scored.high, "standing": one.scored.standing, "frozen": one.frozen,
        }
        for body in overseers()
        for one in queries.backtest(card, body, file, since or card.valid_from)
    ]  # fmt: skip


def _line(one: dict[str, Any]) -> str:
    return f"{one['low']}–{one['high']} {one['standing']}" + (f"（{one['frozen']}）" if one["frozen"] else "")
