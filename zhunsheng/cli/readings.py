"""zhunsheng readings: closed days, the quarantine, keys of senders, export, and replay of a file of messages."""

from __future__ import annotations

import json as plain
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from zhunsheng.cli import show
from zhunsheng.cli.options import Json
from zhunsheng.cli.site import ready
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.time import SHANGHAI, now, parse_date

app = typer.Typer(help="设备读数：归档、核验、隔离区。Readings: closed days and the quarantine.", no_args_is_help=True)

#: Messages that a replay takes in one go.
PORTION = 100


@app.command("close")
def close(
    hours: Annotated[int, typer.Option(min=0, help="一天结束后几小时归档。Hours after the end of a day.")] = 24,
    json: Json = False,
) -> None:
    """把已结束的日期归档为文件，摘要记入存证。Close days into files, each with its digest in the evidence."""
    with show.problems(as_json=json):
        ready()
        from zhunsheng.casework.outbox.actions import Process
        from zhunsheng.casework.readings.closing import close_days

        names = close_days(Process("cli"), hours)
    show.say({"closed": names}, as_json=json, human=lambda: show.lines({"closed": names}))


@app.command("verify")
def verify(json: Json = False) -> None:
    """重新计算归档文件的摘要和行数，与存证比较。Compare the files of closed days with the evidence."""
    with show.problems(as_json=json):
        ready()
        from zhunsheng.casework.readings import closed

        found = dict(closed.verify())
        wrong = {name: told for name, told in found.items() if told}
        told = {"files": len(found), "wrong": wrong}
        show.say(told, as_json=json, human=lambda: show.lines(told))
        for name, detail in wrong.items():
            raise Problem("ZS883", file=name, detail=detail)


@app.command("quarantine")
def quarantine(json: Json = False) -> None:
    """隔离区：哪个设备、什么原因、多少次。What was not taken, by sender and reason."""
    with show.problems(as_json=json):
        ready()
        from zhunsheng.casework.bodies.scope import Scope
        from zhunsheng.casework.readings.queries import quarantine as found
        from zhunsheng.casework.readings.rows import moment

        rows = [
            [one.code, one.institution_id, one.device, one.count, f"{moment(one.last_at):%FT%TZ}", one.detail]
            for one in found(Scope(None, None, None))
        ]
    told = [dict(zip(("code", "institution", "device", "count", "last", "detail"), row, strict=True)) for row in rows]
    columns = ["代码", "单位", "设备", "次数", "最近", "情况"]
    show.say({"quarantine": told}, as_json=json, human=lambda: show.table("隔离区", columns, rows))


@app.command("replay")
def replay(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="每行一条消息的文件。One message a line.")],
    json: Json = False,
) -> None:
    """重新送入消息：每行 {"topic": …, "payload": …}，已有的不会重复。Take messages of a file; nothing is doubled."""
    with show.problems(as_json=json):
        ready()
        from zhunsheng.casework.readings.actions import take

        told = {"messages": 0, "stored": 0, "repeated": 0, "refused": 0}
        for portion in _portions(file):
            taken = take(portion)
            told["messages"] += len(portion)
            told["stored"] += sum(one.stored for one in taken.results)
            told["repeated"] += sum(one.repeated for one in taken.results)
            told["refused"] += sum(len(one.refused) for one in taken.results)
    show.say(told, as_json=json, human=lambda: show.lines(told))
    if told["refused"]:
        raise typer.Exit(show.ATTENTION)


def _portions(file: Path) -> Iterator[list[Any]]:
    from zhunsheng.telemetry.wire import Incoming

    portion: list[Incoming] = []
    with file.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            try:
                given = plain.loads(line)
                payload = plain.dumps(given["payload"], ensure_ascii=False).encode()
                portion.append(Incoming(str(given["topic"]), payload, now().astimezone(UTC)))
            except (ValueError, KeyError, TypeError, RecursionError) as error:
                raise Problem("ZS878", detail=f"{file.name}:{number}: {type(error).__name__}") from error
            if len(portion) == PORTION:
                yield portion
                portion = []
    if portion:
        yield portion


@app.command("key")
def key(
    institution: Annotated[str, typer.Argument(help="机构或者第三方机构代码。Code of institution or vendor.")],
    device: Annotated[str, typer.Option("--device", help="只限这台设备。For this device alone.")] = "",
    end: Annotated[str, typer.Option("--end", help="停用以这几个字符开头的密钥。End the key that begins so.")] = "",
    json: Json = False,
) -> None:
    """HTTP 报送的密钥：只显示这一次。A key for sending over HTTP, shown this once."""
    with show.problems(as_json=json):
        ready()
        from zhunsheng.casework.outbox.actions import Process
        from zhunsheng.casework.readings import actions

        if end:
            told: dict[str, Any] = {"ended": actions.end_key(Process("cli"), end, institution)}
        else:
            made, secret = actions.make_key(Process("cli"), institution, device)
            told = {"institution": institution, "device": device, "hint": made.hint, "secret": secret}
    show.say(told, as_json=json, human=lambda: show.lines(told))


@app.command("export")
def export(
    institution: Annotated[str, typer.Argument(help="机构或者第三方机构代码。Code of institution or vendor.")],
    device: Annotated[str, typer.Argument(help="设备编号。Device.")],
    out: Annotated[Path, typer.Option("--out", help="输出文件，.csv 或者 .parquet。The file.")],
    since: Annotated[str, typer.Option("--from", help="第一天。First day.")],
    until: Annotated[str, typer.Option("--to", help="最后一天。Last day.")],
    nodes: Annotated[bool, typer.Option("--nodes", help="导出服务节点。Node events instead of readings.")] = False,
    json: Json = False,
) -> None:
    """导出一台设备的读数或者服务节点。Write the readings or node events of a device to a file."""
    with show.problems(as_json=json):
        ready()
        from pyarrow import csv, parquet

        from zhunsheng.casework.readings.queries import of_any_device

        first, last = (datetime.combine(parse_date(day), time(), SHANGHAI) for day in (since, until))
        kind = "node" if nodes else "reading"
        found = of_any_device(institution, device, first, last + timedelta(days=1), kind)
        if out.suffix == ".csv":
            csv.write_csv(_harmless(found), out)
        else:
            parquet.write_table(found, out)
    told = {"rows": found.num_rows, "file": str(out)}
    show.say(told, as_json=json, human=lambda: show.lines(told))


def _harmless(table: Any) -> Any:
    """Return a table whose texts no spreadsheet takes for formulas: devices say what they like."""
    import pyarrow as pa

    from zhunsheng.kernel.text import harmless

    for place, field in enumerate(table.schema):
        if pa.types.is_string(field.type):
            told = [one if one is None else harmless(one) for one in table[place].to_pylist()]
            table = table.set_column(place, field, pa.array(told, field.type))
    return table
