"""One page of live readings: channels and how long they are kept, temperature regimes, emergency plans, detectors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tools.docs.lifecycles import CERTAIN
from tools.docs.markdown import both, table
from zhunsheng.book.channels import Channels, load_channels
from zhunsheng.book.cycles import Cite
from zhunsheng.book.entry import Entry
from zhunsheng.book.telemetry import Detectors, EmergencyPlan, Limits, Regime, load_detectors, load_plans, load_regimes
from zhunsheng.kernel.home import ROOT

WORDS = {
    "low_c": "下限 ℃ lowest",
    "high_c": "上限 ℃ highest",
    "never_below_c": "任何时候不得低于 ℃ never below",
    "never_above_c": "任何时候不得高于 ℃ never above",
    "clear_c": "回到范围内多少 ℃ 算恢复 within the range to clear",
    "accuracy_c": "探头准确度 ℃ accuracy of the sensor",
    "every_minutes": "记录间隔：在库、在途、超限时，分钟 recorded each: store, under way, outside, minutes",
    "hold_times": "相隔不超过几个间隔可以连线 intervals that one line spans",
    "single_minutes": "一次超限允许的分钟 minutes out in one excursion",
    "total_minutes": "累计允许的分钟 minutes out in all",
    "kinetic_high_c": "平均动力学温度上限 ℃ highest mean kinetic temperature",
    "door_minutes": "开门允许的分钟 door open, minutes",
    "power_minutes": "断电允许的分钟 without power, minutes",
    "missing_minutes": "不明时间到多少分钟不再判合格 unknown minutes that leave a pass open",
    "late_minutes": "迟到多少分钟算迟 late after, minutes",
    "clock_minutes": "时钟偏差允许的分钟 clock off by, minutes",
    "calibration_days": "校准有效天数 days a calibration holds",
}
GROUPS = {
    "doubtful": "存疑 Doubts",
    "drifting": "漂移 Drift",
    "departing": "偏离自身历史 Departure from its own past",
    "driving": "行车 Driving",
}


def pages() -> dict[str, str]:
    """Return the page."""
    folder = ROOT / "rulebook"
    plans = {one.id: one for one in load_plans(folder).values()}
    parts = [
        "# 设备读数 · Live readings\n",
        both(
            "通道、温度要求、应急预案和判别参数都是规则库的数据。",
            "Channels, regimes, plans and figures are data; [a trip](../explanation/trips.md) tells of each.",
        ),
        *_channels(load_channels(folder)),
        *(part for one in load_regimes(folder).values() for part in _regime(one)),
        *(part for one in plans.values() for part in _plan(one)),
        *_detectors(load_detectors(folder)),
    ]
    return {"": "\n".join(parts)}


def _channels(one: Channels) -> Iterator[str]:
    yield "## 通道 · Channels\n"
    rows = [
        [f"`{name}`", c.zh, c.en, c.unit, "" if c.low is None else f"{c.low:g} – {c.high:g}"]
        for name, c in one.channels.items()
    ]
    yield table(["名称 name", "通道", "channel", "单位 unit", "可能的范围 possible range"], rows)
    kept = [[kind, keep.years, keep.cite.zh, CERTAIN[keep.cite.certainty]] for kind, keep in one.keep.items()]
    yield table(["种类 kind", "保存年数 years kept", "出处 cite", "核对 checked"], kept)


def _regime(one: Regime) -> Iterator[str]:
    yield f"## {one.zh} · {one.en}\n"
    figures = [name for name in Limits.model_fields if name not in {"grounds", "valid_from", "valid_to"}]
    for limits in one.limits:
        yield both(f"`{one.id}`，自 {limits.valid_from} 起。", f"From {limits.valid_from} on.")
        yield table(
            ["要求 figure", "数值", "出处 cite", "核对 checked"], [_limit(one, limits, name) for name in figures]
        )


def _limit(one: Regime, limits: Limits, name: str) -> list[Any]:
    value = getattr(limits, name)
    told = " / ".join(map(str, value.model_dump().values())) if isinstance(value, Entry) else f"{value:g}"
    return [WORDS[name], told, *_cited(one.cites, limits.cite_of(name))]


def _plan(one: EmergencyPlan) -> Iterator[str]:
    yield f"## {one.zh} · {one.en}\n"
    called = "、".join(one.roles[role][0] for role in one.phones)
    yield both(f"由这些报警启动：{'、'.join(one.alarms)}；通知 {called}。", f"Opened by {', '.join(one.alarms)}.")
    rows = [[step.zh, step.en, " ".join(one.roles[step.role]), step.minutes, step.evidence] for step in one.steps]
    yield table(["步骤", "step", "何人 who", "报警后分钟 minutes", "凭据 evidence"], rows)
    yield both(*(" · ".join(_cited(one.cites, name)) for name in (one.cite, one.phones_cite)))


def _detectors(one: Detectors) -> Iterator[str]:
    yield "## 判别参数 · Detectors\n"
    for group, title in GROUPS.items():
        found = getattr(one, group)
        cite, certain = _cited(one.cites, found.cite)
        yield f"### {title}\n\n{cite} · {certain}\n"
        yield table(["参数 figure", "数值"], [[f"`{k}`", v] for k, v in found.model_dump(exclude={"cite"}).items()])


def _cited(cites: Mapping[str, Cite], name: str) -> list[str]:
    return [cites[name].zh, CERTAIN[cites[name].certainty]]
