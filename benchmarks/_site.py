"""A site for measurements over HTTP: the whole book, a key, a store of the orders' people, served on 127.0.0.1."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from typing import Any

from benchmarks._measure import SCRATCH
from benchmarks._orders import HISTORY, SHARED, view
from zhunsheng.book import load as load_book
from zhunsheng.book.workbooks import import_workbooks
from zhunsheng.desk.focus import OrderView
from zhunsheng.desk.store import build
from zhunsheng.engines import duck
from zhunsheng.kernel.home import ROOT, Home
from zhunsheng.kernel.ids import pseudonym, site_key
from zhunsheng.kernel.quantity import plain
from zhunsheng.kernel.time import at
from zhunsheng.patterns.base import Case

HOST = "127.0.0.1"
MAKE = """
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from zhunsheng.casework.bodies.actions import create_body
from zhunsheng.casework.bodies.models import Body, BodyKind
from zhunsheng.casework.desk.actions import make_key
from zhunsheng.casework.outbox.actions import Process
actor = Process("bench")
body = Body.objects.filter(institution_code="A").first()
body = body or create_body(actor, BodyKind.INSTITUTION, "measured hospital", code="A", region="330781")
print(make_key(actor, body, "bench", 60_000)[1])
"""


def made(people: int) -> tuple[Home, str, list[OrderView]]:
    """Return a site with the whole book and a store of the people of so many orders, a key, and the orders."""
    home = Home(SCRATCH / f"desk-site-{load_book(ROOT / 'rulebook').digest[:12]}")
    if not (home.root / "whole").exists():
        import_workbooks([SHARED / "two_libraries"], ROOT / "rulebook", home.book, date(2026, 11, 22))
        home.root.mkdir(parents=True, exist_ok=True)
        (home.root / "whole").touch()
    key = site_key(home.key)
    views = [view(seed) for seed in range(people)]
    with duck.connect() as con:
        duck.load_cases(con, [_as(one.case, pseudonym(key, "psn_no", f"N{n}")) for n, one in enumerate(views)])
        build(con, home.root / "desk", "s000001", date(2026, 11, 22))
    secret = subprocess.run(
        [sys.executable, "-c", MAKE], cwd=ROOT, env=environment(home), check=True, capture_output=True, text=True
    ).stdout.strip()
    return home, secret, views


def _as(case: Case, person_id: str) -> Case:
    """Return the history of a case under a person's own ids: the order itself comes with the request."""

    def named(row: Any) -> Any:
        own = {name: person_id for name in ("person_id",) if name in row._fields}
        ids = {name: f"{person_id}-{getattr(row, name)}" for name in ("line_id", "encounter_id") if name in row._fields}
        return row._replace(**own, **ids)

    return replace(
        case,
        person_id=person_id,
        lines=tuple(map(named, case.lines[:HISTORY])),
        stays=tuple(map(named, case.stays)),
        diagnoses=tuple(map(named, case.diagnoses)),
    )


def environment(home: Home) -> dict[str, str]:
    """Return the environment of a process of the site."""
    return {
        **os.environ,
        "ZHUNSHENG_HOME": str(home.root),
        "DJANGO_SETTINGS_MODULE": "zhunsheng.config.settings",
        "ZHUNSHENG_LOG": "WARNING",
        "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
    }


@contextmanager
def served(home: Home) -> Iterator[int]:
    """Serve the site as in production; yield the port once its desk is ready."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port = probe.getsockname()[1]
    code = f"from zhunsheng.config.serve import serve; serve('{HOST}', {port})"
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, env=environment(home))
    try:
        yield port
    finally:
        process.terminate()
        process.wait(30)


def wait(port: int, secret: str) -> None:
    """Wait until a book is in force."""
    for _ in range(300):
        try:
            told = get(port, "/api/desk/status", secret)
        except OSError:
            told = {}
        if told.get("book"):
            return
        time.sleep(0.2)
    raise RuntimeError("the desk did not become ready")


def get(port: int, path: str, secret: str) -> dict[str, Any]:
    """Return the JSON of an address."""
    con = http.client.HTTPConnection(HOST, port, timeout=5)
    con.request("GET", path, headers={"Authorization": f"Bearer {secret}"})
    told = json.loads(con.getresponse().read())
    con.close()
    return dict(told)


def body_of(number: int, one: OrderView, *, history: bool) -> bytes:
    """Return an order as its request: the history in it, or left to the store."""
    case = one.case
    stays = {s.encounter_id: _stay(s, case) for s in case.stays}
    form: dict[str, Any] = {
        "moment": "during",
        "person": {"person_id": f"N{number}", "sex": case.sex, "birth_date": str(case.birth_date)},
        "encounter": stays["E7"],
        "lines": [_line(line) for line in one.own],
    }
    if history:
        past = [_line(line) for line in case.lines if line.line_id not in one.line_ids]
        form["history"] = {
            "encounters": [s for key, s in stays.items() if key != "E7"],
            "lines": past,
            "complete": True,
        }
    return json.dumps(form, separators=(",", ":")).encode()


def _stay(stay: Any, case: Case) -> dict[str, Any]:
    codes = [
        {"code": d.code, "principal": d.is_principal} for d in case.diagnoses if d.encounter_id == stay.encounter_id
    ]
    told = {
        "encounter_id": stay.encounter_id,
        "visit_type": stay.visit_type,
        "start": str(stay.start_date),
        "department_id": stay.department_id,
        "insurance_kind": stay.insurance_kind,
        "diagnoses": codes,
    }
    return {**told, "end": str(stay.end_date)} if stay.end_date else told


def _line(line: Any) -> dict[str, Any]:
    return {
        "line_id": line.line_id,
        "encounter_id": line.encounter_id,
        "item_code": line.item_code,
        "at": f"{at(line.service_at):%Y-%m-%dT%H:%M}",
        "quantity": plain(line.quantity_e4, 4),
        "unit_price": plain(line.unit_price_e6, 6),
        "amount": plain(line.amount_fen, 2),
        "in_scope": plain(line.in_scope_fen, 2),
        "item_class": line.item_class,
        "department_id": line.department_id,
        "practitioner_id": line.practitioner_id,
    }


def load(port: int, secret: str, bodies: list[bytes], rate: int, seconds: float) -> list[float]:
    """Send requests at a fixed rate, whatever the answers take; return each one's milliseconds from its due moment.

    A request that starts late because all connections wait counts from when it was due: waiting is not hidden.
    """
    began = time.perf_counter() + 0.2
    total, taken, lock = int(rate * seconds), [], threading.Lock()
    numbers = iter(range(total))

    def work() -> None:
        con = http.client.HTTPConnection(HOST, port, timeout=10)
        headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
        while True:
            with lock:
                number = next(numbers, None)
            if number is None:
                break
            due = began + number / rate
            time.sleep(max(0.0, due - time.perf_counter()))
            con.request("POST", "/api/desk/judge", bodies[number % len(bodies)], headers)
            answer = con.getresponse()
            text = answer.read()
            if answer.status != 200:
                raise RuntimeError(f"{answer.status}: {text[:300]!r}")
            with lock:
                taken.append((time.perf_counter() - due) * 1000)
        con.close()

    threads = [threading.Thread(target=work) for _ in range(16)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    if len(taken) != total:
        raise RuntimeError(f"{total - len(taken)} requests were not answered")
    return sorted(taken)
