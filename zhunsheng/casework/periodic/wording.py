"""The figures of a periodic report as the lines that its step and its document print, in Chinese as documents are."""

from __future__ import annotations

from collections import Counter
from typing import Any

from zhunsheng.casework.oversight import library as oversight
from zhunsheng.kernel.money import part, yuan

VERDICTS = {"met": "达到", "missed": "未达到", "unknown": "不明"}
COLOURS = {"red": "红色", "yellow": "黄色", "blue": "蓝色", "": "待分级"}
ENDS = {"released": "解除", "terminated": "终止合作"}
UNITS = {"percent": "%", "per_mille": "‰", "hours": "小时", "days": "天", "yuan": "元"}
#: Lines of one part; the rest is counted, so that a report never looks whole where it is not.
MOST = 200


def told(content: dict[str, Any]) -> dict[str, str]:
    """Return the parts of a report by the fields of its step; a part without anything says so."""
    names = content["vendors"]
    return {
        "indicators": _indicators(content["indicators"], names),
        "lights": _lights(content["lights"], names),
        "ratings": _listed(
            [f"{names[code]}：{'未评级' if standing == 'unrated' else standing}" + (f"（{day}生效）" if day else "")
             for code, standing, day, _number in content["ratings"]],
            "没有服务机构。",
        ),
        "checks": _checks(content["checks"]),
        "complaints": _complaints(content["complaints"], content["site_complaints"], names),
        "incidents": _incidents(content["incidents"], names),
        "sanctions": _sanctions(content["sanctions"], names),
        "rectifications": "下达整改 {ordered} 件，核实销号 {verified} 件，逾期 {late} 件。".format(
            **content["rectifications"]
        ),
    }  # fmt: skip


def _listed(lines: list[str], nothing: str) -> str:
    if not lines:
        return nothing
    rest = len(lines) - MOST
    return "；".join(lines[:MOST]) + (f"；另有 {rest} 项，见数据表。" if rest > 0 else "。")


def _indicators(rows: list[dict[str, Any]], names: dict[str, str]) -> str:
    """How many reach their target, and each that does not or of which it is not known."""
    counted = Counter(row["verdict"] for row in rows)
    head = "有目标的指标 {n} 项次：达到 {met}，未达到 {missed}，不明 {unknown}。".format(
        n=len(rows), met=counted["met"], missed=counted["missed"], unknown=counted["unknown"]
    )
    rest = [_indicator(row, names) for row in rows if row["verdict"] != "met"]
    return head + (_listed(rest, "") if rest else "")


def _indicator(row: dict[str, Any], names: dict[str, str]) -> str:
    unit, sign = UNITS.get(row["unit"], ""), "不高于" if row["direction"] == "lower" else "不低于"
    value = f"{row['value']}{unit}" if row["value"] else "不明"
    counts = f"{row['numerator']}/{row['denominator']}"
    target = f"目标{sign} {row['target']}{unit}"
    return f"{names[row['vendor']]}{row['zh']} {value}（{counts}，{target}），{VERDICTS[row['verdict']]}"


def _lights(lights: dict[str, Any], names: dict[str, str]) -> str:
    on = [f"{names[code]}{COLOURS[colour]}预警（{day}，{number}）" for code, colour, day, number in lights["on"]]
    ended = [f"{names[code]}{ENDS[state]}（{day}，{number}）" for code, state, day, number in lights["ended"]]
    return f"本期亮灯 {len(on)} 项：{_listed(on, '无。')}本期了结 {len(ended)} 项：{_listed(ended, '无。')}"


def _checks(checks: dict[str, int]) -> str:
    return (
        "本期应完成 {due} 次：合格 {passed} 次，不合格 {failed} 次，取消 {cancelled} 次，尚未完成 {open} 次。".format(
            **checks
        )
    )


def _complaints(rows: list[dict[str, Any]], site: dict[str, int], names: dict[str, str]) -> str:
    lines = [
        f"{names[row['vendor_id']]}收到 {row['received']} 件，办结 {row['closed']} 件，查实 {row['upheld']} 件，"
        f"尚未认定 {row['undecided']} 件，回访 {row['asked']} 件中满意 {row['satisfied']} 件"
        for row in rows
    ]
    own = "本站受理 {received} 件，办结 {closed} 件，投诉人评价 {judged} 件中满意 {satisfied} 件。".format(**site)
    return f"服务数据：{_listed(lines, '无记录。')}{own}"


def _incidents(rows: list[dict[str, Any]], names: dict[str, str]) -> str:
    from zhunsheng.casework.archive.facts import ABOUT

    words = {key: str(word) for key, word in ABOUT.items()}
    lines = [
        f"{names[row['vendor_id']]} {words.get(row['kind'] or 'other', row['kind'])}"
        f"（{words.get(row['weight'] or '', '未定级')}）{row['n']} 起"
        for row in rows
    ]
    return _listed(lines, "没有事件记录。")


def _sanctions(rows: list[list[Any]], names: dict[str, str]) -> str:
    return _listed([_sanction(row, names) for row in rows], "没有处理决定。")


def _sanction(row: list[Any], names: dict[str, str]) -> str:
    code, act, fine, revenue, day, _appeal = row
    words = f"{names[code]}：{oversight.sanctions().act(act).zh}（{day}）"
    if fine is None:
        return words
    if not revenue:
        return f"{words}，金额 {yuan(fine)} 元，年营业收入不明"
    share = part(fine, 10_000, revenue)
    return f"{words}，金额 {yuan(fine)} 元，占年营业收入 {share // 100}.{share % 100:02d}%"
