"""Says in words what a finding compares: reason sentences with their values formatted for people."""

from __future__ import annotations

import re
from collections.abc import Mapping

from zhunsheng.kernel.money import yuan
from zhunsheng.kernel.outcome import Verdict
from zhunsheng.kernel.quantity import plain
from zhunsheng.patterns import PATTERNS

VERDICTS = {
    Verdict.VIOLATION: ("明确违规", "Clear violation"),
    Verdict.SUSPECTED: ("可疑", "Suspected"),
    Verdict.UNKNOWN: ("不明", "Unknown"),
    Verdict.PASS: ("合格", "Pass"),
}
_SEX = {"M": ("男", "men"), "F": ("女", "women"), "": ("不明", "unknown")}
_UNITS = {"year": ("周岁", "years"), "month": ("个月", "months"), "day": ("天", "days")}
_KINDS = {
    "recovery_room": ("麻醉恢复室", "recovery room"),
    "admixture_centre": ("静脉用药调配中心", "IV admixture centre"),
    "operating_room": ("手术室", "operating room"),
    "intensive_care": ("重症监护病房", "intensive care unit"),
    "newborn_ward": ("新生儿病房", "newborn ward"),
    "dialysis_room": ("血液透析室", "dialysis room"),
    "ct_16": ("16 排及以下 CT", "CT of up to 16 slices"),
    "ct_64": ("64 排 CT", "CT of 64 slices"),
    "ct_128": ("128 排及以上 CT", "CT of 128 slices or more"),
    "mr_15": ("1.5T 磁共振", "MR of 1.5 T"),
    "mr_30": ("3.0T 磁共振", "MR of 3.0 T"),
    "dsa": ("数字减影血管造影机", "angiography system"),
    "linac": ("直线加速器", "linear accelerator"),
    "pet_ct": ("PET/CT", "PET/CT"),
    "dialysis": ("血液透析机", "dialysis machine"),
    "other": ("其他", "other"),
}
_PERIODS = {
    "stay": ("单次住院", "in one stay"),
    "course": ("一个疗程", "in one course"),
    "unstated": ("一个疗程", "in one course"),
    "year": ("一个自然年", "in one calendar year"),
}
_VISITS = {
    "outpatient": ("门诊", "outpatient visits"),
    "emergency": ("急诊", "emergency visits"),
    "inpatient": ("住院", "inpatient stays"),
    "pharmacy": ("药店购药", "pharmacy purchases"),
    "internet": ("互联网诊疗", "internet visits"),
    "": ("不明", "unknown"),
}
#: National codes of hi_type; a code that is not here shows as it is.
_INSURANCE = {
    "310": ("职工基本医疗保险", "basic insurance of employees"),
    "390": ("城乡居民基本医疗保险", "basic insurance of residents"),
    "410": ("工伤保险", "work-injury insurance"),
    "510": ("生育保险", "maternity insurance"),
    "": ("不明", "unknown"),
}
_LEVELS = {
    "3": ("三级", "level 3"),
    "2": ("二级", "level 2"),
    "1": ("一级", "level 1"),
    "0": ("未定级", "no level"),
    "": ("级别不明", "unknown level"),
}
_DECISIONS = {"suspended": ("暂停", "suspended"), "terminated": ("终止", "terminated")}
_NURSING = {
    "special": ("特级护理", "special nursing"),
    "1": ("一级护理", "level-1 nursing"),
    "2": ("二级护理", "level-2 nursing"),
    "3": ("三级护理", "level-3 nursing"),
}
_CONDITIONS = {
    "short": ("住院时间短", "short stay"),
    "no_operation": ("没有手术", "no operation"),
    "no_treatment": ("没有治疗费用", "no charge for treatment"),
    "tests": ("以检查检验为主", "mostly tests"),
}
#: Nodes of services (rulebook/knowledge/service_nodes.csv); a code that is not here shows as it is.
NODES = {
    "collected": ("采集", "collected"),
    "picked_up": ("取件", "picked up"),
    "in_transit": ("运送", "in transit"),
    "received": ("接收", "received"),
    "tested": ("检测", "tested"),
    "reviewed": ("审核", "reviewed"),
    "reported": ("报告", "reported"),
    "accepted": ("受理", "accepted"),
    "examined": ("检查", "examined"),
    "read": ("阅片（读图）", "read"),
    "arrived": ("到达", "arrived"),
    "delivered": ("交付", "delivered"),
    "started": ("开始服务", "started"),
    "finished": ("完成服务", "finished"),
    "cleaned": ("清洗", "cleaned"),
    "packed": ("包装", "packed"),
    "sterilised": ("灭菌", "sterilised"),
    "issued": ("发放", "issued"),
    "repaired": ("维修", "repaired"),
    "verified": ("验收", "verified"),
    "disposed": ("处置", "disposed of"),
    "signed": ("签发", "signed"),
    "data_handed_over": ("数据移交", "data handed over"),
    "data_destroyed": ("数据销毁", "data destroyed"),
}
CERTIFICATES = {
    "physician_licence": ("医师执业证书", "physician licence"),
    "nurse_licence": ("护士执业证书", "nurse licence"),
    "technician_certificate": ("卫生专业技术资格证书（技师）", "technician certificate"),
    "rehabilitation_therapist": ("康复治疗师资格证", "rehabilitation therapist certificate"),
    "engagement": ("在岗", "engagement"),
    "cold_chain_training": ("冷链岗位培训证明", "cold-chain training certificate"),
}
#: Formats whose value is a code, or several parted by spaces, each with its word.
_CODED = {"visits": _VISITS, "insurance": _INSURANCE, "level": _LEVELS, "sex": _SEX, "kinds": _KINDS,
          "decisions": _DECISIONS, "nursing": _NURSING, "nodes": NODES, "certificates": CERTIFICATES}  # fmt: skip
