"""One run: a snapshot judged by a rule book as of a day. Same input, same run id, same result digest."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from zhunsheng import __version__
from zhunsheng.book import Book, keep, kept, load
from zhunsheng.engines import duck, spark
from zhunsheng.facts import lake, rulings
from zhunsheng.facts.schema import TABLES
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.files import canonical, locked, write_whole
from zhunsheng.kernel.home import Home
from zhunsheng.kernel.ids import identity
from zhunsheng.patterns.bind import bind
from zhunsheng.runs import carry, serving, store
from zhunsheng.runs.serving import Progress


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a run was made of and what it found. ``finished_at`` is an epoch second given by the caller.

    ``knowledge_as_of`` is the ISO day whose knowledge judged, None when all that the book holds did.
    ``rejudged`` is how many persons were judged anew; None when everyone was.
    ``rulings`` is the digest of the site's own decisions on payment qualification in force, empty for none.
    """

    run_id: str
    snapshot: str
    tables: dict[str, int]
    book_digest: str
    rules: dict[str, str]
    engine: str
    logic: str
    version: str
    as_of: str
    previous: str | None
    result_digest: str
    counts: dict[str, int]
    finished_at: int
    knowledge_as_of: str | None = None
    rejudged: int | None = None
    rulings: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return the manifest as plain data."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that decides the result of a run. ``book`` is whole; ``rules`` is what of it was known and held."""

    home: Home
    book: Book
    snapshot: lake.Snapshot
    as_of: date
    knowledge_as_of: date | None = None
    engine: str = duck.NAME
    ruled: str = ""

    @property
    def rules(self) -> Book:
        """The book as it stood on the as-of day, as far as it was known on the knowledge day."""
        return self.book.judging(self.as_of, self.knowledge_as_of)

    @property
    def run_id(self) -> str:
        """Identity of the run: it depends on the input alone."""
        made_of = (
            self.snapshot.id,
            canonical(self.snapshot.tables),
            self.book.digest,
            self.engine,
            serving.logic(),
            __version__,
            self.ruled,
        )
        return f"r{self.as_of:%Y%m%d}-{identity(*made_of, self.as_of, self.knowledge_as_of or '')[:12]}"


def plan(home: Home, rulebook: Path, *, as_of: date, snapshot: str | None = None) -> Plan:
    """Return the plan of a run. Raises Problem ZS502 when the lake is empty, ZS4xx when the book is wrong."""
    chosen = lake.get(home, snapshot) if snapshot else lake.latest(home)
    if chosen is None:
        raise Problem("ZS502")
    return Plan(home, load(rulebook, home.book), chosen, as_of, ruled=rulings.current(home, as_of))


def execute(
    home: Home,
    rulebook: Path,
    *,
    as_of: date,
    finished_at: int,
    snapshot: str | None = None,
    draft: bool = False,
    knowledge_as_of: date | None = None,
    whole: bool = False,
    progress: Progress | None = None,
    where: spark.Where | None = None,
) -> Manifest:
    """Judge a snapshot and publish the run. A run of the same input is not made twice: the first one counts again.

    A ``draft`` tries a rule book on the history: it is kept beside the current run and never shown in its place. So is
    a run by the knowledge of a past day (``knowledge_as_of``), what was published after it left out.
    ``whole`` judges everyone anew even where the hits of the run before could be carried; the result is the same.
    ``where`` names the Spark that judges, everyone anew; without it DuckDB does. Both find the same.

    The run becomes the current one unless it looks back: an earlier day than the current run's, without newer facts.
    Raises Problem ZS502 and ZS507 where there is nothing to judge, ZS4xx when the book is wrong, ZS510 and ZS511 where
    Spark is absent or does not answer.
    """
    told = progress or _silent
    planned = replace(plan(home, rulebook, as_of=as_of, snapshot=snapshot), knowledge_as_of=knowledge_as_of)
    with _elsewhere(where) as away, locked(home.runs / ".lock"):
        planned = replace(planned, engine=away.name if away else duck.NAME)
        aside = draft or knowledge_as_of is not None
        leads = not aside and store.leads(home, planned.snapshot.id, as_of.isoformat())
        if (store.folder(home, planned.run_id) / store.SERVING).exists():
            if leads:
                store.point(home, planned.run_id)
            return Manifest(**store.manifest(home, planned.run_id))
        keep(home.books, planned.book)
        built = store.scratch(home, planned.run_id)
        manifest = _build(planned, built, finished_at, told, None if whole else store.current(home), away)
        store.publish(home, planned.run_id, built, make_current=leads)
        store.prune(home)
    return manifest


