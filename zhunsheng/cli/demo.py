"""zhunsheng demo: the whole loop on one machine, from invented files to the page."""

from __future__ import annotations

import shutil
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated

import typer

from zhunsheng import runs, sources
from zhunsheng.book import load
from zhunsheng.book.workbooks.store import Change, write
from zhunsheng.cli import show
from zhunsheng.cli.county import knowledge_of, told
from zhunsheng.cli.intake import files_of
from zhunsheng.cli.options import Json
from zhunsheng.cli.serve import serve
from zhunsheng.cli.site import person, ready, record_import, record_load, record_run
from zhunsheng.engines import duck
from zhunsheng.generator import edition, generate
from zhunsheng.generator.county import REGION
from zhunsheng.kernel.files import canonical, write_whole
from zhunsheng.kernel.home import Home, home, rulebook
from zhunsheng.kernel.time import epoch_seconds, now

START = date(2025, 11, 1)
MONTHS = 12
#: The demo account in whose name the files are imported.
IMPORTER = "reviewer"
#: The demo is judged as of the day after its last month, so that it looks the same on any day.
AS_OF = date(2026, 11, 1) - timedelta(days=1)
#: The list of remote townships that the demo county publishes: code, name, the day from which it is named.
REMOTE = "demo-remote-institutions"
REMOTE_BATCH = {
    "title": "演示：青禾县偏远地区医疗机构名单",
    "citation": "演示用，非公布内容：青禾县为虚构的县",
    "ground": "demo",
    "level": "county",
    "region": str(REGION),
    "valid_from": date(2026, 1, 1),
    "confirmed_on": date(2026, 11, 23),
}
REMOTE_PLACES = (
    (f"H{REGION}00109", "青禾县梅坪镇卫生院", "2026-01-01"),
    (f"H{REGION}00111", "青禾县竹园乡卫生院", "2026-04-01"),
)


