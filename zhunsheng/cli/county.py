"""zhunsheng generate: an invented county as the files that its systems would export."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from zhunsheng.book import Book, load
from zhunsheng.book.models import Point, Rule
from zhunsheng.cli import show
from zhunsheng.cli.needs import EXPRESSED, needs_of
from zhunsheng.cli.needs import __file__ as needs_file
from zhunsheng.cli.options import Json
from zhunsheng.generator import SIZES, Knowledge, RuleText, Turn
from zhunsheng.generator import generate as make_county
from zhunsheng.kernel.files import digest
from zhunsheng.kernel.home import home, rulebook
from zhunsheng.kernel.time import parse_date
from zhunsheng.patterns import PATTERNS
from zhunsheng.patterns.bind import bind


class Size(StrEnum):
    """Sizes of a county."""

    S = "S"
    M = "M"
    L = "L"


def generate(
    folder: Annotated[Path, typer.Argument(help="写入的文件夹。Folder to write to.")],
    size: Annotated[Size, typer.Option(help="规模：30 万、300 万、3000 万行。0.3, 3 or 30 million lines.")] = Size.S,
    lines: Annotated[
        int | None,
        typer.Option(min=1_000, help="约多少行费用明细，代替规模。About how many lines, in place of a size."),
    ] = None,
    months: Annotated[int, typer.Option(min=1, max=60, help="几个月。How many months.")] = 12,
    start: Annotated[str, typer.Option(help="首日。First day.")] = "2025-11-01",
    seed: Annotated[int, typer.Option(help="同一种子得同样的文件。The same seed gives the same files.")] = 1,
    json: Json = False,
) -> None:
    """生成演示县：可导入的文件与另存的答案。Generate a county: files to import, and an answer key apart."""
    with show.problems(as_json=json), show.progress(quiet=json) as tell:
        book = load(rulebook(), home().book)
        summary = make_county(
            folder,
            seed=seed,
            lines=lines or SIZES[size],
            months=months,
            start=parse_date(start),
            knowledge=knowledge_of(book),
            progress=tell,
        )
    data = summary.as_dict()
    show.say(data, as_json=json, human=lambda: show.table("已生成", ["项", "数"], [[k, v] for k, v in _flat(data)]))


#: The patterns whose points ordinary traffic is screened against one by one; items of other lists are left out of it.
SCREENED = {"item_sex", "item_age", "mutex_pair"} | EXPRESSED


def knowledge_of(book: Book) -> Knowledge:
    """Return what the generator is told: the points of the live rules in its terms, and the rules as plain data."""
    bound = bind(book)
    rows = {name: bindings.rows for name, bindings in bound.items()}
    needs, untold = needs_of(bound)
    names = _names(book)
    others = {name for rule in book.rules.values() if rule.pattern not in SCREENED for name in rule.lists}

    def name(code: str) -> str:
        return names.get(code, code)

    daily = [r for r in rows["qty_cap"] if r.period == "day"]
    return Knowledge(
        sex=[(r.item_code, name(r.item_code), r.sex, r.valid_from, _end(r)) for r in rows["item_sex"]],
        age=[
            (r.item_code, name(r.item_code), r.min_age, r.max_age, r.age_unit, r.valid_from, _end(r))
            for r in rows["item_age"]
        ],
        pairs=[
            (
                r.main_code,
                name(r.main_code),
                r.sub_code,
                name(r.sub_code),
                r.time_window,
                r.valid_from,
                _end(r),
            )
            for r in rows["mutex_pair"]
        ],
        caps=[(r.item_code, name(r.item_code), r.cap_e4, r.valid_from, _end(r)) for r in daily],
        needs=needs,
        named=frozenset(untold.union(*(_texts(p) for name in others for p in book.knowledge[name].points))),
        names=names,
        rules=[_told(book, rule) for rule in book.rules.values()],
    )


def told() -> str:
    """Return a digest of the code that tells the generator of the rule book."""
    return digest(b"".join(Path(one).read_bytes() for one in (__file__, needs_file)))


def _told(book: Book, rule: Rule) -> RuleText:
    """Return a rule as plain data: no code of its pattern, only the kinds of facts that the pattern declares."""
    values = [value for parameter in rule.parameters for value in parameter.values]
    points = [point for name in rule.lists for point in book.knowledge[name].points]
    spoken = {str(value.value) for value in values}.union(*(_texts(point) for point in points))
    turns: dict[date, set[str]] = {}
    of_all = {day for dated in (rule, *values) for day in (dated.valid_from, dated.valid_to) if day}
    kinds = [book.knowledge[name].kind for name in rule.lists]
    codes = {column.name for kind in kinds for column in kind.columns if column.kind == "code"}
    for point in points:
        days = {day for day in (point.valid_from, point.valid_to) if day}
        if not any(map(point.get, codes)):  # it names no item and speaks of every one
            of_all |= days
        for day in days:
            turns.setdefault(day, set()).update(_texts(point))
    listed = [Turn(day, frozenset(texts)) for day, texts in turns.items()] + [Turn(day, frozenset()) for day in of_all]
    facts = frozenset(PATTERNS[rule.pattern].facts)
    return RuleText(rule.id, facts, frozenset(spoken), tuple(sorted(listed, key=lambda turn: turn.day)), rule.examples)


def _texts(point: Point) -> set[str]:
    return {text for text in point.values.values() if text}


def _names(book: Book) -> dict[str, str]:
    """Return the names of items by code: a column ``x_code`` beside a column ``x_name``."""
    names: dict[str, str] = {}
    for known in book.knowledge.values():
        heads = [one.name.removesuffix("_code") for one in known.kind.columns if one.name.endswith("_code")]
        for point in known.points:
            for head in heads:
                if point.get(f"{head}_name"):
                    names.setdefault(point.get(f"{head}_code"), point.get(f"{head}_name"))
    return names


def _end(row: object) -> date | None:
    end: date = getattr(row, "valid_to", date.max)
    return None if end.year == 9999 else end


def _flat(data: dict[str, object], prefix: str = "") -> list[tuple[str, object]]:
    found: list[tuple[str, object]] = []
    for key, value in data.items():
        found += _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else [(prefix + key, value)]
    return found
