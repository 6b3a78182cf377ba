"""zhunsheng book: show, lint; import, compare and export published workbooks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from zhunsheng import runs
from zhunsheng.book import Book, draft, load, oversight, rewards, vendors
from zhunsheng.book import points as penalty_points
from zhunsheng.book.clauses import load_clauses
from zhunsheng.book.conflict import load_conflict
from zhunsheng.book.cycle_lint import about_cycles
from zhunsheng.book.duties import load_duties
from zhunsheng.book.handling import about_handling, load_grades, load_overturning
from zhunsheng.book.incentives import about_incentives, load_incentives
from zhunsheng.book.lights import about_lights, load_lights, opening_survey
from zhunsheng.book.lint import Remark
from zhunsheng.book.models import plain_data
from zhunsheng.book.scorecards import about_cards, load_cards
from zhunsheng.book.search import KINDS, Entry, Found, index
from zhunsheng.book.telemetry import about_telemetry
from zhunsheng.book.workbooks import Citation, export_workbooks, plan_import
from zhunsheng.cli import show
from zhunsheng.cli.options import AsOf, Json
from zhunsheng.cli.site import check_documents, decided, life_cycles, load_knowledge
from zhunsheng.indicators.lint import lint as about_indicators
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.files import write_whole
from zhunsheng.kernel.home import home, rulebook
from zhunsheng.kernel.money import yuan
from zhunsheng.kernel.time import OPEN_END, now, parse_date
from zhunsheng.patterns.bind import bind, points
from zhunsheng.patterns.lint import lint as lint_book
from zhunsheng.runs import store
from zhunsheng.runs.backtest import Backtest
from zhunsheng.runs.backtest import backtest as try_rule

app = typer.Typer(help="规则库：查看、校验、导入知识点。The rule book.", no_args_is_help=True)
WORDS = {"new": "新增", "changed": "改变", "gone": "不再有"}


@app.command("show")
def show_book(as_of: AsOf = None, json: Json = False) -> None:
    """列出规则及其立足之处。List the rules and what each stands on."""
    with show.problems(as_json=json):
        book = load(rulebook(), home().book)
        book = book.as_of(parse_date(as_of)) if as_of else book
        bound = {name: len(found.rows) for name, found in bind(book).items()}
    data = {"digest": book.digest, "rules": [_rule(book, rule) for rule in book.rules], "bindings": bound}
    show.say(data, as_json=json, human=lambda: _table(book))


@app.command()
def lint(json: Json = False) -> None:
    """校验规则库：算例、边界、期间、引文、签署、复核、生命周期、奖励。Check examples, dates, law, cycles, rewards."""
    with show.problems(as_json=json):
        remarks = lint_book(load(rulebook(), home().book), now().date())
        remarks += about_indicators(load(rulebook(), home().book), now().date())
        remarks += about_cycles(life_cycles().values())
        remarks += rewards.about_schemes(rewards.load_schemes(rulebook()).values())
        check_documents()
        remarks += about_handling(load_grades(rulebook()), load_overturning(rulebook()))
        remarks += penalty_points.about_schemes(penalty_points.load_schemes(rulebook()))
        lights = load_lights(rulebook())
        remarks += about_lights(lights.values()) + about_cards(load_cards(rulebook()).values())
        remarks += about_incentives(load_incentives(rulebook()))
        oversight.check_survey(oversight.load_checks(rulebook()), opening_survey(lights.values()))
        kinds = vendors.load_kinds(rulebook())
        told = (
            kinds,
            *vendors.load_negative(rulebook()),
            load_clauses(rulebook(), kinds),
            load_conflict(rulebook()),
            load_duties(rulebook(), kinds),
        )
        remarks += vendors.about_vendors(told)
        remarks += oversight.about_oversight(rulebook())
        remarks += about_telemetry(rulebook())
    show.say({"remarks": [_remark(one) for one in remarks]}, as_json=json, human=lambda: _remarks(remarks))
    if any(one.level == "error" for one in remarks):
        raise typer.Exit(show.ATTENTION)


@app.command()
def search(
    text: Annotated[str, typer.Argument(help="编码、名称或备注的一部分。Part of a code, name or note.")],
    limit: Annotated[int, typer.Option(min=1, max=1000, help="每类最多几条。At most so many of each kind.")] = 10,
    json: Json = False,
) -> None:
    """查找规则、法条与知识点。Search rules, articles and knowledge points."""
    with show.problems(as_json=json):
        found = index(load(rulebook(), home().book)).search(text, dict.fromkeys(KINDS, limit))
    data = {one.kind: {"total": one.total, "hits": [_hit(hit) for hit in one.hits]} for one in found}
    show.say(data, as_json=json, human=lambda: _found(found))


Paths = Annotated[list[Path], typer.Argument(help="公布的工作簿或其文件夹。Workbooks or folders.")]
Only = Annotated[str, typer.Option("--list", help="只按这一知识表的版式读。Read by the layout of one list.")]
BatchId = Annotated[str | None, typer.Option("--batch", help="归入哪一批次。Id of the batch.")]
Cited = Annotated[str, typer.Option("--citation", help="新批次的出处。Citation of a new batch.")]
Start = Annotated[str | None, typer.Option("--from", help="新批次的起始日。First day of a new batch.")]


@app.command("import")
def import_book(
    paths: Paths,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只检查，不写入。Check only.")] = False,
    remove: Annotated[
        bool,
        typer.Option(
            "--remove",
            help="移除此前导入、工作簿没有的知识点。Take out what was imported before and the workbook lacks.",
        ),
    ] = False,
    only: Only = "",
    batch: BatchId = None,
    citation: Cited = "",
    start: Start = None,
    json: Json = False,
) -> None:
    """导入国家公布的知识点工作簿。Import the published workbooks of knowledge points."""
    with show.problems(as_json=json):
        stated = _stated(batch, citation, start)
        plan = plan_import(paths, rulebook(), home().book, now().date(), stated=stated, only=only)
        if not dry_run:
            load_knowledge(plan, remove=remove)
    data = plan.as_dict()
    show.say({"dry_run": dry_run, **data}, as_json=json, human=lambda: _planned(data))
    if plan.remarks:
        raise typer.Exit(show.ATTENTION)


@app.command()
def diff(
    paths: Paths,
    only: Only = "",
    batch: BatchId = None,
    citation: Cited = "",
    start: Start = None,
    json: Json = False,
) -> None:
    """比较工作簿与已加载的规则库，不写入。Compare workbooks with the loaded rule book; writes nothing."""
    with show.problems(as_json=json):
        stated = _stated(batch, citation, start)
        plan = plan_import(paths, rulebook(), home().book, now().date(), stated=stated, only=only)
    data = plan.as_dict()
    show.say(data, as_json=json, human=lambda: _differences(data))
    if plan.remarks:
        raise typer.Exit(show.ATTENTION)


@app.command("export")
def export_book(
    folder: Annotated[Path, typer.Argument(help="写到哪个文件夹。Folder to write into.")],
    only: Annotated[str, typer.Option("--list", help="只导出这一知识表。One list only.")] = "",
    batch: Annotated[str, typer.Option("--batch", help="只导出这一批次。One batch only.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只列出，不写入。List only.")] = False,
    json: Json = False,
) -> None:
    """把知识点导出为公布时的版式。Export knowledge points in the published layouts."""
    with show.problems(as_json=json):
        found = export_workbooks(rulebook(), home().book, name=only, batch=batch)
        if not dry_run:
            for name, content in found.items():
                write_whole(folder / name, content)
    files = [{"file": name, "bytes": len(content)} for name, content in found.items()]
    rows: list[list[Any]] = [[one["file"], one["bytes"]] for one in files]
    show.say(
        {"folder": str(folder), "files": files}, as_json=json, human=lambda: show.table("导出", ["文件", "字节"], rows)
    )


@app.command()
def backtest(
    path: Annotated[
        Path, typer.Argument(help="拟定的规则，YAML 文件。The draft, a YAML file.", exists=True, dir_okay=False)
    ],
    json: Json = False,
) -> None:
    """拟定的规则先在当前运行的数据上试算。Try a draft rule on the facts of the current run; nothing is published."""
    with show.problems(as_json=json):
        rule = draft(path.read_text("utf-8"), path.name)
        run_id = runs.current_id(home())
        if run_id is None:
            raise Problem("ZS502")
        found = try_rule(
            store.serving(home(), run_id),
            runs.manifest(home(), run_id),
            load(rulebook(), home().book),
            rule,
            decisions=decided(),
        )
    show.say(found.as_dict(), as_json=json, human=lambda: _tried(found))


#: Why a draft was not judged.
UNJUDGED = {"waits": "这条规则尚在等待资料，没有判定", "later": "这条规则在运行截至日之后才施行，没有判定"}


def _tried(found: Backtest) -> None:
    counts = found.verdicts
    if found.unjudged:
        show.out.print(UNJUDGED[found.unjudged])
    show.out.print(
        f"{found.rule_id}：受判 {found.candidates or 0:,} 行，明确违规 {counts['violation']:,}，"
        f"可疑 {counts['suspected']:,}，"
        f"不明 {counts['unknown']:,}；涉及 {yuan(found.amount_fen)} 元，参保人 {found.persons:,}"
    )
    if found.changed:
        show.out.print("与现行规则相比：新增 {new:,}，相同 {same:,}，不再有 {gone:,}".format(**found.changed))
    show.out.print("人工已核实：属实 {confirmed:,}，不属实 {overturned:,}，未核实 {open:,}".format(**found.decided))
    columns = ["件", "不明", "涉及金额（元）"]

    def cells(row: dict[str, Any]) -> list[Any]:
        return [row["findings"], row["unknown"], yuan(row["amount_fen"])]

    show.table(
        "机构", ["机构", *columns], [[row["name"] or row["institution_id"], *cells(row)] for row in found.institutions]
    )
    show.table("月份", ["月份", *columns], [[row["month"], *cells(row)] for row in found.months])
    also = [[row["rule_id"], row["name"], row["findings"], yuan(row["amount_fen"])] for row in found.overlap]
    show.table("同一行也被这些规则指出", ["规则", "名称", "件", "金额（元）"], also)


def _stated(batch: str | None, citation: str, start: str | None) -> Citation | None:
    return Citation(batch, citation, parse_date(start) if start else None) if batch else None


def _rule(book: Book, rule_id: str) -> dict[str, Any]:
    rule = book.rules[rule_id]
    return {
        "id": rule.id,
        "seq": rule.seq,
        "code": rule.code,
        "name": rule.name,
        "pattern": rule.pattern,
        "waits_for": [{"code": name, **plain_data(book.awaited[name])} for name in rule.waits_for],
        "ground": rule.ground,
        "points": len(points(book, rule)),
        "examples": len(rule.examples),
        "digest": book.sources[rule_id],
    }


def _table(book: Book) -> None:
    rows = [_row(_rule(book, rule)) for rule in book.rules]
    columns = ["编号", "目录", "国家编码", "名称", "样式", "立足", "知识点", "算例", "状态"]
    show.table(f"规则库 {book.digest[:16]}", columns, rows)


def _row(told: dict[str, Any]) -> list[Any]:
    keys = ("id", "seq", "code", "name", "pattern", "ground", "points", "examples")
    awaited = "、".join(one["zh"] for one in told["waits_for"])
    return [*(told[key] for key in keys), f"等待{awaited}" if awaited else "运行"]


def _remark(one: Remark) -> dict[str, str]:
    return {"kind": one.kind, "about": one.about, "level": one.level, "code": one.code, "zh": one.zh, "en": one.en}


def _remarks(remarks: list[Remark]) -> None:
    rows: list[list[Any]] = [[one.level, one.about, one.zh] for one in remarks]
    show.table("规则库校验", ["级别", "对象", "说明"], rows)


def _hit(hit: Entry) -> dict[str, Any]:
    told = {"key": hit.key, "place": hit.place, "code": hit.code, "name": hit.title, "name_en": hit.title_en}
    if hit.point is None or hit.hold is None:
        return told
    holds = [[str(one.start), "" if one.end == OPEN_END else str(one.end)] for one in hit.hold.periods]
    return {**told, "batch": hit.point.batch, "holds": holds}


def _found(found: list[Found]) -> None:
    words = {"rule": "规则", "article": "法条", "point": "知识点"}
    for one in found:
        rows = [[hit.key, hit.code, hit.title] for hit in one.hits]
        show.table(f"{words[one.kind]} {one.total:,}", ["所在", "编码", "名称"], rows)


def _planned(data: dict[str, Any]) -> None:
    columns = ["文件", "知识表", "批次", "行", "知识点", "待确认", "待人工"]
    keys = ("file", "list", "batch", "rows", "points", "confirm", "waiting")
    show.table("工作簿", columns, [[sheet[key] for key in keys] for sheet in data["sheets"]])
    columns = ["知识表", "批次", "新增", "改变", "不再有", "相同"]
    keys = ("list", "batch", "new", "changed", "gone", "same")
    show.table("与规则库相比", columns, [[one[key] for key in keys] for one in data["diff"]])
    for remark in [*data["notices"], *data["remarks"]]:
        show.out.print(f"{remark['code']} {remark['message']}。{remark['mend']}", highlight=False, markup=False)


def _differences(data: dict[str, Any]) -> None:
    _planned(data)
    for one in data["diff"]:
        for point in one["points"]:
            fields = "；".join(f"{name}：{old or '空'} → {new or '空'}" for name, (old, new) in point["fields"].items())
            line = f"{WORDS[point['kind']]} {one['list']} {' '.join(point['key'])} {point['name']} {fields}"
            show.out.print(line, highlight=False, markup=False)
