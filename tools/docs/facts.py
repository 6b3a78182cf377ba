"""The promised fact tables: grain, key, columns with unit and meaning."""

from __future__ import annotations

from tools.docs.markdown import table
from zhunsheng.facts.schema import TABLES
from zhunsheng.facts.table import ORIGIN, Column, Kind, Table
from zhunsheng.facts.wide import WIDE

UNITS = {
    Kind.TEXT: "",
    Kind.DATE: "day, Asia/Shanghai",
    Kind.MOMENT: "seconds since 1970-01-01 UTC",
    Kind.FEN: "fen (0.01 yuan)",
    Kind.E4: "value x 10^4",
    Kind.E6: "yuan x 10^6",
    Kind.COUNT: "whole number",
    Kind.FLAG: "true or false",
}
HEAD = ["列 column", "中文", "类型 type", "单位 unit", "必填 required", "含义 meaning", "取值 codes"]


def pages() -> dict[str, str]:
    """Return the one page."""
    parts = [
        "# 事实表 · Fact tables\n",
        "每张表的粒度、主键、单位与含义。所有行另带来源三列。人只以假名出现。",
        "Grain, key, units and meaning of each table. Every row also carries three columns of origin.",
        "People appear by pseudonym only.\n",
        *(_section(one) for one in TABLES.values()),
        "# 宽表 · Wide tables\n",
        "由上述各表逐行合成，供指标计数；不作判断。",
        "Made of the tables above row by row, for indicators to count over.\n",
        *(_section(one) for one in WIDE.values()),
        "## 来源 · origin\n",
        table(HEAD, [_row(column) for column in ORIGIN]),
    ]
    return {"facts.md": "\n".join(parts)}


def _section(one: Table) -> str:
    key = ", ".join(f"`{name}`" for name in one.key)
    split = f"\n- 分区 · partitioned by: `{one.partition}`" if one.partition else ""
    head = f"## {one.zh} · {one.name}\n\n- 粒度 · grain: {one.grain}\n- 主键 · key: {key}{split}\n\n"
    return head + table(HEAD, [_row(column) for column in one.columns])


def _row(column: Column) -> list[str]:
    return [
        f"`{column.name}`",
        column.zh,
        column.kind.value,
        UNITS[column.kind],
        "是 yes" if column.required else "",
        column.meaning,
        ", ".join(f"`{code}`" for code in column.codes),
    ]