def replay(home: Home, run_id: str, progress: Progress | None = None, where: spark.Where | None = None) -> Manifest:
    """Judge the input of a recorded run again, by the book and the engine of that run, and compare.

    ``where`` names the Spark for a run that Spark judged. Raises Problem ZS501, ZS504, ZS505, ZS510 or ZS511.
    """
    recorded = Manifest(**store.manifest(home, run_id))
    book = kept(home.books, recorded.book_digest)
    known = date.fromisoformat(recorded.knowledge_as_of) if recorded.knowledge_as_of else None
    snapshot, as_of = lake.get(home, recorded.snapshot), date.fromisoformat(recorded.as_of)
    planned = Plan(home, book, snapshot, as_of, known, ruled=recorded.rulings)
    with _elsewhere(_recorded(recorded.engine, where)) as away, locked(home.runs / ".lock"):
        planned = replace(planned, engine=away.name if away else duck.NAME)
        built = store.scratch(home, f"replay-{run_id}")
        again = _build(planned, built, recorded.finished_at, progress or _silent, None, away)
        shutil.rmtree(built)
    if again.result_digest != recorded.result_digest:
        raise Problem("ZS504", run=run_id, recorded=recorded.result_digest, replayed=again.result_digest)
    return again


@contextmanager
def _elsewhere(where: spark.Where | None) -> Iterator[spark.Spark | None]:
    """Open the Spark that judges; give None where DuckDB does."""
    if where is None:
        yield None
        return
    with spark.opened(where) as away:
        yield away


def _recorded(engine: str, where: spark.Where | None) -> spark.Where | None:
    """Return where a recorded engine is found, None for DuckDB. Raises Problem ZS510 for an engine unknown here."""
    name = engine.partition(" ")[0]
    if name not in ("duckdb", "spark"):
        raise Problem("ZS510", engine=engine)
    return (where or spark.Where()) if name == "spark" else None


def _build(
    planned: Plan, folder: Path, finished_at: int, progress: Progress, carried: Path | None, away: spark.Spark | None
) -> Manifest:
    previous = store.current_id(planned.home)
    con = duck.connect(str(folder / store.SERVING), memory=duck.budget())
    try:
        progress("facts", 0, 1)
        serving.load_facts(con, planned.home, planned.snapshot, planned.as_of, planned.ruled)
        serving.load_rules(con, planned.rules)
        bindings = bind(planned.rules)
        if away:
            files = {name: serving.files(planned.home, planned.snapshot, name, planned.ruled) for name in TABLES}
            away.load_facts(serving.made(), files, planned.home.lake, planned.as_of, serving.live(bindings))
        progress("facts", 1, 1)
        shared = carry.key(bindings, (planned.engine, serving.logic(), __version__))
        rejudged = carry.take(con, None if away else carried, shared)
        serving.judge(con, bindings, progress, rejudged, away or duck)
        progress("assemble", 0, 1)
        serving.assemble(con, store.current(planned.home))
        carry.remember(con, shared)
        serving.measure(con, planned.rules, progress)
        manifest = _manifest(planned, con, previous, finished_at, rejudged)
        con.execute("CREATE TABLE meta (key VARCHAR, value VARCHAR)")
        con.execute("INSERT INTO meta VALUES ('manifest', ?)", [canonical(manifest.as_dict()).decode()])
        progress("assemble", 1, 1)
    finally:
        con.close()
    write_whole(folder / "manifest.json", canonical(manifest.as_dict()))
    return manifest


def _manifest(
    planned: Plan, con: duckdb.DuckDBPyConnection, previous: str | None, finished_at: int, rejudged: int | None
) -> Manifest:
    return Manifest(
        run_id=planned.run_id,
        snapshot=planned.snapshot.id,
        tables=planned.snapshot.tables,
        book_digest=planned.book.digest,
        rules={rule: planned.book.sources[rule] for rule in planned.rules.rules},
        engine=planned.engine,
        logic=serving.logic(),
        version=__version__,
        as_of=planned.as_of.isoformat(),
        previous=previous,
        result_digest=serving.result_digest(con),
        counts=_counts(con),
        finished_at=finished_at,
        knowledge_as_of=planned.knowledge_as_of.isoformat() if planned.knowledge_as_of else None,
        rejudged=rejudged,
        rulings=planned.ruled,
    )


def _counts(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    row = con.execute(serving.sql("counts")).fetchone()
    names = [column[0] for column in con.description or ()]
    return {name: int(value) for name, value in zip(names, row or (), strict=True)}


def _silent(step: str, done: int, total: int | None) -> None:
    """Report nothing."""
