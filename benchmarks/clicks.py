"""Twenty people clicking at once over 100,000 cases, on SQLite and on PostgreSQL: milliseconds of a page, over HTTP.

    python -m benchmarks.clicks [CASES] [SECONDS] [LINES]        (default 100000 60 300000)

Each person has an own login and connection. First all twenty click at the same moment, ten times over; then each again
one to three seconds after a page has come, as people do; then as soon as it has come, which is the most that the
machine gives. One click of an officer in eight opens a clue and one
in eight takes its next step. The floor is the page of one error code, asked by one person while nobody else clicks.
"""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from statistics import median, quantiles
from typing import Any

from benchmarks._crowd import BUREAU, OFFICES
from benchmarks._measure import AS_OF, SCRATCH, county, tell
from benchmarks._person import Person, Refused
from benchmarks._site import environment, served
from tools.with_postgres import cluster
from zhunsheng import runs
from zhunsheng.kernel.home import ROOT, Home

TARGET_MS = 300
FLOOR = "/errors/ZS101"
LISTS = ("/cases", "/cases?show=open", "/cases?show=late", "/cases?show=all&page=40", "/cases?show=open&cycle=clue")
PAGES = ("/", "/findings", "/places", "/worklist", "/clues")


class Clicks:
    """What one person does next, and how long each page took in milliseconds, by kind."""

    def __init__(self, person: Person, seed: int) -> None:
        self.person, self.draw = person, random.Random(seed)
        self.taken: list[tuple[str, float]] = []
        self.refused: Counter[str] = Counter()
        self.known: list[str] = []
        self.own: list[tuple[str, int]] = []

    def click(self) -> None:
        """Open a page or take a step, and note how long the answer took."""
        kind, act = self.draw.choice(self.deeds())
        began = time.perf_counter()
        try:
            act()
        except Refused as refused:
            self.refused[str(refused)] += 1
        self.taken.append((kind, (time.perf_counter() - began) * 1000))

    def deeds(self) -> list[tuple[str, Callable[[], object]]]:
        """Return eight deeds; officers also open clues and take steps."""
        lists = [("list of cases", self.listed)] * 2 + [("other pages", self.other)] * 2
        read: list[tuple[str, Callable[[], object]]] = [*lists, ("a case", self.case), ("a case", self.case)]
        if self.person.login in BUREAU:
            return [*read, ("open a clue", self.open), ("take a step", self.step)]
        return [*read, ("a case", self.case), ("list of cases", self.listed)]

    def listed(self) -> None:
        page = self.person.get(self.draw.choice(LISTS)).decode()
        self.known = re.findall(r'href="(/cases/\d+)"', page) or self.known

    def case(self) -> None:
        self.person.get(self.draw.choice(self.known) if self.known else "/cases")

    def other(self) -> None:
        self.person.get(self.draw.choice(PAGES))

    def open(self) -> None:
        form = {"cycle": "clue", "institution": self.draw.choice(PLACES), "f-source": "media", "f-summary": "click"}
        self.own.append((self.person.post("/cases/new", {**form, "key": uuid.uuid4().hex}), 1))

    def step(self) -> None:
        if not self.own:
            return self.open()
        path, version = self.own.pop(0)
        form = {"version": version, "key": uuid.uuid4().hex, "f-officers": OFFICERS}
        self.person.post(f"{path.partition('#')[0]}/moves/assign", form)
        return None


PLACES: list[str] = []
OFFICERS: list[str] = []
ASK = """
import django, json
django.setup()
from zhunsheng.casework.bodies import walls
from zhunsheng.casework.bodies.models import User
with walls.within(walls.SITE):
    who = {one.login: one for one in User.objects.select_related("body")}
    places = [who[login].body.institution_code for login in %r]
    print(json.dumps([places, [str(who[login].pk) for login in %r]]))
"""


def fill(home: Home, cases: int) -> float:
    """Fill the database of the environment; return the seconds it took."""
    import json

    began = time.perf_counter()
    command = [sys.executable, "-m", "benchmarks._crowd", str(cases)]
    subprocess.run(command, cwd=ROOT, env=environment(home), check=True, stdout=subprocess.DEVNULL)
    ask = [sys.executable, "-c", ASK % (OFFICES, BUREAU[2:4])]
    told = subprocess.run(ask, cwd=ROOT, env=environment(home), check=True, capture_output=True, text=True).stdout
    PLACES[:], OFFICERS[:] = json.loads(told.splitlines()[-1])
    return time.perf_counter() - began


def together(people: list[Person], seconds: float, pause: tuple[float, float]) -> list[Clicks]:
    """Let all click for so many seconds with pauses drawn between two numbers; return what each met."""
    everyone = [Clicks(person, seed) for seed, person in enumerate(people)]
    until = time.perf_counter() + seconds
    broken: list[BaseException] = []

    def work(one: Clicks) -> None:
        try:
            time.sleep(one.draw.uniform(0, pause[1]))
            while time.perf_counter() < until:
                one.click()
                time.sleep(one.draw.uniform(*pause))
        except BaseException as error:
            broken.append(error)
            raise

    threads = [threading.Thread(target=work, args=(one,)) for one in everyone]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if broken:
        raise broken[0]
    return everyone


