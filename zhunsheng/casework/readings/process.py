"""The gateway process: takes readings from a broker. One for a site; a second one would only wait for the first."""

from __future__ import annotations

from django.db import close_old_connections

from zhunsheng.casework.logs import logger
from zhunsheng.casework.metrics.counted import LINKED, READINGS
from zhunsheng.casework.metrics.process import listen, turned
from zhunsheng.casework.readings.actions import take
from zhunsheng.casework.readings.closed import folder
from zhunsheng.kernel.ending import ending
from zhunsheng.kernel.files import locked
from zhunsheng.mqtt.consumer import Consumer
from zhunsheng.mqtt.link import Address


def run(address: Address) -> None:
    """Take readings until SIGTERM or SIGINT. Not well, by its health page, while the broker is away."""
    stop = ending()
    log = logger("gateway")
    told = [0]

    def failed(error: Exception) -> None:
        log.error("readings not stored", exc_info=error)
        close_old_connections()

    def turn() -> None:
        connected = consumer.link.connected.is_set()
        LINKED.set(connected)
        if new := consumer.dropped - told[0]:
            told[0] += new
            READINGS.labels("dropped").inc(new)
            log.warning("messages dropped", extra={"count": new})
        if connected:
            turned()

    consumer = Consumer(address, take, turn, failed)
    with locked(folder() / "gateway.lock"):
        listen("gateway")
        log.info("gateway started")
        consumer.run(stop)
