"""The small address of a process without pages: ``/healthz`` and ``/metrics`` on 127.0.0.1, where a port is set."""

from __future__ import annotations

import os
import threading

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from zhunsheng.casework.metrics.counted import TURN
from zhunsheng.evidence.http import Answer, server
from zhunsheng.kernel.time import now_seconds

#: Seconds without a turn of its loop after which a process does not count as well. A job beats while it is long.
PATIENCE = 60


def turned() -> None:
    """Note that the process went round its loop."""
    TURN.set(now_seconds())


def listen(name: str) -> int | None:
    """Answer at the port that ``ZHUNSHENG_<NAME>_PORT`` names; return it, or None where none is set."""
    given = os.environ.get(f"ZHUNSHENG_{name.upper()}_PORT", "")
    if not given.isdecimal():
        return None
    turned()

    def health() -> Answer:
        age = now_seconds() - int(TURN._value.get())  # the library gives no other way to read one's own gauge
        well = age <= PATIENCE
        return Answer(200 if well else 503, f"{name} {'ok' if well else 'stands still'} {age}\n".encode())

    def figures() -> Answer:
        return Answer(200, generate_latest(), CONTENT_TYPE_LATEST)

    found = server("127.0.0.1", int(given), {}, {"/": health, "/healthz": health, "/metrics": figures})
    threading.Thread(target=found.serve_forever, daemon=True).start()
    return int(found.server_address[1])
