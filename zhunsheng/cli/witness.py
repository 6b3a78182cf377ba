"""zhunsheng witness: a body's own process, with a witness that cosigns heads and a signer for the body's leaves."""

from __future__ import annotations

from datetime import datetime, time
from pathlib import Path
from typing import Annotated

import typer

from zhunsheng.cli import show
from zhunsheng.cli.options import Json
from zhunsheng.evidence import figures, http
from zhunsheng.evidence.places import WitnessPlace, addresses, make_witness
from zhunsheng.evidence.signer import NEVER
from zhunsheng.kernel.time import SHANGHAI, parse_date

app = typer.Typer(help="见证方：一家机构一个。A witness, one per body.", no_args_is_help=True)

Place = Annotated[Path, typer.Argument(help="见证方文件夹。The witness's folder.")]


@app.command("init")
def init(
    folder: Place,
    name: Annotated[str, typer.Option("--name", help="见证方名称，如 health.example/witness。Its name.")],
    body: Annotated[str, typer.Option("--body", help="机构代码，签署本机构条目时用。The body that it signs for.")],
    log: Annotated[list[str], typer.Option("--log", help="所见证日志的公钥，可多次。A log's vkey, repeatable.")],
    json: Json = False,
) -> None:
    """建立密钥与空的数据库。Make keys and an empty database."""
    with show.problems(as_json=json):
        place = make_witness(folder, name, body, log)
        told = _about(place) | {"token": str(folder / "token")}
    show.say(told, as_json=json, human=lambda: show.lines(told))


@app.command("run")
def run(
    folder: Place,
    host: Annotated[str, typer.Option(help="监听地址。Address.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="端口，0 为任选。Port.")] = 8090,
    since: Annotated[str, typer.Option(help="停机超过一天后，补签自该日起的条目。Sign late leaves since a day.")] = "",
) -> None:
    """启动见证与签名服务。Serve until stopped."""
    with show.problems(as_json=False):
        posts, witness = addresses(WitnessPlace(folder), _first_second(since) if since else NEVER)
    gets = figures.answers(witness, WitnessPlace(folder).desk())
    with http.server(host, port, posts, gets) as server:
        show.out.print(f"http://{host}:{server.server_address[1]}  {witness.key.verifier.vkey}", highlight=False)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            show.out.print("已停止")


@app.command("show")
def show_witness(folder: Place, json: Json = False) -> None:
    """公钥、见过的日志头、签过的条目数。Public keys, heads seen, leaves signed."""
    with show.problems(as_json=json):
        told = _about(WitnessPlace(folder))
    show.say(told, as_json=json, human=lambda: show.lines(told))


def _first_second(day: str) -> int:
    """Return when a day begins. Raises Problem ZS105."""
    return int(datetime.combine(parse_date(day), time(), SHANGHAI).timestamp())


def _about(place: WitnessPlace) -> dict[str, object]:
    witness, desk = place.witness(), place.desk()
    return {
        "witness": witness.key.verifier.vkey,
        "body": desk.key.verifier.vkey,
        "logs": list(witness.logs),
        "seen": dict(witness.seen()),
        "signed": desk.count(),
    }
