"""zhunsheng compare."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from zhunsheng import runs
from zhunsheng.cli import show
from zhunsheng.cli.options import Json
from zhunsheng.kernel.home import home
from zhunsheng.kernel.money import yuan
from zhunsheng.runs.compare import CAUSES

STATES = {"same": "相同", "new": "新增", "gone": "消失", "changed": "有变"}


def compare(
    before: Annotated[str, typer.Argument(help="在前的运行编号。The earlier run, or that of the earlier rule book.")],
    after: Annotated[str, typer.Argument(help="在后的运行编号。The other run.")],
    limit: Annotated[int, typer.Option(help="列出多少件不同的疑点。How many findings that differ are listed.")] = 20,
    json: Json = False,
) -> None:
    """比较两次运行：谁新增、谁消失，因何改动。Compare two runs: who is hit now, who no longer, by which change."""
    with show.problems(as_json=json):
        found = runs.of_runs(home(), before, after, limit)
    show.say(found.as_dict(), as_json=json, human=lambda: _told(found))


def _told(found: runs.Comparison) -> None:
    if found.changes:
        rows = [[one.rule_id, CAUSES[one.cause]["zh"], one.what] for one in found.changes]
        show.table("规则库的改动", ["规则", "改动", "内容"], rows)
    show.table(
        f"{found.before['run_id']} → {found.after['run_id']}",
        ["规则", "变化", "原因", "件", "前（元）", "后（元）"],
        [
            [g.rule_id, STATES[g.state], CAUSES[g.cause]["zh"], g.findings, yuan(g.before_fen), yuan(g.after_fen)]
            for g in found.groups
        ],
    )
    show.table(
        "不同的疑点", ["疑点", "规则", "机构", "服务日期", "变化", "原因"], [_row(one) for one in found.findings]
    )
    show.out.print("，".join(f"{word} {found.counts[state]:,} 件" for state, word in STATES.items()))


def _row(one: dict[str, Any]) -> list[Any]:
    where = one["institution_id"], one["service_date"], STATES[one["state"]], CAUSES[one["cause"]]["zh"]
    return [one["finding_id"], one["rule_id"], *where]
