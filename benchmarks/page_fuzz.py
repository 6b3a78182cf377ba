"""Every route under hostile requests, by every kind of reader: how many made the site fail, which is to be none.

    python -m benchmarks.page_fuzz [REQUESTS] [SEED]        (default 20000 1)

Addresses are made from the routes with right and hostile parts; forms are taken from the pages that a reader meets and
filled with right, mutated and hostile words, one in ten with a file; some requests are no forms at all. Asked through
all middleware, without a network. A fault is an answer of 500 or above, or a page that shows a traceback.
"""

from __future__ import annotations

import json
import os
import random
import re
import string
import sys
import time
from collections import Counter
from html.parser import HTMLParser
from typing import Any

from benchmarks._measure import AS_OF, SCRATCH, county, in_child, tell
from zhunsheng import runs
from zhunsheng.kernel.home import ROOT

HOSTILE = (
    "", "0", "-1", "1", "2", "99999999999999999999", "1e9", "NaN", "null", "true", "[]", "{}", "é", "准绳", "😀" * 50,
    "\x00", "a\x00b", "\u202e", "\ud7ff", "%00", "%s%s%n", "../../etc/passwd", "..%2f", "'; DROP TABLE x; --",
    "<script>alert(1)</script>", "{{7*7}}", "2026-02-30", "0000-00-00", "9999-12-31", "2026-11-22", "1.005", "１２３",
    "A" * 300, "码" * 5_000, "\r\nSet-Cookie: a=b", "fund/duplicate-charge", "reg-735/38", "confirm", "csv", "xlsx",
)  # fmt: skip
METHODS = ("GET", "GET", "GET", "POST", "POST", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS")
KINDS = ("application/x-www-form-urlencoded", "multipart/form-data", "application/json", "text/xml", "")
NAMES = ("page", "show", "sort", "q", "month", "institution", "rule", "cycle", "cols", "next", "version", "key", "kind")


class Forms(HTMLParser):
    """The forms of a page: address, method, and names with the values that stand in them."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str, dict[str, str]]] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.found.append((given.get("action", ""), given.get("method", "get").upper(), {}))
        elif tag in ("input", "select", "textarea") and self.found and given.get("name"):
            self.found[-1][2][given["name"]] = given.get("value", "")
        elif tag == "option" and self.found and self.found[-1][2]:
            last = list(self.found[-1][2])[-1]
            self.found[-1][2][last] = self.found[-1][2][last] or given.get("value", "")
        elif tag == "a" and given.get("href", "").startswith("/"):
            self.links.append(given["href"])


def prepare(lines: int, cases: int) -> None:
    """Make a site with a county, its run, people and cases, and set Django up on it."""
    home = county(lines)
    runs.execute(home, ROOT / "rulebook", as_of=AS_OF, finished_at=0)
    os.environ["ZHUNSHENG_HOME"] = str(home.root)
    os.environ["DATABASE_URL"] = f"sqlite:///{SCRATCH}/fuzz-{os.getpid()}.sqlite3"
    os.environ["DJANGO_SETTINGS_MODULE"] = "zhunsheng.config.settings"
    os.environ["ZHUNSHENG_LOG"] = "CRITICAL"
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    from benchmarks._crowd import people, walked, write
    from zhunsheng.casework.bodies import lake
    from zhunsheng.casework.bodies.demo import create_demo_people

    columns = ("institution_id", "name", "kind", "level", "parent_id", "region")
    places = lake.current_run().places.values()
    create_demo_people([{name: getattr(place, name) for name in columns} for place in places])
    write(walked(people()), cases)


def readers() -> dict[str, Any]:
    """Return a client for each kind of reader; the last has not logged in."""
    from django.conf import settings
    from django.test import Client

    from benchmarks._crowd import BUREAU, OFFICES
    from zhunsheng.casework.bodies.models import User

    settings.ALLOWED_HOSTS.append("testserver")
    wanted = ("bureau-head", "reviewer", "health", "consortium", "system", "security", "audit", BUREAU[0], OFFICES[0])
    found = {}
    for login in wanted:
        found[login] = Client(raise_request_exception=False)
        found[login].force_login(User.objects.get(login=login))
    return found | {"nobody": Client(raise_request_exception=False)}


def routes() -> list[str]:
    """Return the patterns of all addresses, as text with their parts in brackets."""
    from django.urls import URLPattern, URLResolver, get_resolver

    def below(resolver: Any, before: str) -> list[str]:
        found = []
        for one in resolver.url_patterns:
            if isinstance(one, URLResolver):
                found += below(one, before + str(one.pattern))
            elif isinstance(one, URLPattern):
                found.append(before + str(one.pattern))
        return found

    return sorted(set(below(get_resolver(), "/")))


def met(client: Any, starts: list[str]) -> tuple[list[str], list[tuple[str, str, dict[str, str]]]]:
    """Return the addresses and forms that a reader meets on the first pages and those they link to."""
    links, forms, seen = list(starts), [], set()
    for depth in (0, 1):
        fresh = [one for one in dict.fromkeys(links) if one.partition("#")[0] not in seen][: (40, 60)[depth]]
        for address in fresh:
            seen.add(address.partition("#")[0])
            answer = client.get(address.partition("#")[0])
            if answer.status_code == 200 and "html" in answer.headers.get("Content-Type", ""):
                page = Forms()
                page.feed(answer.content.decode())
                links += page.links
                forms += [(action or address, method, values) for action, method, values in page.found]
    return list(dict.fromkeys(links)), forms


class Fuzz:
    """Draws requests."""

    def __init__(self, draw: random.Random, patterns: list[str], known: dict[str, Any]) -> None:
        self.draw, self.patterns, self.known = draw, patterns, known

    def word(self, usual: str = "") -> str:
        """A word: the usual one, a mutation of it, a hostile one, or noise."""
        chance = self.draw.random()
        if usual and chance < 0.45:
            return usual
        if usual and chance < 0.6:
            at = self.draw.randrange(len(usual) + 1)
            return usual[:at] + self.draw.choice(HOSTILE) + usual[at + 1 :]
        if chance < 0.9:
            return self.draw.choice(HOSTILE)
        return "".join(self.draw.choices(string.printable + "县医院保", k=self.draw.randrange(1, 40)))

    def address(self, login: str) -> str:
        """An address that the reader met, or one made from a route."""
        links = self.known[login][0]
        if links and self.draw.random() < 0.4:
            return str(self.draw.choice(links)).partition("#")[0]
        pattern = self.draw.choice(self.patterns)
        return re.sub(r"<(\w+:)?\w+>", lambda m: self.part(m[1] or ""), pattern)

    def part(self, kind: str) -> str:
        from urllib.parse import quote

        if kind == "int:":
            return str(self.draw.choice((0, 1, 2, 7, 40, 10**9, 10**18, 10**25)))
        return quote(self.word("confirm").replace("\x00", ""), safe="/" if kind == "path:" else "")[:400] or "x"

    def request(self, login: str) -> tuple[str, str, dict[str, Any]]:
        """Return method, address and the arguments of the client."""
        forms = self.known[login][1]
        if forms and self.draw.random() < 0.35:
            address, method, values = self.draw.choice(forms)
            address = address.partition("#")[0] or "/"
            data: Any = {name: self.word(value) for name, value in values.items() if self.draw.random() < 0.95}
            return (method if method in ("GET", "POST") else "GET"), address, {"data": self.filed(data, method)}
        method, address = self.draw.choice(METHODS), self.address(login)
        query = {self.draw.choice(NAMES): self.word() for _ in range(self.draw.randrange(3))}
        if method in ("GET", "HEAD"):
            return method, address, {"data": query}
        return method, address, self.body(query)

    def filed(self, data: dict[str, Any], method: str) -> dict[str, Any]:
        """Add a file to one form in ten."""
        if method != "POST" or self.draw.random() > 0.1:
            return data
        from django.core.files.uploadedfile import SimpleUploadedFile

        name = self.draw.choice(("a.pdf", "a.exe", "../a.csv", "码.xlsx", "a.pdf\x00.png", ".csv"))
        content = self.draw.choice((b"", b"%PDF-1.7\n", b"MZ\x90", b"PK\x03\x04", b"<html>", bytes(range(256)) * 40))
        return {**data, "files": SimpleUploadedFile(name, content)}

    def body(self, query: dict[str, str]) -> dict[str, Any]:
        kind = self.draw.choice(KINDS)
        if kind == "application/json":
            broken = self.draw.random() < 0.3
            text = json.dumps(query) if not broken else self.word('{"a": [1, 2')
            return {"data": text.encode("utf-8", "replace"), "content_type": kind}
        noise = self.word("a=1&b=2").encode("utf-8", "replace")
        return {"data": noise, "content_type": kind or "application/octet-stream"}


def measure(requests: int, seed: int) -> dict[str, Any]:
    """Send the requests and count what came back."""
    prepare(100_000, 600)
    clients, draw = readers(), random.Random(seed)
    starts = ["/", "/cases", "/cases?show=all", "/clues", "/findings", "/worklist", "/places", "/rules", "/imports"]
    starts += [
        "/runs",
        "/desk",
        "/people",
        "/bodies",
        "/audit",
        "/account",
        "/login",
        "/workbooks",
        "/inbox",
        "/points",
    ]
    starts += [
        "/points",
        "/report",
        "/report/follow",
        "/recoveries",
        "/documents",
        "/verify",
        "/inspections",
        "/grants",
    ]
    fuzz = Fuzz(draw, routes(), {login: met(client, starts) for login, client in clients.items()})
    told, faults, began = Counter[str](), Counter[str](), time.perf_counter()
    for _ in range(requests):
        login = draw.choice(tuple(clients))
        method, address, given = fuzz.request(login)
        status = _status(clients[login], method, address, given)
        told[str(status // 100) + "xx"] += 1
        if status >= 500:
            faults[f"{login} {method} {address[:120]} {str(given)[:300]}"] += 1
        if _is_out(clients[login], login):
            _again(clients[login], login)
    return {
        "requests": requests,
        "routes": len(fuzz.patterns),
        "readers": len(clients),
        "forms": sum(len(forms) for _links, forms in fuzz.known.values()),
        "answers": dict(sorted(told.items())),
        "faults": sum(faults.values()),
        "first_faults": list(faults)[:20],
        "per_second": round(requests / (time.perf_counter() - began)),
    }


def _status(client: Any, method: str, address: str, given: dict[str, Any]) -> int:
    send = getattr(client, method.lower())
    try:
        answer = send(address, **given)
    except (UnicodeEncodeError, ValueError):  # the client itself cannot write such an address
        return 400
    if answer.streaming:
        b"".join(answer.streaming_content)
    return 599 if b"Traceback (most recent" in (b"" if answer.streaming else answer.content) else answer.status_code


def _is_out(client: Any, login: str) -> bool:
    return login != "nobody" and "_auth_user_id" not in client.session


def _again(client: Any, login: str) -> None:
    from zhunsheng.casework.bodies.models import User

    client.force_login(User.objects.get(login=login))


def main() -> None:
    """Measure in a child process and print."""
    numbers = [int(one) for one in sys.argv[1:] if one.isdigit()]
    requests, seed = (*numbers, *(20_000, 1)[len(numbers) :])
    if "--child" in sys.argv:
        sys.stdout.write(json.dumps(measure(requests, seed)) + "\n")
        return
    data = in_child(__file__, str(requests), str(seed), "--child")
    rows = [(name, str(data[name]), "") for name in ("requests", "routes", "readers", "forms", "answers", "per_second")]
    rows.append(("server errors", str(data["faults"]), "0"))
    rows += [("fault", one, "") for one in data["first_faults"]]
    tell("page_fuzz", f"python -m benchmarks.page_fuzz {requests} {seed}", rows, data)
    sys.exit(1 if data["faults"] else 0)


if __name__ == "__main__":
    main()
