"""zhunsheng book: show, lint, import published workbooks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from zhunsheng.book import Book, load
from zhunsheng.book.lint import Remark
from zhunsheng.book.search import KINDS, Entry, Found, index
from zhunsheng.book.workbooks import import_workbooks
from zhunsheng.cli import show
from zhunsheng.cli.options import AsOf, Json
from zhunsheng.kernel.home import home, rulebook
from zhunsheng.kernel.time import OPEN_END, now, parse_date
from zhunsheng.patterns.bind import bind, points
from zhunsheng.patterns.lint import lint as lint_book

app = typer.Typer(help="规则库：查看、校验、导入知识点。The rule book.", no_args_is_help=True)


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
    """校验规则库：算例、边界、期间、引文、签署、复核。Check examples, boundaries, periods, citations, signatures."""
    with show.problems(as_json=json):
        remarks = lint_book(load(rulebook(), home().book), now().date())
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


@app.command("import")
def import_book(
    paths: Annotated[list[Path], typer.Argument(help="公布的工作簿或其文件夹。Workbooks or folders.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只检查，不写入。Check only.")] = False,
    json: Json = False,
) -> None:
    """导入国家公布的知识点工作簿。Import the published workbooks of knowledge points."""
    with show.problems(as_json=json):
        result = import_workbooks(paths, rulebook(), home().book, dry_run=dry_run)
    show.say(result.as_dict(), as_json=json, human=lambda: _imported(result.as_dict()))
    if result.remarks:
        raise typer.Exit(show.ATTENTION)


def _rule(book: Book, rule_id: str) -> dict[str, Any]:
    rule = book.rules[rule_id]
    return {
        "id": rule.id,
        "code": rule.code,
        "name": rule.name,
        "pattern": rule.pattern,
        "ground": rule.ground,
        "points": len(points(book, rule)),
        "examples": len(rule.examples),
        "digest": book.sources[rule_id],
    }


def _table(book: Book) -> None:
    rows = [list(_rule(book, rule).values())[:7] for rule in book.rules]
    show.table(f"规则库 {book.digest[:16]}", ["编号", "国家编码", "名称", "样式", "立足", "知识点", "算例"], rows)


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


def _imported(data: dict[str, Any]) -> None:
    columns = ["文件", "工作表", "知识表", "行", "新增", "已有"]
    rows = [[f["file"], f["sheet"], f["list"], f["rows"], f["new"], f["known"]] for f in data["sheets"]]
    show.table("知识点导入", columns, rows)
    for remark in data["remarks"]:
        show.out.print(f"{remark['file']} {remark['place']}：{remark['message']} {remark['mend']}", highlight=False)
