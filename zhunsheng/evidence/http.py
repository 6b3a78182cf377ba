"""Small HTTP: one request to a witness or a signer, and a server of a few addresses on threads of the library."""

from __future__ import annotations

import http.client
import re
import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

MAX_BODY = 16 * 2**20
TIMEOUT_SECONDS = 2.0
TEXT = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer: status, body, and its media type."""

    status: int
    body: bytes
    media_type: str = TEXT


#: Answers a request of which it gets the body and the bearer token.
Handle = Callable[[bytes, str], Answer]


def post(address: str, path: str, body: bytes, token: str = "", seconds: float = TIMEOUT_SECONDS) -> Answer:
    """Send one request; the whole of it takes ``seconds`` at most, also where an answer comes drop by drop.

    Raises OSError or http.client.HTTPException when nothing sound comes back.
    """
    parts = urlsplit(address)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=seconds)
    headers = {"Content-Type": TEXT, **({"Authorization": f"Bearer {token}"} if token else {})}
    connection.connect()
    late = threading.Timer(seconds, cut, [connection.sock])
    late.start()
    try:
        connection.request("POST", f"{parts.path.rstrip('/')}{path}", body, headers)
        answer = connection.getresponse()
        data = answer.read(MAX_BODY)
        return Answer(answer.status, data, answer.headers.get("Content-Type", ""))
    finally:
        late.cancel()
        connection.close()


def cut(held: socket.socket) -> None:
    """End both directions: who waits for more wakes up with what there is, which is no whole answer."""
    with suppress(OSError):  # closed in the meantime
        held.shutdown(socket.SHUT_RDWR)


def server(
    host: str, port: int, posts: Mapping[str, Handle], about: Callable[[], bytes] | Mapping[str, Callable[[], Answer]]
) -> ThreadingHTTPServer:
    """Return a server, listening and not yet serving: POST to the given paths, GET / tells ``about`` it.

    Where ``about`` is a mapping, it says what GET answers by path.
    """
    gets = about if isinstance(about, Mapping) else dict.fromkeys(("/", "/healthz"), lambda: Answer(200, about()))

    class Handler(BaseHTTPRequestHandler):
        """Answers one connection."""

        protocol_version = "HTTP/1.1"
        timeout = 10

        def do_GET(self) -> None:
            """Tell what this is."""
            self._send(gets[self.path]() if self.path in gets else Answer(404, b"not found\n"))

        def do_POST(self) -> None:
            """Answer a request."""
            handle = posts.get(self.path)
            length = self.headers.get("Content-Length", "")
            if handle is None or not re.fullmatch(r"[0-9]{1,9}", length) or int(length) > MAX_BODY:
                self.close_connection = True
                self._send(Answer(404 if handle is None else 400, b"refused\n"))
                return
            token = self.headers.get("Authorization", "").removeprefix("Bearer ")
            self._send(handle(self.rfile.read(int(length)), token))

        def log_message(self, *_arguments: object) -> None:
            """Write nothing: what matters is in the database."""

        def _send(self, answer: Answer) -> None:
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.media_type)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

    found = ThreadingHTTPServer((host, port), Handler)
    found.daemon_threads = True
    return found
