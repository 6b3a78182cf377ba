# ruff: noqa: S608 - names in this SQL come from schemas; batch names are quoted
"""Load files into the lake: good rows in, faulty rows back with a reason, everything of one call in one snapshot."""

from __future__ import annotations

import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path

from zhunsheng.facts import lake
from zhunsheng.facts.lake import Batch, Commit, Snapshot
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.files import digest_file
from zhunsheng.kernel.home import Home
from zhunsheng.kernel.ids import identity, site_key
from zhunsheng.sources import fhir
from zhunsheng.sources.convert import Derivation
from zhunsheng.sources.mapping import FileKind, Mapping, mapping, recognise
from zhunsheng.sources.report import FileReport, LoadReport, RejectStore
from zhunsheng.sources.staging import Scratch, Staged
from zhunsheng.sources.text import Table, prepare
from zhunsheng.sources.workbook import sheets

Progress = Callable[[str, int, int | None], None]
SUFFIXES = {".csv", ".txt", ".tsv", ".xlsx", ".xlsm"}


@dataclass(slots=True)
class _Part:
    """One file, or one sheet of a workbook, on its way."""

    path: Path
    sheet: str | None
    name: str
    label: str
    digest: str
    report: FileReport
    staged: Staged | None = None
    replaces: list[str] | None = None


def load(
    home: Home,
    paths: list[Path],
    *,
    recorded_at: int,
    dry_run: bool = False,
    progress: Progress | None = None,
    source: str = "auto",
    name: str | None = None,
) -> LoadReport:
    """Load files and folders of files; all of them become visible in one snapshot.

    ``recorded_at`` is in epoch seconds. ``name`` sets the batch name of a single file (default: its stem), by which
    a correction finds the batch it replaces. A dry run gives the same report and touches nothing. Faults of a file
    are in the report; nothing about a file's content raises.
    """
    tell = progress or (lambda *_: None)
    if dry_run:
        with _scratch(None, home) as scratch:
            return _Load(scratch, lake.latest(home), source, name, tell, recorded_at).run(home, paths, None)
    with lake.commit(home, "import", recorded_at) as change, _scratch(home, home) as scratch:
        report = _Load(scratch, change.base, source, name, tell, recorded_at).run(home, paths, change)
    newest = lake.latest(home)
    report.snapshot = newest.id if newest else None
    return report


def retell(
    home: Home, paths: list[Path], made: Snapshot, *, progress: Progress | None = None, source: str = "auto"
) -> LoadReport:
    """Return the report of a load that has made a snapshot and could not tell; the lake is not touched.

    The files are judged again by the facts that the lake held before that snapshot.
    """
    base = lake.get(home, made.parent) if made.parent else None
    with _scratch(None, home) as scratch:
        tell = progress or (lambda *_: None)
        report = _Load(scratch, base, source, None, tell, made.created_at).run(home, paths, None)
    report.snapshot, report.dry_run = made.id, False
    return report


def files(paths: list[Path]) -> list[Path]:
    """Return the files that ``load`` reads for these paths, in its order; one that is named but missing stays in."""
    return [file for path in paths for file in (_inside(path) if path.is_dir() else [path])]


@contextmanager
def _scratch(keep: Home | None, home: Home) -> Iterator[Scratch]:
    """Open the scratch database; a real load also sweeps what a killed one left."""
    if keep:
        parent = keep.root / "scratch"
        shutil.rmtree(parent, ignore_errors=True)
        parent.mkdir(mode=0o700, parents=True)
    folder = Path(tempfile.mkdtemp(prefix="import-", dir=parent if keep else None))
    key = site_key(home.key) if keep or home.key.exists() else secrets.token_bytes(32)
    scratch = Scratch(folder, key)
    try:
        yield scratch
    finally:
        scratch.close()
        shutil.rmtree(folder, ignore_errors=True)