def at_once(people: list[Person], rounds: int = 10) -> list[Clicks]:
    """Let all click at the same moment, so many times; return what each met."""
    everyone = [Clicks(person, 100 + seed) for seed, person in enumerate(people)]
    barrier = threading.Barrier(len(everyone), timeout=60)

    def work(one: Clicks) -> None:
        for _ in range(rounds):
            barrier.wait()
            one.click()

    threads = [threading.Thread(target=work, args=(one,)) for one in everyone]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return everyone


def summed(everyone: list[Clicks], seconds: float) -> dict[str, Any]:
    """Return clicks a second, p50, p95 and p99 over all and by kind, and what was refused."""
    by_kind: dict[str, list[float]] = defaultdict(list)
    for one in everyone:
        for kind, ms in one.taken:
            by_kind[kind].append(ms)
    whole = [ms for found in by_kind.values() for ms in found]
    return {
        "clicks": len(whole),
        "per_second": round(len(whole) / seconds, 1),
        **points(whole),
        "kinds": {kind: points(found) for kind, found in sorted(by_kind.items())},
        "refused": dict(sum((one.refused for one in everyone), Counter())),
    }


def points(found: list[float]) -> dict[str, float]:
    """Return median, 95th and 99th percentile in milliseconds."""
    cuts = quantiles(found, n=100, method="inclusive")
    return {"p50_ms": round(cuts[49], 1), "p95_ms": round(cuts[94], 1), "p99_ms": round(cuts[98], 1)}


def floor(person: Person) -> float:
    """Return the median milliseconds of a page without a query over cases or facts."""
    taken = []
    for _ in range(30):
        began = time.perf_counter()
        person.get(FLOOR)
        taken.append((time.perf_counter() - began) * 1000)
    return round(median(taken), 1)


@contextmanager
def database(name: str, cases: int) -> Iterator[None]:
    """Point DATABASE_URL at a database of its own."""
    before = os.environ.get("DATABASE_URL")
    with cluster() if name == "postgresql" else nullcontext(f"sqlite:///{SCRATCH}/clicks-{cases}.sqlite3") as address:
        os.environ["DATABASE_URL"] = address
        try:
            yield
        finally:
            os.environ.pop("DATABASE_URL")
            if before is not None:
                os.environ["DATABASE_URL"] = before


def measure(home: Home, name: str, cases: int, seconds: float) -> dict[str, Any]:
    """Serve a filled database and let people click, first as people do, then without a pause."""
    with database(name, cases):
        filled = fill(home, cases)
        with served(home) as port:
            people = [Person(port, login) for login in (*BUREAU, *OFFICES)]
            wait(people[0])
            for person in people:
                person.enter()
            base = floor(people[0])
            together(people, 5, (0.0, 0.0))  # each thread of the server has opened its files
            burst = at_once(people)
            calm = summed(together(people, seconds, (1.0, 3.0)), seconds)
            hasty = summed(together(people, seconds / 2, (0.0, 0.0)), seconds / 2)
            for person in people:
                person.close()
    return {
        "floor_ms": base,
        "fill_s": round(filled),
        "at_once": summed(burst, seconds),
        "clicking": calm,
        "without_pause": hasty,
    }


def wait(person: Person) -> None:
    """Wait until the site answers."""
    for _ in range(300):
        try:
            person.enter()
        except OSError:
            person.close()
            time.sleep(0.2)
        else:
            return
    raise RuntimeError("the site did not answer")


def main() -> None:
    """Measure both databases and print."""
    numbers = [int(one) for one in sys.argv[1:] if one.isdigit()]
    cases, seconds, lines = (*numbers, *(100_000, 60, 300_000)[len(numbers) :])
    home = county(lines)
    runs.execute(home, ROOT / "rulebook", as_of=AS_OF, finished_at=0)
    data: dict[str, Any] = {"cases": cases, "people": len(BUREAU) + len(OFFICES), "target_ms": TARGET_MS}
    rows = []
    for name in ("sqlite", "postgresql"):
        found = data[name] = measure(home, name, cases, seconds)
        for way in ("at_once", "clicking", "without_pause"):
            told = found[way]
            pace = "" if way == "at_once" else f", {told['per_second']} a second"
            figure = f"p50 {told['p50_ms']}, p95 {told['p95_ms']}, p99 {told['p99_ms']} ms{pace}"
            rows.append((f"{name}, {way}", figure, f"floor {found['floor_ms']} ms, target p95 {TARGET_MS} ms"))
        rows += [(f"{name}, {kind}", f"p95 {one['p95_ms']} ms", "") for kind, one in found["clicking"]["kinds"].items()]
        rows += [(name, f"{n} x {why}", "") for why, n in found["clicking"]["refused"].items()]
    tell("clicks", f"python -m benchmarks.clicks {cases} {seconds} {lines}", rows, data)


if __name__ == "__main__":
    main()
