"""Kill web, worker and sequencer at random while people work on cases: what was acknowledged stays, whole, with a leaf.

    python -m benchmarks.case_kills [--kills 500] [--seed 1] [--people 6]

A site with a log, three witnesses and a worker is served as in production. People open clues and lead them to an end
over HTTP; a form whose answer did not come is sent again with its own key. Meanwhile processes are killed with SIGKILL:
the worker, which tells of late cases, the sequencer, one process that answers pages, or all of them at once.
Afterwards every acknowledged form must be there once, every case must be what its events say, and every row of evidence
must have its leaf; once the kills have ended, every late case must be told of.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks._crowd import BUREAU, LAW
from benchmarks._measure import tell
from benchmarks._person import HOST, Person, Refused
from benchmarks._site import environment
from zhunsheng.kernel.home import ROOT, Home

#: Seconds between two kills, drawn.
PAUSE = (0.3, 2.2)
#: Seconds for which people work on after the last kill.
AFTER = 3.0
LATE = 400
#: What is killed, and how often in proportion; each of them once before any is drawn.
WEIGHTS = {"worker": 4, "sequencer": 4, "web": 3, "all": 1}
#: What must be nought afterwards.
WRONG = ("lost", "doubled", "half_done", "without_leaf", "late_untold")
SERVE = """
import sys
from zhunsheng.config import serve
serve.PAUSE = 0.1
serve.serve("127.0.0.1", int(sys.argv[1]))
"""
BROKEN = (OSError, http.client.HTTPException)


@dataclass
class Told:
    """What people were told: keys of forms that were acknowledged, forms sent again, answers that were neither."""

    acknowledged: set[str] = field(default_factory=set)
    again: int = 0
    odd: Counter[str] = field(default_factory=Counter)


class Site:
    """The processes of a site, in a group of their own."""

    def __init__(self, home: Home) -> None:
        self.home = home
        with socket.socket() as probe:
            probe.bind((HOST, 0))
            self.port = probe.getsockname()[1]
        self.main: subprocess.Popen[bytes] | None = None
        self.lock, self.ending = threading.RLock(), threading.Event()
        self.started = 0

    def keep(self) -> None:
        """Start everything anew whenever it has ended by itself, as the service manager of a machine does."""
        while not self.ending.wait(0.3):
            with self.lock:
                if self.main and self.main.poll() is not None and not self.ending.is_set():
                    self.end_group()
                    self.start()

    def end_group(self) -> None:
        """End what is left of the group."""
        with suppress(ProcessLookupError):
            os.killpg(self.main.pid, signal.SIGKILL)

    def start(self) -> None:
        """Start everything."""
        self.started += 1
        command = [sys.executable, "-c", SERVE, str(self.port)]
        env = environment(self.home)
        self.main = subprocess.Popen(
            command, cwd=ROOT, env=env, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def others(self, word: str) -> list[int]:
        """Return the processes of the group whose command line holds a word."""
        assert self.main
        found = []
        for folder in Path("/proc").iterdir():
            if folder.name.isdigit():
                try:
                    if (
                        os.getpgid(int(folder.name)) == self.main.pid
                        and word.encode() in (folder / "cmdline").read_bytes()
                    ):
                        found.append(int(folder.name))
                except OSError:
                    continue
        return [pid for pid in found if pid != self.main.pid]

    def kill(self, what: str) -> bool:
        """Kill one process, or all; False where there was none."""
        assert self.main
        if what == "all":
            with self.lock:
                self.end_group()
                self.main.wait()
                self.start()
            return True
        pids = self.others({"worker": "jobs.worker", "sequencer": "seals.process", "web": "serve.serve("}[what])
        if not pids:
            return False
        os.kill(random.choice(pids), signal.SIGKILL)
        return True

    def stop(self) -> None:
        """End everything."""
        self.ending.set()
        with self.lock:
            if self.main and self.main.poll() is None:
                self.main.terminate()
                with suppress(subprocess.TimeoutExpired):
                    self.main.wait(30)
            self.end_group()


def work(person: Person, second: Person, place: str, officers: list[str], told: Told, stop: threading.Event) -> None:
    """Open clues and lead each to its end, sending what was not answered again with its key, until told to stop."""
    while not stop.is_set():
        opened = {"cycle": "clue", "institution": place, "f-source": "media", "f-summary": "under load"}
        where = sent(person, "/cases/new", opened, told, stop)
        if not where or not re.match(r"/cases/\d+$", where):
            continue
        assigned = {"version": 1, "f-officers": officers}
        sent(person, f"{where}/moves/assign", assigned, told, stop)
        given = {"version": 2, "f-article": LAW, "f-reason": "under load"}
        sent(person, f"{where}/moves/file", given, told, stop)
        page = asked(second, where, stop)
        found = re.search(r"/proposals/(\d+)/confirm", page)
        if found:
            sent(second, f"{where}/proposals/{found[1]}/confirm", {"version": 2}, told, stop)


def sent(person: Person, path: str, form: dict[str, Any], told: Told, stop: threading.Event) -> str:
    """Send a form until it is answered; return where it leads on to, or nothing when it was refused."""
    key, tries = uuid.uuid4().hex, 0
    while True:
        try:
            tries += 1
            if tries > 1:
                told.again += tries == 2
                person.enter()
            where = person.post(path, {**form, "key": key})
        except BROKEN:
            person.close()
            if stop.is_set():
                return ""
            time.sleep(0.1)
        except Refused as refused:
            told.odd[re.sub(r"[-\d]+", "N", str(refused))] += 1
            if "is not let in" not in str(refused):
                return ""
            time.sleep(0.3)
        else:
            if where.startswith("/login"):
                continue
            told.acknowledged.add(key)
            return where.partition("#")[0]


def asked(person: Person, path: str, stop: threading.Event) -> str:
    """Return a page, once it comes."""
    while not stop.is_set():
        try:
            status, page = person.ask("GET", path)
            if status == 200:
                return page.decode()
            person.enter()
        except (*BROKEN, Refused):
            person.close()
            time.sleep(0.1)
    return ""


def prepare(home: Home, late: int) -> dict[str, Any]:
    """Make the site: people, late cases, a log with three witnesses; return institution and officers."""
    env = environment(home)
    command = [sys.executable, "-m", "benchmarks.case_kills", "--prepare", str(late)]
    done = subprocess.run(command, cwd=ROOT, env=env, check=True, capture_output=True, text=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def made(late: int) -> dict[str, Any]:
    """Fill the site of the environment."""
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    from datetime import timedelta
    from unittest.mock import patch

    from benchmarks._crowd import OFFICES, people, walked, write
    from zhunsheng.casework.cases import actions
    from zhunsheng.casework.seals.demo import make_demo_log
    from zhunsheng.kernel.home import home
    from zhunsheng.kernel.time import now

    who = people()
    with patch.object(actions, "now", lambda: now() - timedelta(days=200)):  # their clocks have run out since
        write(walked(who), late, shift=False)
    make_demo_log(home())
    officers = [str(who[login].pk) for login in BUREAU[2:4]]
    return {"place": who[OFFICES[0]].body.institution_code, "officers": officers}


def judge(home: Home, acknowledged: set[str]) -> dict[str, Any]:
    """Look at what is left, in a process of its own."""
    folder = Path(home.root) / "acknowledged.json"
    folder.write_text(json.dumps(sorted(acknowledged)), "ascii")
    command = [sys.executable, "-m", "benchmarks.case_kills", "--judge", str(folder)]
    done = subprocess.run(command, cwd=ROOT, env=environment(home), check=True, capture_output=True, text=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def judged(acknowledged: set[str]) -> dict[str, Any]:
    """Count what should not be: lost and doubled forms, half-done cases, rows of evidence without leaf."""
    import django

    django.setup()
    from zhunsheng.casework.cases.clocks import replay
    from zhunsheng.casework.cases.models import Case, CaseEvent
    from zhunsheng.casework.outbox.models import EvidenceOutbox
    from zhunsheng.casework.seals.models import RecordKey
    from zhunsheng.evidence.places import LogPlace
    from zhunsheng.evidence.store import Log
    from zhunsheng.kernel.home import home
    from zhunsheng.kernel.time import now

    keys = Counter(CaseEvent.objects.exclude(key="").values_list("key", flat=True))
    seals = dict(EvidenceOutbox.objects.values_list("sequence", "subject"))
    half = 0
    for case in Case.objects.prefetch_related("events"):
        events = sorted(case.events.all(), key=lambda one: one.sequence)
        whole = [one.sequence for one in events] == list(range(1, case.sequence + 1))
        whole &= all(seals.get(one.evidence) == f"case:{case.pk}" for one in events)
        whole &= replay(case.life, [one.happened for one in events]).state == case.state
        waiting = case.proposals.filter(state="open").values_list("move", flat=True).first() or ""
        half += not (whole and waiting == case.proposed_move)
    told = CaseEvent.objects.filter(kind__in=("escalated", "reminded")).values_list("case", "about", "to_state")
    late = Case.objects.filter(closed_at=None, next_on__lt=now().date())
    log = Log(LogPlace(home().log).database)
    try:
        leaves = log.size
    finally:
        log.close()
    return {
        "lost": len(acknowledged - set(keys)),
        "doubled": sum(n > 1 for n in keys.values()) + sum(n > 1 for n in Counter(told).values()),
        "half_done": half,
        "without_leaf": len(seals) - RecordKey.objects.filter(logged=True).count(),
        "rows": len(seals),
        "leaves": leaves,
        "events": CaseEvent.objects.count(),
        "late_told": len(told),
        "late_untold": late.count(),
    }


def settled(home: Home, seconds: float = 120) -> None:
    """Wait until every late case is told of and the log holds every row, or the time is up."""
    command = [sys.executable, "-c", WAITING, str(seconds)]
    subprocess.run(command, cwd=ROOT, env=environment(home), check=True)


WAITING = """
import sys, time
import django
django.setup()
from zhunsheng.casework.cases.models import Case
from zhunsheng.casework.outbox.models import EvidenceOutbox
from zhunsheng.casework.seals.models import RecordKey
from zhunsheng.kernel.time import now
until = time.monotonic() + float(sys.argv[1])
late = Case.objects.filter(closed_at=None, next_on__lt=now().date())
behind = lambda: EvidenceOutbox.objects.count() > RecordKey.objects.filter(logged=True).count()
while (late.exists() or behind()) and time.monotonic() < until:
    time.sleep(0.5)
