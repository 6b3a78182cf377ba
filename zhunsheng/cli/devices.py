"""zhunsheng devices: the register of devices, and trip plans, out of CSV files. A file is taken whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from zhunsheng.cli import show
from zhunsheng.cli.options import Json
from zhunsheng.cli.site import person, ready
from zhunsheng.kernel.errors import Problem

app = typer.Typer(help="设备与运输计划。Devices and trip plans.", no_args_is_help=True)


@app.command("import")
def take(
    files: Annotated[list[Path], typer.Argument(help="CSV 文件，种类由表头认定。CSV files, told by heading.")],
    by: Annotated[str, typer.Option("--by", help="以谁的账号登记。In whose name.")],
    json: Json = False,
) -> None:
    """导入设备、校准、证书、安装位置、联系人、运输计划。Take devices, calibrations, contacts, trip plans."""
    with show.problems(as_json=json):
        ready()
        from zhunsheng.casework.trips import intake

        actor, reports = person(by), []
        for path in files:
            try:
                data = path.read_bytes()
            except OSError as error:
                raise Problem("ZS892", file=path.name, reason=error.strerror or str(error)) from error
            reports.append(intake.take(actor, path.name, data))
    told = [_told(one) for one in reports]
    show.say({"files": told}, as_json=json, human=lambda: _shown(told))
    if any(one["count"] for one in told):
        raise typer.Exit(show.ATTENTION)


def _told(report: Any) -> dict[str, Any]:
    faults = [
        {"row": one.row, "column": one.column, "value": one.value, "code": one.code, "reason": one.reason,
         "mend": one.mend}
        for one in report.faults
    ]  # fmt: skip
    told = {"file": report.file, "kind": report.kind, "rows": report.rows, "count": report.count, "faults": faults}
    return told | ({"problem": report.problem.as_dict()} if report.problem else {})


def _shown(told: list[dict[str, Any]]) -> None:
    for one in told:
        if not one["count"]:
            show.out.print(f"{one['file']}：已导入 {one['rows']} 行", highlight=False)
            continue
        show.out.print(f"{one['file']}：{one['count']} 处错误，没有导入任何一行", highlight=False)
        rows = [[str(fault["row"]), fault["column"], fault["value"], fault["reason"], fault["mend"]]
                for fault in one["faults"]]  # fmt: skip
        show.table(one["file"], ["行", "列", "所填", "原因", "怎样改正"], rows)


@app.command("kinds")
def kinds(json: Json = False) -> None:
    """列出各种文件的表头。List the headings of each kind of file."""
    with show.problems(as_json=json):
        ready()
        from zhunsheng.casework.trips.intake import KINDS

        told = {
            one.zh: "、".join(f"{name}（可无）" if name in one.optional else name for name in one.columns)
            for one in KINDS.values()
        }
    show.say(told, as_json=json, human=lambda: show.lines(told))
