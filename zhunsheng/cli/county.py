"""zhunsheng generate: an invented county as the files that its systems would export."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from zhunsheng.book import Book, load
from zhunsheng.cli import show
from zhunsheng.cli.options import Json
from zhunsheng.generator import Knowledge
from zhunsheng.generator import generate as make_county
from zhunsheng.kernel.home import home, rulebook
from zhunsheng.kernel.time import parse_date
from zhunsheng.patterns.bind import bind

#: Rules that share a pattern with these have other lists; a case on their points would stand under the wrong rule.
PLANTED = {"fund/sex-limited-service", "fund/age-limited-service", "fund/duplicate-charge", "fund/daily-quantity-cap"}


def generate(
    folder: Annotated[Path, typer.Argument(help="写入的文件夹。Folder to write to.")],
    lines: Annotated[int, typer.Option(min=1_000, help="约多少行费用明细。About how many charge lines.")] = 300_000,
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
            lines=lines,
            months=months,
            start=parse_date(start),
            knowledge=knowledge_of(book),
            progress=tell,
        )
    data = summary.as_dict()
    show.say(data, as_json=json, human=lambda: show.table("已生成", ["项", "数"], [[k, v] for k, v in _flat(data)]))


def knowledge_of(book: Book) -> Knowledge:
    """Return the points of the rules that the generator plants cases for, in its terms."""
    rows = {name: [r for r in bindings.rows if r.rule_id in PLANTED] for name, bindings in bind(book).items()}
    return Knowledge(
        sex=[(r.item_code, _name(book, r, "item_name"), r.sex, r.valid_from, _end(r)) for r in rows["item_sex"]],
        age=[
            (r.item_code, _name(book, r, "item_name"), r.min_age, r.max_age, r.age_unit, r.valid_from, _end(r))
            for r in rows["item_age"]
        ],
        pairs=[
            (
                r.main_code,
                _name(book, r, "main_name"),
                r.sub_code,
                _name(book, r, "sub_name"),
                r.time_window,
                r.valid_from,
                _end(r),
            )
            for r in rows["mutex_pair"]
        ],
        caps=[(r.item_code, _name(book, r, "item_name"), r.cap_e4, r.valid_from, _end(r)) for r in rows["qty_cap"]],
    )


def _name(book: Book, row: object, column: str) -> str:
    point_id = getattr(row, "point_id", "")
    points = (p for known in book.knowledge.values() for p in known.points if p.point_id == point_id)
    return next((p.get(column) for p in points), "")


def _end(row: object) -> date | None:
    end: date = getattr(row, "valid_to", date.max)
    return None if end.year == 9999 else end


def _flat(data: dict[str, object], prefix: str = "") -> list[tuple[str, object]]:
    found: list[tuple[str, object]] = []
    for key, value in data.items():
        found += _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else [(prefix + key, value)]
    return found
