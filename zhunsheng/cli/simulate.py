"""zhunsheng simulate: an invented fleet as files, and files played again as if they were live."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from zhunsheng.cli import show
from zhunsheng.cli.options import Json
from zhunsheng.generator.fleet import Message, deliver, make, replayed
from zhunsheng.kernel.time import now_seconds, parse_date

Send = Callable[[str, bytes], None]
#: Seconds within which what was sent is to be acknowledged.
PATIENCE = 30.0


def simulate(
    folder: Annotated[Path | None, typer.Argument(help="写入的文件夹。Folder to write to.")] = None,
    seed: Annotated[int, typer.Option(help="同一种子得同样的文件。The same seed gives the same files.")] = 1,
    start: Annotated[str, typer.Option(help="首日。First day.")] = "2026-10-11",
    days: Annotated[int, typer.Option(min=1, max=400, help="冰箱多少天；车辆在最后一天。Days of the fridges.")] = 21,
    vehicles: Annotated[int, typer.Option(min=0, max=500, help="另有多少辆平常的车。Further plain vehicles.")] = 6,
    fridges: Annotated[int, typer.Option(min=0, max=500, help="另有多少台平常的冰箱。Further plain fridges.")] = 4,
    replay: Annotated[
        Path | None, typer.Option(help="重放这一文件夹：本命令写出的、温度或轨迹文件。Play this folder again.")
    ] = None,
    to: Annotated[str, typer.Option(help="发往哪里：- 为标准输出，或者 mqtt:// 地址。Where to: - or mqtt://…")] = "-",
    ca: Annotated[Path | None, typer.Option(help="CA 证书（mqtts）。Certificate authority.")] = None,
    cert: Annotated[Path | None, typer.Option(help="客户端证书。Certificate of the client.")] = None,
    key: Annotated[Path | None, typer.Option(help="证书私钥。Its key.")] = None,
    speed: Annotated[float, typer.Option(min=0, help="几倍速，0 为不等待。How much faster; 0: no waiting.")] = 0.0,
    from_now: Annotated[bool, typer.Option(help="如同现在开始。As if it began now.")] = False,
    json: Json = False,
) -> None:
    """生成虚构车队的读数（含故事与另存的答案），或者重放。Generate a fleet's readings, or play some again."""
    if (folder is None) == (replay is None):
        raise typer.BadParameter("FOLDER | --replay FOLDER")
    with show.problems(as_json=json):
        if folder is not None:
            with show.progress(quiet=json) as tell:
                made = deliver(folder, make(seed, parse_date(start), days, vehicles, fridges, tell))
            told = {
                "messages": made.messages,
                "readings": made.readings,
                "devices": made.devices,
                "folder": str(folder),
            }
            show.say(told, as_json=json, human=lambda: show.lines(told))
            return
        messages = replayed(replay or Path())
        open_boots: list[tuple[str, str]] = []
        with sender(to, (ca, cert, key), open_boots) as send:
            sent = play(_from_now(messages) if from_now else messages, send, speed)
    if to != "-":
        played = {"sent": sent, "not_acknowledged": [f"{device} {boot}" for device, boot in open_boots]}
        show.say(played, as_json=json, human=lambda: show.lines(played))
    if open_boots:
        raise typer.Exit(show.ATTENTION)


def play(messages: Iterator[Message], send: Send, speed: float) -> int:
    """Send messages, so many times faster than they came; 0: one after the other. Return how many."""
    sent, first, began = 0, None, time.monotonic()
    for message in messages:
        first = message.received if first is None else first
        if speed:
            time.sleep(max(0.0, began + (message.received - first) / speed - time.monotonic()))
        send(message.topic, message.payload)
        sent += 1
    return sent


def _from_now(messages: Iterator[Message]) -> Iterator[Message]:
    """Yield messages as if the first of them came now."""
    shift = None
    for message in messages:
        shift = now_seconds() - message.received if shift is None else shift
        yield message.moved(shift)


@contextmanager
def sender(to: str, files: tuple[Path | None, Path | None, Path | None], left: list[tuple[str, str]]) -> Iterator[Send]:
    """Give what sends a message: to the standard output as lines, or to a broker.

    ``left`` gets the devices and boots of which the site did not acknowledge everything in time.
    """
    if to == "-":
        yield lambda topic, payload: _line(topic, payload)
        return
    from zhunsheng.mqtt.link import Address
    from zhunsheng.mqtt.player import Player

    player = Player(Address.read(to, f"simulate-{now_seconds()}", *files))
    player.start()
    try:
        yield player.send
        left += player.settle(PATIENCE)
    finally:
        player.stop()


def _line(topic: str, payload: bytes) -> None:
    sys.stdout.write(f"{topic} {payload.decode()}\n")