class _Load:
    """One call of ``load``."""

    def __init__(
        self, scratch: Scratch, base: Snapshot | None, source: str, name: str | None, tell: Progress, recorded_at: int
    ) -> None:
        self.scratch = scratch
        self.live = dict(base.batches) if base else {}
        self.base = base
        self.source = source
        self.find = partial(recognise, source=source)
        self.name = name
        self.tell = tell
        self.recorded_at = recorded_at
        self.parts: list[_Part] = []

    def run(self, home: Home, paths: list[Path], change: Commit | None) -> LoadReport:
        """Read, judge and, with a change to write into, store."""
        found = files(paths)
        cut = [path for path in found if self.source in ("auto", "fhir") and path.is_file() and fhir.is_json(path)]
        for number, path in enumerate(one for one in found if one not in cut):
            self.tell("read", number, len(found))
            self._file(path)
        if cut:
            self._bundles(cut)
        self.tell("read", len(found), len(found))
        staged = [part.staged for part in self.parts if part.staged]
        self.scratch.add_persons()
        self._check_keys(home)
        rows = self._write(change)
        rejected = self.scratch.rejected_rows()
        for part in self.parts:
            self._finish(part, rows, rejected, change)
        store = RejectStore()
        self.scratch.export(store, staged)
        return LoadReport(None, change is None, self.recorded_at, [part.report for part in self.parts], store)

    def _file(self, path: Path) -> None:
        """Read one file into the scratch database; what is wrong with it as a whole goes into its report."""
        try:
            digest = digest_file(path)
            if path.suffix.lower() in (".xlsx", ".xlsm") or path.open("rb").read(4) == b"PK\x03\x04":
                self._workbook(path, digest)
                return
        except OSError as error:
            self.parts.append(_refused(path, None, Problem("ZS209", detail=error.strerror or str(error))))
            return
        except Problem as problem:
            self.parts.append(_refused(path, None, problem))
            return
        self._part(path, None, digest, path, "")

    def _bundles(self, paths: list[Path]) -> None:
        """Read files of FHIR resources: together, because they refer to each other."""
        read = fhir.Bundles([(path, digest_file(path)) for path in paths], self.scratch.folder)
        self.scratch.prepare_kinds(mapping("fhir"), _derivations("fhir"))
        for one in read.files:
            if one.problem:
                self.parts.append(_refused(one.path, None, one.problem))
                continue
            first = len(self.parts)
            stem = self.name or one.path.stem
            names = [batch.name.rpartition("#") for batch in self.live.values() if batch.source == "fhir"]
            for sheet in one.tables({kind for name, _, kind in names if name == stem}):
                self._part(one.path, sheet.kind, one.digest, sheet.path, sheet.encoding, sheet)
            if first == len(self.parts):
                self.parts.append(_Part(one.path, None, stem, one.path.name, one.digest, FileReport(one.path.name)))
                self.parts[first].report.source, self.parts[first].report.state = "fhir", "unchanged"
            _tell(self.parts[first].report, one.notices)

    def _workbook(self, path: Path, digest: str) -> None:
        for sheet, text, alone in sheets(path, self.scratch.folder):
            self._part(path, None if alone else sheet, digest, text, "xlsx")

    def _part(
        self, path: Path, sheet: str | None, digest: str, text: Path, encoding: str, cut: fhir.Sheet | None = None
    ) -> None:
        label = path.name if sheet is None else f"{path.name}#{sheet}"
        stem = self.name or path.stem
        part = _Part(path, sheet, stem if sheet is None else f"{stem}#{sheet}", label, digest, FileReport(label))
        self.parts.append(part)
        try:
            self._stage(part, text, encoding, cut)
        except Problem as problem:
            part.staged = None
            part.report.problem = problem.as_dict()

    def _stage(self, part: _Part, text: Path, encoding: str, cut: fhir.Sheet | None) -> None:
        table = self._prepared(text, cut)
        source, kind = table.found.mapping, table.found.kind
        report = part.report
        report.source, report.kind, report.encoding = source.source, kind.name, encoding or table.encoding
        if kind.across_batches == "unused":
            report.state = "unchanged"
            report.notices.append({**Problem("ZS248", kind=kind.name).as_dict(), "count": 1})
            return
        rules = _derivation(source.source, kind.name)
        beside = [self._beside(part.path, source, name) for name in rules.needs] + list(cut.context if cut else ())
        batch = identity(part.digest, source.source, source.version, part.name, *beside)
        report.batch = batch
        alone = not (cut and cut.context)  # what other files say of the same resources may have changed
        if batch in self.live or (alone and self._known_by_another_name(part, source, kind)):
            report.state = "unchanged"
            return
        if any(one is not part and one.staged and one.name == part.name for one in self.parts):
            raise Problem("ZS208", name=part.name)
        staged = Staged(len(self.parts), part.label, batch, source, kind)
        table = self._read(staged, table, text, cut)
        part.staged = staged
        staged.totals += len(table.totals)
        staged.blanks -= len(table.totals)
        if not staged.good and staged.bad:
            self.scratch.forget(staged)
            report.problem = Problem("ZS207", rows=staged.bad).as_dict()
        part.replaces = [one.id for one in self.live.values() if _same_name(one, part)]
        _notices(report, staged, table)

    def _known_by_another_name(self, part: _Part, source: Mapping, kind: FileKind) -> bool:
        """Whether the very bytes are loaded already under a name that is not this one's to correct.

        Files without a row are equal to each other by nature and are told apart by their names alone.
        """
        if any(_same_name(batch, part) for batch in self.live.values()):
            return False
        alive = (
            b for b in self.live.values() if (b.source, b.kind) == (source.source, kind.name) and any(b.rows.values())
        )
        fresh = (p for p in self.parts if p.staged and p.staged.good and p.staged.kind is kind)
        return any(one.digest == part.digest and _sheet(one) == part.sheet for one in (*alive, *fresh))

    def _beside(self, path: Path, source: Mapping, name: str) -> str:
        """Read a file of the same folder that this one needs; return its digest, empty when it is absent."""
        kind, rules = source.kinds[name], _derivation(source.source, name)
        other = path.with_name(f"{name}.csv")
        if not other.is_file():
            self.scratch.look(kind, rules, None)
            return ""
        try:
            table = prepare(other, self.find, self.scratch.folder, careful=True)
            self.scratch.look(kind, rules, table if table.found.kind == kind else None)
        except Problem:
            self.scratch.look(kind, rules, None)
        return digest_file(other)

    def _prepared(self, text: Path, cut: fhir.Sheet | None, *, careful: bool = False) -> Table:
        table = prepare(text, cut.find if cut else self.find, self.scratch.folder, careful=careful)
        table.irregular.extend(cut.irregular if cut else ())
        return table

    def _read(self, staged: Staged, table: Table, text: Path, cut: fhir.Sheet | None) -> Table:
        rules = _derivation(staged.mapping.source, staged.kind.name)
        try:
            self.scratch.stage(staged, table, rules)
        except Problem:
            table = self._prepared(text, cut, careful=True)
            self.scratch.stage(staged, table, rules)
        if cut:
            self.scratch.place(staged, cut.places)
        return table

    def _check_keys(self, home: Home) -> None:
        gone = {batch for part in self.parts if self._loads(part) for batch in part.replaces or []}
        names = {batch.id: batch.name for batch in self.live.values() if batch.id not in gone}
        for kind, rules in self.scratch.kinds.values():
            self.tell("check", 0, None)
            files = lake.files(home, self.base, kind.key_table) if self.base else []
            self.scratch.check_keys(kind, rules, self._held(kind.key_table, kind.key_columns, files, names))
            self.scratch.check_across(kind, rules)

    def _held(self, table: str, columns: tuple[str, ...], files: list[str], names: dict[str, str]) -> str:
        if not files or not names:
            return ""
        pairs = ", ".join(f"('{key}', '{value.replace(chr(39), chr(39) * 2)}')" for key, value in names.items())
        keys = ", ".join(f"{name} AS k{i}" for i, name in enumerate(columns))
        return (
            f"SELECT {keys}, batch_name FROM ({lake.select(table, files)}) "
            f"JOIN (VALUES {pairs}) AS b (batch, batch_name) USING (batch)"
        )

    def _loads(self, part: _Part) -> bool:
        return bool(part.staged and (part.staged.good or not part.staged.bad))

    def _write(self, change: Commit | None) -> dict[str, dict[str, int]]:
        """Store the facts; return rows per batch and table."""
        rows: dict[str, dict[str, int]] = {}
        if change:
            for part in self.parts:
                for batch in (part.replaces or []) if self._loads(part) else []:
                    change.remove_batch(batch)
        for kind, rules in self.scratch.kinds.values():
            for table in kind.tables:
                counts = self.scratch.count_facts(kind, rules, table)
                self.tell("write " + table, 0, sum(counts.values()))
                if change and counts:
                    folder = change.folder(table)
                    files = self.scratch.write_facts(kind, rules, table, folder, self.recorded_at)
                    change.append_files(table, files)
                self.tell("write " + table, sum(counts.values()), sum(counts.values()))
                for batch, count in counts.items():
                    rows.setdefault(batch, {})[table] = count
        return rows

    def _finish(
        self, part: _Part, rows: dict[str, dict[str, int]], rejected: dict[int, int], change: Commit | None
    ) -> None:
        """Count the rows of a part and name its batch as alive."""
        staged, report = part.staged, part.report
        if staged is None:
            return
        report.rows_read = staged.good + staged.bad
        report.rows_rejected = rejected.get(staged.number, 0)
        report.rows_loaded = report.rows_read - report.rows_rejected
        if not self._loads(part):
            return
        report.state = "replaced" if part.replaces else "loaded"
        report.replaces = part.replaces[0] if part.replaces else None
        if change:
            batch = Batch(
                id=staged.batch,
                name=part.name,
                source=staged.mapping.source,
                kind=staged.kind.name,
                file_name=part.label,
                digest=part.digest,
                rows=rows.get(staged.batch, {}),
                rejected=report.rows_rejected,
                loaded_at=self.recorded_at,
                replaces=report.replaces,
            )
            change.register(batch)


