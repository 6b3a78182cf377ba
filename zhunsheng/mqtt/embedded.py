"""A broker within the process, for the demo: version 3.1.1, this machine only, nothing kept when it ends."""

from __future__ import annotations

import asyncio
import threading

from amqtt.broker import Broker

CONFIG = {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}}


class Embedded:
    """A broker on a thread of its own."""

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        self.config = {"listeners": {"default": {"type": "tcp", "bind": f"{host}:{port}"}}, "plugins": CONFIG}
        self.ready = threading.Event()
        self.thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        self.loop: asyncio.AbstractEventLoop | None = None
        self.ending: asyncio.Event | None = None

    def start(self, patience: float = 10.0) -> None:
        """Serve from now on. Raises OSError where the port is taken."""
        self.thread.start()
        if not self.ready.wait(patience):
            raise OSError(f"no broker at {self.config['listeners']}")

    def stop(self) -> None:
        """End it."""
        if self.loop is not None and self.ending is not None:
            self.loop.call_soon_threadsafe(self.ending.set)
            self.thread.join(10)

    async def _serve(self) -> None:
        self.loop, self.ending = asyncio.get_running_loop(), asyncio.Event()
        broker = Broker(self.config)
        await broker.start()
        self.ready.set()
        await self.ending.wait()
        await broker.shutdown()
