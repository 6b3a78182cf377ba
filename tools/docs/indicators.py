"""Indicators as pages: one per area, each indicator with its definition, targets, limits and where it stands."""

from __future__ import annotations

from itertools import groupby

from tools.docs.markdown import both, table
from zhunsheng.book import load
from zhunsheng.book.indicators import Indicator
from zhunsheng.indicators.telling import DIRECTIONS, UNITS, definition
from zhunsheng.kernel.home import ROOT

GROUNDS = {"published": "公布 published", "local": "本地默认，待确认 local default", "demo": "演示 demo"}


def pages() -> dict[str, str]:
    """Return the pages by name: an index and one page per area."""
    found = sorted(load(ROOT / "rulebook").indicators.values(), key=lambda one: one.id)
    areas = {area: list(those) for area, those in groupby(found, key=lambda one: one.area)}
    return {"README.md": _index(areas)} | {f"{area}.md": _area(area, those) for area, those in areas.items()}


def _index(areas: dict[str, list[Indicator]]) -> str:
    rows = [
        [f"[{area}]({area}.md)", len(those), sum(bool(one.targets) for one in those)] for area, those in areas.items()
    ]
    return (
        "# 指标 · Indicators\n\n"
        + both(
            "指标是规则库的数据：对象、分子、分母、排除、方向、目标。事实不能如实算出的指标不列。",
            "Indicators are data of the rule book. What the facts cannot honestly give is not here.",
        )
        + "\n"
        + table(["领域 area", "指标 indicators", "有目标 with a target"], rows)
    )


def _area(area: str, those: list[Indicator]) -> str:
    return f"# {area}\n\n" + "\n".join(_one(one) for one in those)


def _one(one: Indicator) -> str:
    rows = [[f"{name[0]} {name[1]}", f"{told[0]}<br>{told[1]}"] for name, told in definition(one)]
    rows.append(["单位 Unit", " ".join(filter(None, UNITS[one.unit]))])
    rows += [["目标 Target", _target(one, place)] for place in range(len(one.targets))]
    rows.append(["最小分母 Minimum", one.minimum])
    rows += [["出处 Source", f"{cite.zh}<br>{cite.en}"] for cite in one.cites.values()]
    rows.append(["依据 Ground", GROUNDS[one.ground]])
    limits = both(one.limits, one.limits_en) + "\n" if one.limits else ""
    head = f"## {one.name} · {one.name_en}\n\n`{one.id}`\n\n"
    return head + both(one.why, one.why_en) + "\n" + limits + table(["", ""], rows)


def _target(one: Indicator, place: int) -> str:
    target = one.targets[place]
    told = target.value or f"{target.low}–{target.high}"
    whom = " ".join([*target.kinds, *target.levels])
    return f"{told}（{DIRECTIONS[one.direction][0]}） {target.days} {whom} {GROUNDS[target.ground]}".strip()