def _derivation(source: str, kind: str) -> Derivation:
    return _derivations(source)[kind]


def _derivations(source: str) -> dict[str, Derivation]:
    rules: dict[str, Derivation] = import_module(f"zhunsheng.sources.{source}.derive").DERIVATIONS
    return rules


def _inside(folder: Path) -> list[Path]:
    found = (one for one in folder.rglob("*") if one.is_file() and not one.name.startswith((".", "~$")))
    return sorted(one for one in found if one.suffix.lower() in SUFFIXES or fhir.is_resource_file(one))


def _sheet(one: Batch | _Part) -> str | None:
    return one.name.partition("#")[2] or None


def _same_name(batch: Batch, part: _Part) -> bool:
    stem = part.name.partition("#")[0] if part.sheet else part.name
    own = batch.name == part.name
    return own or (batch.name.partition("#")[0] == stem and part.sheet is None and "#" in batch.name)


def _refused(path: Path, sheet: str | None, problem: Problem) -> _Part:
    label = path.name if sheet is None else f"{path.name}#{sheet}"
    return _Part(path, sheet, path.stem, label, "", FileReport(label, problem=problem.as_dict()))


def _notices(report: FileReport, staged: Staged, table: Table) -> None:
    counts = {"ZS240": staged.blanks, "ZS241": staged.totals, **staged.notices}
    if table.found.unknown:
        counts["ZS244"] = len(table.found.unknown)
    if table.first_row > 2:
        counts["ZS245"] = table.first_row - 2
    _tell(report, {code: (count, "、".join(table.found.unknown)) for code, count in counts.items() if count})


def _tell(report: FileReport, notices: dict[str, tuple[int, str]]) -> None:
    for code, (count, names) in notices.items():
        report.notices.append({**Problem(code, count=count, columns=names).as_dict(), "count": count})
