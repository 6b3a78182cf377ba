"""A person at a browser, for measurements: logs in over HTTP, keeps cookies, opens pages and sends forms."""

from __future__ import annotations

import http.client
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from urllib.parse import urlencode

HOST = "127.0.0.1"
PASSWORD = "bench-qing-he-2026"
TOKEN = "zhunsheng_csrf"


class Refused(Exception):
    """A form or a page was answered otherwise than with a page or an onward address."""


@dataclass
class Person:
    """One login at a port. A connection that breaks raises OSError or http.client.HTTPException; log in again then."""

    port: int
    login: str
    cookies: dict[str, str] = field(default_factory=dict)
    con: http.client.HTTPConnection | None = None

    def enter(self) -> None:
        """Log in with a fresh connection."""
        self.close()
        self.cookies = {}
        self.ask("GET", "/login")
        status, _ = self.ask("POST", "/login", {"login": self.login, "password": PASSWORD})
        if status != 302:
            raise Refused(f"{self.login} is not let in: {status}")

    def get(self, path: str) -> bytes:
        """Return a page. Raises Refused for any status but 200."""
        status, body = self.ask("GET", path)
        if status != 200:
            raise Refused(f"{path}: {status}")
        return body

    def post(self, path: str, form: dict[str, object]) -> str:
        """Send a form and return the address that follows it. Raises Refused when the form comes back."""
        status, body = self.ask("POST", path, form)
        if status != 302:
            raise Refused(f"{path}: {status} {self.login}")
        return body.decode()

    def ask(self, method: str, path: str, form: dict[str, object] | None = None) -> tuple[int, bytes]:
        """Return status and body, or the address that an answer leads on to."""
        if self.con is None:
            self.con = http.client.HTTPConnection(HOST, self.port, timeout=60)
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        data = None
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            data = urlencode({**form, "csrfmiddlewaretoken": self.cookies.get(TOKEN, "")}, doseq=True)
        self.con.request(method, path, data, headers)
        answer = self.con.getresponse()
        body = answer.read()
        for line in answer.headers.get_all("Set-Cookie") or ():
            for name, morsel in SimpleCookie(line).items():
                self.cookies[name] = morsel.value
        return answer.status, answer.headers.get("Location", "").encode() if answer.status == 302 else body

    def close(self) -> None:
        """Close the connection."""
        if self.con is not None:
            self.con.close()
            self.con = None
