"""A definition in words of both languages: what is counted of what, made from the conditions themselves."""

from __future__ import annotations

from zhunsheng.book.indicators import Condition, Count, Indicator
from zhunsheng.book.vendors import load_kinds
from zhunsheng.facts.wide import COUNTED
from zhunsheng.kernel.home import rulebook

UNITS = {
    "percent": ("%", "%"), "per_mille": ("‰", "per mille"), "days": ("天", "days"), "hours": ("小时", "hours"),
    "minutes": ("分钟", "minutes"), "yuan": ("元", "yuan"), "count": ("", ""), "score": ("", ""),
    "class_hours": ("学时", "hours"),
}  # fmt: skip
DIRECTIONS = {
    "higher": ("越高越好", "higher is better"), "lower": ("越低越好", "lower is better"),
    "range": ("在区间内为宜", "within a range"), "none": ("仅供监测，不分优劣", "monitored, neither way is better"),
}  # fmt: skip


#: Codes of the facts in Chinese, where they have a word that everybody uses; kinds of service are named by the book.
CODES = {
    "inpatient": "住院", "outpatient": "门诊", "emergency": "急诊", "pharmacy": "药店购药", "internet": "互联网诊疗",
    "patient": "患者", "staff": "医务人员", "consortium": "医共体", "vendor": "第三方机构", "major": "重大",
    "cancelled": "取消", "rejected": "拒收", "done": "完成", "purchase": "采购", "matched": "相符", "failed": "未成",
    "manual": "人工", "medical_accident": "医疗事故", "data_leak": "数据泄露",
    "false_qualification": "资质造假", "310": "职工医保", "390": "居民医保",
}  # fmt: skip


def condition(said: Condition, table: str) -> tuple[str, str]:
    """Return a condition in Chinese and English."""
    zh, en = _column(table, said.column)
    values = said.any_of or said.none_of or said.starts
    told = "、".join(map(_word, values)), ", ".join(map(str, values))
    if said.empty is not None:
        return f"{zh}{'为空' if said.empty else '不为空'}", f"{en} is {'empty' if said.empty else 'filled'}"
    if said.equals is not None:
        return f"{zh}为{_word(said.equals)}", f"{en} is {str(said.equals).lower()}"
    if said.listed:
        more = "".join(f"（{key} 为 {text}）" for key, text in said.holding.items())
        return f"{zh}在知识表 {said.listed}{more} 中", f"{en} is in the list {said.listed}"
    if said.any_of or said.none_of:
        return (
            f"{zh}{'为' if said.any_of else '不为'}{told[0]}",
            f"{en} is {'' if said.any_of else 'not '}one of {told[1]}",
        )
    if said.starts:
        return f"{zh}以 {told[0]} 开头", f"{en} begins with {told[1]}"
    return _bounds(said, table, zh, en)


def _bounds(said: Condition, table: str, zh: str, en: str) -> tuple[str, str]:
    if other := said.not_above or said.above:
        named, plus = _column(table, other), f" + {said.plus}" if said.plus else ""
        words = ("不晚于（不大于）", "not above") if said.not_above else ("晚于（大于）", "above")
        return f"{zh}{words[0]}{named[0]}{plus}", f"{en} {words[1]} {named[1]}{plus}"
    if said.at_least is not None and said.at_most is not None:
        return f"{zh}在 {said.at_least} 至 {said.at_most} 之间（含）", f"{en} from {said.at_least} to {said.at_most}"
    bound, words = (
        (said.at_least, ("不小于", "at least")) if said.at_most is None else (said.at_most, ("不大于", "at most"))
    )
    return f"{zh}{words[0]} {bound}", f"{en} {words[1]} {bound}"


def every(conditions: tuple[Condition, ...], table: str) -> tuple[str, str]:
    """Return conditions in Chinese and English, empty for none."""
    told = [condition(one, table) for one in conditions]
    return "，且".join(zh for zh, _en in told), ", and ".join(en for _zh, en in told)


def side(count: Count | None, table: str) -> tuple[str, str]:
    """Return a side of a ratio in Chinese and English."""
    if count is None:
        return "", ""
    if count.rows:
        head = f"{COUNTED[table].zh}的行数", f"rows of {table}"
    elif count.distinct:
        named = _column(table, count.distinct)
        head = f"不同{named[0]}的个数", f"distinct {named[1]}"
    else:
        named, less = _column(table, count.sum), _column(table, count.less) if count.less else ("", "")
        head = (
            f"{named[0]}{f'减{less[0]}' if count.less else ''}的合计",
            f"sum of {named[1]}{f' less {less[1]}' if count.less else ''}",
        )
    zh, en = every(count.where, table)
    return f"{head[0]}{f'，其中{zh}' if zh else ''}", f"{head[1]}{f' where {en}' if en else ''}"


def definition(one: Indicator) -> list[tuple[tuple[str, str], tuple[str, str]]]:
    """Return the parts of a definition, each with its name, in Chinese and English; what is not said is left out."""
    table = COUNTED[one.table]
    needs = tuple(_column(one.table, name) for name in one.needs)
    out = tuple(condition(said, one.table) for said in one.exclusions)
    parts = [
        (("事实表", "Table"), (f"{table.zh}（{one.table}）", f"{one.table}: {table.grain}")),
        (("对象", "Universe"), every(one.universe, one.table)),
        (("排除", "Excluded"), ("；或".join(zh for zh, _en in out), "; or ".join(en for _zh, en in out))),
        (("分子", "Numerator"), side(one.numerator, one.table)),
        (("分母", "Denominator"), side(one.denominator, one.table)),
        (("须有", "Needed"), ("、".join(zh for zh, _en in needs), ", ".join(en for _zh, en in needs))),
        (("月份按", "Month of"), _column(one.table, one.date)),
        (("方向", "Direction"), DIRECTIONS[one.direction]),
    ]
    return [(name, told) for name, told in parts if told[0]]


def _column(table: str, name: str) -> tuple[str, str]:
    return COUNTED[table].column(name).zh, name.replace("_", " ")


def _word(value: bool | int | str) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    return CODES.get(str(value)) or _kinds().get(str(value)) or f" {value} "


def _kinds() -> dict[str, str]:
    return {kind.id: kind.zh for kind in load_kinds(rulebook()).kinds}
