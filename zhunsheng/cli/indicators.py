"""zhunsheng indicators: list the definitions, print the values of the current run."""

from __future__ import annotations

from typing import Annotated, Any

import duckdb
import typer

from zhunsheng import runs
from zhunsheng.book import Book, load
from zhunsheng.cli import show
from zhunsheng.cli.options import AsOf, Json
from zhunsheng.indicators.plain import Counted
from zhunsheng.indicators.telling import DIRECTIONS, UNITS
from zhunsheng.indicators.values import Value, judge, printed
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.home import home, rulebook
from zhunsheng.kernel.time import parse_date

app = typer.Typer(help="指标：定义与数值。Indicators.", no_args_is_help=True)
Area = Annotated[str, typer.Option("--area", help="只看一个领域，如 fund、vendors。One area only.")]


@app.command("list")
def listed(area: Area = "", as_of: AsOf = None, json: Json = False) -> None:
    """列出指标及其单位、方向、目标。List the indicators with unit, direction and targets."""
    with show.problems(as_json=json):
        book = _book(as_of)
    found = [one for one in book.indicators.values() if area in ("", one.area)]
    data = [one.model_dump(mode="json", exclude={"examples", "usual"}) for one in found]
    rows = [
        [one.id, one.name, UNITS[one.unit][0], DIRECTIONS[one.direction][0], "；".join(_target(t) for t in one.targets)]
        for one in found
    ]
    head = ["标识", "名称", "单位", "方向", "目标"]
    show.say({"indicators": data}, as_json=json, human=lambda: show.table("指标", head, rows))


@app.command("values")
def told(
    name: Annotated[str, typer.Argument(help="指标标识，如 care/stay_days。Id of an indicator.")],
    month: Annotated[str, typer.Option("--month", help="只看一个月，如 2026-09。One month only.")] = "",
    as_of: AsOf = None,
    json: Json = False,
) -> None:
    """按对象与月份列出一项指标的数值与是否达到目标。Print the values of an indicator by subject and month."""
    with show.problems(as_json=json):
        values = _values(_book(as_of), name, month)
    rows = [[v.subject_id, v.month, v.numerator, v.denominator, v.unknown, printed(v.indicator, v.ratio), _state(v)] for v in values]
    head = ["对象", "月份", "分子", "分母", "不明", "数值", "结论"]
    data = [
        {
            "indicator": v.indicator.id, "subject": v.subject_id, "period": v.month, "numerator": v.numerator,
            "denominator": v.denominator, "unknown": v.unknown, "excluded": v.excluded,
            "value": printed(v.indicator, v.ratio), "unit": v.indicator.unit,
            "target": _target(v.target) if v.target else None, "state": _state(v),
        }
        for v in values
    ]  # fmt: skip
    show.say({"values": data}, as_json=json, human=lambda: show.table(name, head, rows))


def _book(as_of: str | None) -> Book:
    book = load(rulebook(), home().book)
    return book.as_of(parse_date(as_of)) if as_of else book


def _values(book: Book, name: str, month: str) -> list[Value]:
    """Return the values of the current run. Raises Problem ZS605, ZS606, ZS707."""
    one, path = book.indicators.get(name), runs.current(home())
    if one is None:
        raise Problem("ZS605", name=name)
    if path is None:
        raise Problem("ZS707")
    with duckdb.connect(str(path), read_only=True) as con:
        rows, places, kept = _stored(con, name, month)
    is_stale = kept not in ("", one.counting)
    return [judge(one, row, kind=kind, level=level, stale=is_stale)
            for row in rows for kind, level in [places.get(row.subject_id.partition("/")[0], (None, None))]]  # fmt: skip


def _stored(con: duckdb.DuckDBPyConnection, name: str, month: str) -> tuple[list[Counted], dict[str, Any], str]:
    """Return counts, kind and level by institution, and the digest of the definition that counted."""
    try:
        kept = con.execute("SELECT counting FROM indicator WHERE indicator_id = ?", [name]).fetchone()
    except duckdb.CatalogException as error:
        raise Problem("ZS606") from error
    sql = "SELECT * FROM indicator_count WHERE indicator_id = ? AND (? = '' OR month = ?) ORDER BY subject_id, month"
    rows = [Counted(*row) for row in con.execute(sql, [name, month, month]).fetchall()]
    places = con.execute("SELECT institution_id, kind, level FROM institution").fetchall()
    return rows, {key: (kind, level) for key, kind, level in places}, str(kept[0]) if kept else ""


def _state(value: Value) -> str:
    return value.known if value.known != "known" else value.verdict


def _target(target: Any) -> str:
    told = target.value or f"{target.low}–{target.high}"
    return f"{told}（{'、'.join(target.levels)}级）" if target.levels else told