"""


def series(root: Path, kills: int, seed: int, people: int, late: int = LATE) -> dict[str, Any]:
    """Kill so many times under load, with so many late cases; return what was left and what people met."""
    home, draw, done = Home(root / "site"), random.Random(seed), Counter[str]()
    known = prepare(home, late)
    site, told, stop = Site(home), Told(), threading.Event()
    site.start()
    threading.Thread(target=site.keep, daemon=True).start()
    both = zip(BUREAU[:people], BUREAU[6:], strict=False)
    pairs = [(Person(site.port, one), Person(site.port, two)) for one, two in both]
    try:
        for person in (one for pair in pairs for one in pair):
            enter(person)
        threads = [
            threading.Thread(target=work, args=(*pair, known["place"], known["officers"], told, stop)) for pair in pairs
        ]
        for thread in threads:
            thread.start()
        while sum(done.values()) < kills:
            time.sleep(draw.uniform(*PAUSE))
            missing = [what for what in WEIGHTS if what not in done]
            what = draw.choice(missing) if missing else draw.choices([*WEIGHTS], [*WEIGHTS.values()])[0]
            if site.kill(what):
                done[what] += 1
        time.sleep(AFTER)
        stop.set()
        for thread in threads:
            thread.join(60)
        settled(home)
    finally:
        stop.set()
        site.stop()
    found = judge(home, told.acknowledged)
    return {
        **found,
        "kills": dict(done),
        "site_started": site.started,
        "acknowledged": len(told.acknowledged),
        "sent_again": told.again,
        "refused": dict(told.odd),
    }


def enter(person: Person) -> None:
    """Log in, once the site answers."""
    for _ in range(600):
        try:
            return person.enter()
        except (*BROKEN, Refused):
            person.close()
            time.sleep(0.1)
    raise RuntimeError("the site did not answer")


def clean(found: dict[str, Any]) -> bool:
    """Whether nothing was lost, doubled or left half-done, every late case told of, and every row has its leaf."""
    return not any(found[name] for name in WRONG)


def main() -> None:
    """Kill, look, and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--people", type=int, default=6)
    parser.add_argument("--prepare", type=int, default=0)
    parser.add_argument("--judge", default="")
    asked_ = parser.parse_args()
    if asked_.prepare or asked_.judge:
        data = (
            made(asked_.prepare) if asked_.prepare else judged(set(json.loads(Path(asked_.judge).read_text("ascii"))))
        )
        sys.stdout.write(json.dumps(data) + "\n")
        return
    folder = Path(tempfile.mkdtemp())
    try:
        data = series(folder, asked_.kills, asked_.seed, asked_.people)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    rows = [(name, str(value), "0" if name in WRONG else "") for name, value in data.items()]
    tell("case_kills", f"python -m benchmarks.case_kills --kills {asked_.kills}", rows, data)
    sys.exit(0 if clean(data) else 1)


if __name__ == "__main__":
    main()