_PLACE = re.compile(r"\{(expected|actual)(?::(\w+))?\}")


def sentence(
    pattern: str, reason: str, expected: str, actual: str, language: str = "zh", items: Mapping[str, str] | None = None
) -> str:
    """Return the sentence of a reason code with its values. ``items`` gives names to item codes.

    Raises KeyError for a pattern or reason that does not exist.
    """
    side = 1 if language == "en" else 0
    values = {"expected": expected, "actual": actual}
    template = PATTERNS[pattern].reasons[reason][side]
    return _PLACE.sub(lambda found: _value(found.group(2), values[found.group(1)], side, items or {}), template)


def code_word(kind: str, code: str, language: str) -> str:
    """Return the word for a code of a coded format, the code itself where it has none. Raises KeyError for a format."""
    return _CODED[kind][code][language == "en"] if code in _CODED[kind] else code


def _value(kind: str | None, text: str, side: int, items: Mapping[str, str]) -> str:
    if kind in _CODED:
        words = _CODED[kind]
        return _joined([words[code][side] if code in words else code for code in text.split() or [""]], side)
    if kind in _WORDED:
        return _WORDED[kind](text, side)
    if kind == "ruling":
        return text and (f"（依据 {text}）" if side == 0 else f" (decision {text})")
    if kind == "codes":
        return _joined(text.split(), side)
    if kind == "pair":
        return "（".join(text.split(" ", 1)) + "）" if side == 0 else text
    if kind == "yuan":
        return yuan(int(text))
    if kind == "age":
        number, unit = text.split(" ")
        return f"{number} {_UNITS[unit][side]}"
    if kind in ("e4", "e6"):
        return plain(int(text), int(kind[1]))
    if kind in ("word1", "word2", "word3"):
        return text.split(" ")[int(kind[-1]) - 1]
    if kind == "node1":
        return _value("nodes", text.split(" ")[0], side, items)
    if kind == "conditions":
        return ("、" if side == 0 else ", ").join(_CONDITIONS[code][side] for code in text.split())
    if kind == "span":
        first, last = text.split(" ")
        return f" {first} 之后至 {last} 之前" if side == 0 else f"after {first} and before {last}"
    if kind == "times":
        most, days = text.split(" ")
        return f" {days} 天 {most} 次" if side == 0 else f"{most} in {days} days"
    if kind == "per_day":
        quantity, days = text.split(" ")
        return f"{plain(int(quantity), 4)} / {days}"
    if kind == "hours":
        return plain(int(text) * 100 // 3600, 2)
    if kind == "item":
        return f"{items[text]}（{text}）" if text in items and side == 0 else items.get(text, text)
    return text


def _percent(text: str, side: int) -> str:
    """Say a figure with its 95 % interval: value, low and high x 10^6, numerator, denominator."""
    value, low, high, *_ = (f"{int(part) / 10_000:.1f}%" for part in text.split(" "))
    return f"{value}（95% 区间 {low} 至 {high}）" if side == 0 else f"{value} (95 % interval {low} to {high})"


def _peers(text: str, side: int) -> str:
    """Say where peers stand: their median x 10^6, how many, the rank from above."""
    centre, peers, rank = text.split(" ")
    middle = f"{int(centre) / 10_000:.1f}%"
    if side == 0:
        return f"{peers} 家的中位数 {middle}，自高至低位居第 {rank}"
    return f"median of {peers} peers {middle}, rank {rank} from above"


def _rolling(text: str, side: int) -> str:
    cap, days = text.split(" ")
    return f"连续 {days} 天内 {plain(int(cap), 4)}" if side == 0 else f"{plain(int(cap), 4)} in any {days} days"


def _within(text: str, side: int) -> str:
    days, period = text.split(" ")
    return f"{_PERIODS[period][0]} {days} 天" if side == 0 else f"{days} days {_PERIODS[period][1]}"


def _supply(text: str, side: int) -> str:
    days, visit = text.split(" ")
    return f"{_VISITS[visit][0]} {days} 天" if side == 0 else f"{days} days for {_VISITS[visit][1]}"


def _joined(parts: list[str], side: int) -> str:
    return ("、" if side == 0 else " or ").join(parts)


def _first(text: str, side: int) -> str:
    """Say the first of several codes and how many there are."""
    code, _, count = text.partition(" ")
    if count in ("", "1"):
        return code
    return f"{code} 等 {count} 项" if side == 0 else f"{code} and {int(count) - 1} more"


def _band(text: str, side: int) -> str:
    limits, unit = text.split(" ")
    low, high = limits.split("..")
    word = _UNITS[unit][side]
    return f"{low} 至 {high} {word}" if side == 0 else f"{low} to {high} {word}"


_WORDED = {"percent": _percent, "peers": _peers, "rolling": _rolling, "supply": _supply, "within": _within,
           "first": _first, "band": _band}  # fmt: skip
