"""zhunsheng demo: the whole loop on one machine, from invented files to the page."""

from __future__ import annotations

import shutil
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated

import typer

from zhunsheng import __version__, runs, sources
from zhunsheng.book import load
from zhunsheng.cli import show
from zhunsheng.cli.county import knowledge_of
from zhunsheng.cli.intake import files_of
from zhunsheng.cli.serve import serve
from zhunsheng.cli.site import person, ready, record_import, record_load, record_run
from zhunsheng.engines import duck
from zhunsheng.facts import lake
from zhunsheng.generator import generate
from zhunsheng.kernel.files import canonical, write_whole
from zhunsheng.kernel.home import Home, home, rulebook
from zhunsheng.kernel.time import epoch_seconds, now

START = date(2025, 11, 1)
MONTHS = 12
#: The demo account in whose name the files are imported.
IMPORTER = "reviewer"
#: The demo is judged as of the day after its last month, so that it looks the same on any day.
AS_OF = date(2026, 11, 1) - timedelta(days=1)


def demo(
    lines: Annotated[int, typer.Option(min=1_000, help="约多少行费用明细。About how many charge lines.")] = 300_000,
    seed: Annotated[int, typer.Option(help="种子。Seed.")] = 1,
    host: Annotated[str, typer.Option(help="监听地址。Address.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="端口。Port.")] = 8000,
    only_build: Annotated[bool, typer.Option("--only-build", help="建好即止，不开站。Build, do not serve.")] = False,
) -> None:
    """生成演示县、导入、判定、开站。Make a demo county, import it, judge it and serve the site."""
    site = home()
    with show.problems(as_json=False):
        folder = _county(site, lines, seed)
        report = _import(site, folder)
        _judge(site)
        _people(site)
        if any(file.state in ("loaded", "replaced") for file in report.files):
            record_import(person(IMPORTER), files_of([folder / "import"]), report)
    if not only_build:
        show.out.print(f"\n[bold]http://{host}:{port}[/bold]  （Ctrl+C 停止）")
        serve(host, port)


def _county(site: Home, lines: int, seed: int) -> Path:
    """Generate the files, unless the very same county lies there whole."""
    book = load(rulebook(), site.book)
    wanted = canonical({"lines": lines, "seed": seed, "book": book.digest, "generator": __version__})
    folder = site.root / "demo" / "county"
    stamp = folder / "made.json"
    if stamp.exists() and stamp.read_bytes() == wanted:
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    with show.progress() as tell:
        generate(
            folder,
            seed=seed,
            lines=lines,
            months=MONTHS,
            start=START,
            knowledge=knowledge_of(book),
            progress=tell,
        )
    write_whole(stamp, wanted)
    return folder


def _import(site: Home, folder: Path) -> sources.LoadReport:
    with show.progress() as tell:
        report = sources.load(site, [folder / "import"], recorded_at=epoch_seconds(now()), progress=tell)
    changed = any(file.state in ("loaded", "replaced") for file in report.files)
    record_load()
    loaded = sum(file.rows_loaded for file in report.files)
    rejected = sum(file.rows_rejected for file in report.files)
    told = f"入库 {loaded:,} 行，退回 {rejected:,} 行" if changed else "文件未变，无须再导入"
    show.out.print(f"导入：{len(report.files)} 个文件，{told}；快照 {report.snapshot or _latest(site)}")
    return report


def _latest(site: Home) -> str:
    snapshot = lake.latest(site)
    return snapshot.id if snapshot else "-"


def _judge(site: Home) -> None:
    before = {one["run_id"] for one in runs.manifests(site)}
    with show.progress() as tell:
        manifest = runs.execute(site, rulebook(), as_of=AS_OF, finished_at=epoch_seconds(now()), progress=tell)
    if manifest.run_id not in before:
        record_run(manifest)
    counts = manifest.counts
    show.out.print(
        f"判定：明细 {counts['lines']:,} 行，疑点 {counts['findings']:,} 件"
        f"（明确违规 {counts['violation']:,}，可疑 {counts['suspected']:,}，不明 {counts['unknown']:,}）"
    )


def _people(site: Home) -> None:
    ready()
    from zhunsheng.casework.bodies.demo import create_demo_people

    path = runs.current(site)
    with duck.connect(str(path), read_only=True) as con:
        columns = "institution_id, name, kind, level, parent_id, region"
        rows = con.execute(f"SELECT {columns} FROM institution ORDER BY institution_id").fetchall()  # noqa: S608
    institutions = [dict(zip(columns.split(", "), row, strict=True)) for row in rows]
    people = [list(one) for one in create_demo_people(institutions)]
    show.table("演示账号（仅限演示）", ["账号", "密码", "是谁"], people)
