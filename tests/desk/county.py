"""A generated county, judged by a run and held in a hot store, for tests that ask the desk about its people."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from zhunsheng import runs, sources
from zhunsheng.book import load
from zhunsheng.cli.county import knowledge_of
from zhunsheng.desk.compiled import compiled
from zhunsheng.desk.focus import OrderView
from zhunsheng.desk.store import Store, build
from zhunsheng.engines import duck
from zhunsheng.generator import generate
from zhunsheng.kernel.home import ROOT, Home
from zhunsheng.patterns.base import Hit

START, AS_OF = date(2025, 11, 1), date(2026, 10, 31)
BOOK = load(ROOT / "rulebook")


@dataclass(frozen=True)
class Judged:
    """A county after import and run: the bulk run's hits by person, the store's reader, the compiled book."""

    serving: Path
    store: Store
    hits: dict[str, list[Hit]]
    people: tuple[str, ...]
    compiled: object

    def last(self, person):
        """Return the case of a person with the last encounter taken as the order."""
        opened = self.store.open()
        case = opened.case(person)
        last = max(case.stays, key=lambda one: (one.start_date, one.start_at or 0, one.encounter_id)).encounter_id
        lines = [line.line_id for line in case.lines if line.encounter_id == last]
        return OrderView(opened.registered(case), lines, [last])

    def bulk(self, view, moment):
        """Return the run's hits of each finding with a row of the order, for the rules of a moment."""
        groups = defaultdict(list)
        for hit in self.hits.get(view.case.person_id, ()):
            if moment in BOOK.rules[hit.rule_id].scenes:
                groups[hit.rule_id, hit.subject_key].append(hit)
        return {
            key: sorted(map(told, hits))
            for key, hits in groups.items()
            if any(view.holds(hit.row_kind, hit.row_id) for hit in hits)
        }


def told(hit):
    """Return a hit as plain values that sort."""
    return tuple(str(value) for value in hit)


def hits_of(con):
    """Return the hits of a run by person."""
    hits = defaultdict(list)
    for *hit, person in con.execute(f"SELECT {', '.join(Hit._fields)}, person_id FROM kept_hit").fetchall():
        hits[person].append(Hit(*hit))
    return hits


def judged(folder, lines, book=BOOK):
    """Generate, import, judge, store."""
    home = Home(folder / "var")
    generate(folder / "files", seed=3, lines=lines, months=12, start=START, knowledge=knowledge_of(book))
    sources.load(home, [folder / "files" / "import"], recorded_at=1_793_000_000)
    manifest = runs.execute(home, ROOT / "rulebook", as_of=AS_OF, finished_at=0)
    serving = runs.current(home)
    with duck.connect(str(serving), read_only=True) as con:
        build(con, home.root / "desk", manifest.snapshot, AS_OF)
        hits = hits_of(con)
        people = con.execute("SELECT DISTINCT person_id FROM encounter ORDER BY 1").fetchall()
    return Judged(serving, Store(home.root / "desk"), dict(hits), tuple(p for (p,) in people), compiled(book))