def demo(
    lines: Annotated[int, typer.Option(min=1_000, help="约多少行费用明细。About how many charge lines.")] = 300_000,
    seed: Annotated[int, typer.Option(help="种子。Seed.")] = 1,
    host: Annotated[str, typer.Option(help="监听地址。Address.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="端口。Port.")] = 8000,
    only_build: Annotated[bool, typer.Option("--only-build", help="建好即止，不开站。Build, do not serve.")] = False,
    json: Json = False,
) -> None:
    """生成演示县、导入、判定、开站。Make a demo county, import it, judge it and serve the site."""
    site = home()
    with show.problems(as_json=json):
        _remote(site)
        folder = _county(site, lines, seed, quiet=json)
        report = _import(site, folder, quiet=json)
        manifest = _judge(site, quiet=json)
        people = _people(site)
        _log(site)
        _story(site)
        if _changed(report):
            record_import(person(IMPORTER), files_of([folder / "import"]), report)
    data = {
        "files": len(report.files),
        "changed": _changed(report),
        "snapshot": manifest.snapshot,
        "run": manifest.run_id,
        "counts": manifest.counts,
        "people": [{"login": login, "password": password, "who": who} for login, password, who in people],
        "address": f"http://{host}:{port}",
    }
    show.say(data, as_json=json, human=lambda: _told(report, manifest, people))
    if not only_build:
        _chain()
        show.err.print(f"\n[bold]http://{host}:{port}[/bold]  （Ctrl+C 停止）")
        serve(host, port)


def _changed(report: sources.LoadReport) -> bool:
    return any(file.state in ("loaded", "replaced") for file in report.files)


def _told(report: sources.LoadReport, manifest: runs.Manifest, people: list[tuple[str, str, str]]) -> None:
    loaded = sum(file.rows_loaded for file in report.files)
    rejected = sum(file.rows_rejected for file in report.files)
    told = f"入库 {loaded:,} 行，退回 {rejected:,} 行" if _changed(report) else "文件未变，无须再导入"
    show.out.print(f"导入：{len(report.files)} 个文件，{told}；快照 {manifest.snapshot}")
    counts = manifest.counts
    show.out.print(
        f"判定：明细 {counts['lines']:,} 行，疑点 {counts['findings']:,} 件"
        f"（明确违规 {counts['violation']:,}，可疑 {counts['suspected']:,}，不明 {counts['unknown']:,}）"
    )
    show.table("演示账号（仅限演示）", ["账号", "密码", "是谁"], [list(one) for one in people])


def _remote(site: Home) -> None:
    """Let the county name two of its townships as remote, in a batch of its own as a county's import would leave it."""
    kinds = {name: known.kind for name, known in load(rulebook(), site.book).knowledge.items()}
    rows = tuple(
        {"batch": REMOTE, "institution_code": code, "institution_name": name, "valid_from": since, "note": "演示数据"}
        for code, name, since in REMOTE_PLACES
    )
    write(site.book, kinds, [Change("remote_institutions", REMOTE, rows)], {REMOTE: REMOTE_BATCH}, [])


def _county(site: Home, lines: int, seed: int, *, quiet: bool) -> Path:
    """Generate the files, unless the very same county lies there whole."""
    book = load(rulebook(), site.book)
    wanted = canonical({"lines": lines, "seed": seed, "book": book.digest, "generator": edition(), "told": told()})
    folder = site.root / "demo" / "county"
    stamp = folder / "made.json"
    if stamp.exists() and stamp.read_bytes() == wanted:
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    with show.progress(quiet=quiet) as tell:
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


def _import(site: Home, folder: Path, *, quiet: bool) -> sources.LoadReport:
    with show.progress(quiet=quiet) as tell:
        report = sources.load(site, [folder / "import"], recorded_at=epoch_seconds(now()), progress=tell)
    record_load()
    return report


def _judge(site: Home, *, quiet: bool) -> runs.Manifest:
    with show.progress(quiet=quiet) as tell:
        manifest = runs.execute(site, rulebook(), as_of=AS_OF, finished_at=epoch_seconds(now()), progress=tell)
    record_run(manifest, once=True)
    return manifest


def _log(site: Home) -> None:
    """Give the demo an evidence log with three witnesses that run beside it; on a site each body runs its own."""
    from zhunsheng.casework.seals.demo import make_demo_log

    make_demo_log(site)


#: Two prescribers of an institution who are registered there and whom no register has suspended.
_PRESCRIBERS = """
SELECT f.practitioner_id FROM finding AS f INNER JOIN practitioner AS p USING (practitioner_id, institution_id)
WHERE f.institution_id = ? AND f.practitioner_id NOT IN (SELECT practitioner_id FROM payment_status)
GROUP BY f.practitioner_id ORDER BY COUNT(*) DESC, f.practitioner_id LIMIT 2
"""
#: The findings of the self-check: of the hospital, and not those of the case that is told already.
OWN = (
    "SELECT finding_id, amount_fen, month FROM finding WHERE institution_id = ? AND rule_id <> ? AND amount_fen > 0 "
    "AND verdict <> 'unknown' AND month IS NOT NULL ORDER BY amount_fen DESC, finding_id LIMIT 12"
)


#: Whom the fund's inspections are drawn from: vendors are supervised by those whom they serve.
_INSPECTED = "SELECT institution_id, name FROM institution WHERE kind <> 'vendor' ORDER BY institution_id"
#: The vendors with the kind of service that they give, and who works there with a certificate that has no end.
_SERVING = """
SELECT i.institution_id, i.name, MIN(o.service_kind) FROM institution AS i
INNER JOIN service_order AS o ON o.vendor_id = i.institution_id
WHERE i.kind = 'vendor' GROUP BY i.institution_id, i.name ORDER BY i.institution_id
"""
_VENDOR_STAFF = """
SELECT vendor_id, practitioner_id, MIN(name), MIN(profession), MIN(title) FROM vendor_staff
GROUP BY vendor_id, practitioner_id HAVING BOOL_OR(valid_to IS NULL) ORDER BY vendor_id, practitioner_id
"""


def _story(site: Home) -> None:
    """Open the demo's case on findings of the hospital that has an account, and tell tip-offs about it."""
    from zhunsheng.casework.bodies.models import User
    from zhunsheng.casework.cases.demo import RULE, tell
    from zhunsheng.casework.documents import demo as documents
    from zhunsheng.casework.inspections import demo as inspections
    from zhunsheng.casework.points.demo import tell as tell_points
    from zhunsheng.casework.selfchecks import demo as selfchecks
    from zhunsheng.casework.tips.demo import tell as tell_tips

    office = User.objects.filter(login="hospital").select_related("body").first()
    place = office.body.institution_code if office and office.body else ""
    sql = (
        "SELECT finding_id, amount_fen FROM finding WHERE institution_id = ? AND rule_id = ? AND verdict <> 'unknown' "
        "AND amount_fen > 0 AND month < '2026-07' ORDER BY amount_fen DESC, finding_id LIMIT 20"
    )
    with duck.connect(str(runs.current(site)), read_only=True) as con:
        rows = con.execute(sql, [place, RULE]).fetchall()
        named = con.execute(_PRESCRIBERS, [place]).fetchall()
        places = con.execute(_INSPECTED).fetchall()
        others = con.execute(OWN, [place, RULE]).fetchall()
    case = tell([{"finding_id": key, "amount_fen": fen} for key, fen in rows], place)
    if case is not None:
        documents.tell(case)
    tell_points(case, [who for (who,) in named])
    tell_tips(place)
    inspections.tell(places)
    own = [{"finding_id": key, "amount_fen": fen} for key, fen, _ in others]
    _vendors(site)
    months = sorted(month for *_, month in others)
    if months:
        selfchecks.tell(own, place, f"{months[0]}-01", f"{months[-1]}-28")


def _vendors(site: Home) -> None:
    """Let the vendors of the county enter, serve, be reviewed and overseen."""
    from zhunsheng.casework.oversight import demo as oversight
    from zhunsheng.casework.oversight import meeting_demo as meetings
    from zhunsheng.casework.periodic import demo as periodic
    from zhunsheng.casework.ratings import demo as ratings
    from zhunsheng.casework.vendors import demo

    with duck.connect(str(runs.current(site)), read_only=True) as con:
        found = con.execute(_SERVING).fetchall()
        staff = con.execute(_VENDOR_STAFF).fetchall()
    by_vendor: dict[str, list[dict[str, str]]] = {}
    for code, *row in staff:
        told = dict(zip(("practitioner_id", "name", "profession", "title"), row, strict=True))
        by_vendor.setdefault(code, []).append(told)
    demo.tell([{"institution_id": code, "name": name, "kind": kind} for code, name, kind in found], by_vendor)
    ratings.tell()
    _agreements(site)
    oversight.tell()
    meetings.tell()
    _notices(site)
    periodic.tell()
    _fleet(site)


def _fleet(site: Home) -> None:
    """Let the courier and the township fridges have their devices, and the trips of yesterday their judgement."""
    from zhunsheng.casework.trips.demo import tell

    tell(site)


#: Of each vendor with patients three orders: of whom was not told, that was amended, the latest; members only.
_TOLD = """
SELECT vendor_id, order_id, institution_id, ordered_on FROM (
    SELECT o.vendor_id, o.order_id, o.institution_id, COALESCE(o.told, FALSE) AS told,
        o.order_id IN (SELECT r.order_id FROM result AS r WHERE r.vendor_id = o.vendor_id AND r.version > 1) AS amended,
        o.ordered_on
    FROM service_order AS o WHERE o.person_id IS NOT NULL AND o.institution_id LIKE 'H%' AND o.state = 'done'
)
QUALIFY ROW_NUMBER() OVER (PARTITION BY vendor_id, institution_id ORDER BY amended DESC, ordered_on DESC, order_id) = 1
    OR ROW_NUMBER() OVER (PARTITION BY vendor_id, institution_id ORDER BY told, ordered_on DESC, order_id) = 1
ORDER BY vendor_id, order_id
"""


def _notices(site: Home) -> None:
    """Let the consortium record that patients of its members were told of some orders."""
    from zhunsheng.casework.informing.demo import tell

    with duck.connect(str(runs.current(site)), read_only=True) as con:
        tell(con.execute(_TOLD).fetchall())


def _chain() -> None:
    """Let the devices of the demo speak: a port for its broker, what fridges kept, and a trip that goes wrong now."""
    from zhunsheng.casework.trips import demo
    from zhunsheng.config.serve import free_port

    port = demo.place()
    if demo.keep_up(now()) is None and not port.exists():
        return
    port.parent.mkdir(parents=True, exist_ok=True)
    write_whole(port, f"{free_port()}\n".encode())


def _agreements(site: Home) -> None:
    """Let the consortium agree with the vendors that serve it, at the prices that they filed."""
    from zhunsheng.casework.agreements.demo import file_one, tell

    sql = (
        "SELECT vendor_id, item_code, item_name, unit_price_e6 FROM price_filing WHERE valid_to IS NULL "
        "ORDER BY vendor_id, item_code"
    )
    with duck.connect(str(runs.current(site)), read_only=True) as con:
        tell(con.execute(sql).fetchall())
    file_one()


def _people(site: Home) -> list[tuple[str, str, str]]:
    ready()
    from zhunsheng.casework.bodies.demo import create_demo_people

    columns = "institution_id, name, kind, level, parent_id, region"
    with duck.connect(str(runs.current(site)), read_only=True) as con:
        rows = con.execute(f"SELECT {columns} FROM institution ORDER BY institution_id").fetchall()  # noqa: S608
    return create_demo_people([dict(zip(columns.split(", "), row, strict=True)) for row in rows])
