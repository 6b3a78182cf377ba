"""zhunsheng gateway, forward, broker: the processes through which readings come."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from typing import Annotated

import typer

from zhunsheng.cli import show
from zhunsheng.cli.options import Json
from zhunsheng.kernel.home import home, rulebook

Broker = Annotated[
    str,
    typer.Option("--broker", envvar="ZHUNSHENG_MQTT", help="mqtts://主机:8883，?version=3 为 3.1.1。The broker."),
]
Name = Annotated[
    str,
    typer.Option(
        "--name", envvar="ZHUNSHENG_MQTT_NAME", help="客户端名称，会话随之保留；有证书时为证书名称。Client name."
    ),
]
Ca = Annotated[Path | None, typer.Option("--ca", envvar="ZHUNSHENG_MQTT_CA", help="签发机构证书。The authority.")]
Certificate = Annotated[Path | None, typer.Option("--cert", envvar="ZHUNSHENG_MQTT_CERT", help="本机证书。Own one.")]
Key = Annotated[Path | None, typer.Option("--key", envvar="ZHUNSHENG_MQTT_KEY", help="证书的私钥。Its key.")]


def gateway(
    broker: Broker = "mqtt://127.0.0.1:1883?version=3",
    name: Name = "zhunsheng-gateway",
    ca: Ca = None,
    cert: Certificate = None,
    key: Key = None,
) -> None:
    """接收设备读数：入库之后才向消息服务器确认。Take readings from a broker, acknowledged when they are stored."""
    with show.problems(as_json=False):
        from zhunsheng.mqtt.link import Address

        address = Address.read(broker, name, ca, cert, key)
        from zhunsheng.cli.site import ready

        ready()
        from zhunsheng.casework.readings.process import run

        show.out.print(f"{address.host}:{address.port}  {address.name}", highlight=False)
        run(address)


def forward(
    here: Annotated[str, typer.Option("--from", help="本地消息服务器。The broker of this place.")],
    broker: Broker,
    name: Name = "zhunsheng-forward",
    ca: Ca = None,
    cert: Certificate = None,
    key: Key = None,
    store: Annotated[Path | None, typer.Option(help="缓存文件。The file that holds what waits.")] = None,
    megabytes: Annotated[int, typer.Option(min=1, help="缓存上限，超出时先舍最早的并计数。Most that it holds.")] = 1024,
    status: Annotated[bool, typer.Option("--status", help="只报告缓存情况。Only tell how it stands.")] = False,
    json: Json = False,
) -> None:
    """线路不稳处的转发：断线时缓存，恢复后先到先发，收到确认才删除。Hold readings until the site has them."""
    with show.problems(as_json=json):
        from zhunsheng.book.channels import load_channels
        from zhunsheng.mqtt.forwarder import Forwarder
        from zhunsheng.mqtt.link import Address
        from zhunsheng.mqtt.outbox import Outbox

        place = Address.read(here, f"{name}-here", ca, cert, key)
        site = Address.read(broker, name, ca, cert, key)
        outbox = Outbox(
            store or home().root / "telemetry" / "forward.sqlite3", load_channels(rulebook()), megabytes << 20
        )
        if not status:
            Forwarder(place, site, outbox).run(_ending())
        standing = outbox.standing()
        outbox.close()
    told = {"waiting": standing.waiting, "bytes": standing.bytes, "oldest": standing.oldest, "lost": standing.lost}
    show.say(told, as_json=json, human=lambda: show.lines(told))
    if standing.lost:
        raise typer.Exit(show.ATTENTION)


def broker(
    port: Annotated[int, typer.Option(min=1, max=65535, help="端口。Port.")] = 1883,
    mosquitto: Annotated[
        Path | None,
        typer.Option("--mosquitto", help="只把 Mosquitto 配置写入该文件夹。Write the configuration there."),
    ] = None,
    name: Annotated[
        str, typer.Option("--gateway", help="站点接收进程证书的名称。Name in the gateway's certificate.")
    ] = ("gateway"),
) -> None:
    """演示用的消息服务器，只在本机；正式使用请用 Mosquitto。A broker for demos, on this machine only."""
    with show.problems(as_json=False):
        if mosquitto is not None:
            from zhunsheng.mqtt.mosquitto import write

            conf = write(mosquitto.resolve(), name, 8883 if port == 1883 else port)
            show.out.print(f"mosquitto -c {conf}", highlight=False)
            return
        from zhunsheng.config.serve import check_free
        from zhunsheng.mqtt.embedded import Embedded

        check_free("127.0.0.1", port)
        embedded = Embedded(port)
        embedded.start()
        show.out.print(f"mqtt://127.0.0.1:{port}?version=3", highlight=False)
        ending = _ending()
        while not ending.wait(1.0):
            if not embedded.thread.is_alive():  # what went wrong stands on the error output; who started it starts anew
                raise typer.Exit(1)
        embedded.stop()


def _ending() -> threading.Event:
    """Return what SIGTERM and SIGINT set."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop
