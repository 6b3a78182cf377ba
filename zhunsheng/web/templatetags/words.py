"""Filters and tags by which templates print money, counts, dates, verdicts and texts in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django import template
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from zhunsheng.book.entry import Dated
from zhunsheng.book.worked import Example, ExampleLine, ExampleStay
from zhunsheng.casework.accounts.states import Way
from zhunsheng.kernel import money, quantity
from zhunsheng.kernel.time import at
from zhunsheng.patterns.words import code_word
from zhunsheng.web import examples, vendorforms

register = template.Library()
_ORDINARY = {name: ExampleLine.model_fields[name].default for name in ("institution", "department", "encounter")}
SHAPES = {"violation": "red", "suspected": "yellow", "unknown": "unknown", "pass": "normal"}


def english() -> bool:
    """Whether the reader reads English."""
    return get_language() == "en"


@register.filter
def yuan(fen: int | None) -> str:
    """Fen as yuan with two decimals: ``123456`` gives ``1,234.56``."""
    return "" if fen is None else money.yuan(fen)


@register.filter
def count(number: int | None) -> str:
    """A count with thousands separators."""
    return f"{number:,}" if isinstance(number, int) else ""


@register.filter
def signed(number: int) -> str:
    """A difference with its sign; a true minus."""
    return f"+{number:,}" if number > 0 else f"−{-number:,}" if number < 0 else "0"


@register.filter
def wan(fen: int | None) -> str:
    """Fen in 万 yuan with two decimals (Chinese) or in thousand yuan (English), half away from zero."""
    if fen is None:
        return ""
    unit = 100_000 if english() else 1_000_000
    hundredths = (200 * abs(fen) + unit) // (2 * unit)
    return f"{'−' if fen < 0 else ''}{hundredths // 100:,}.{hundredths % 100:02d}"


#: Below this sum (100,000 yuan) an overview prints yuan: tens of yuan would read as 0.00 万.
SMALL_FEN = 10_000_000


@register.filter
def unit_for(fen: int | None) -> str:
    """The unit in which a table with this total is printed: ``yuan`` or ``wan``."""
    return "wan" if abs(fen or 0) >= SMALL_FEN else "yuan"


@register.filter
def unit_word(unit: str) -> str:
    """The word of a unit for a column head."""
    return _("万元") if unit == "wan" else _("元")


@register.filter
def in_unit(fen: int | None, unit: str) -> str:
    """Fen in the unit of its table."""
    return wan(fen) if unit == "wan" else yuan(fen)


@register.filter
def folded(lines: tuple[ExampleLine, ...]) -> list[examples.Group]:
    """Lines of an example with steady runs folded: first, last, days between, how many."""
    return examples.folded(lines)


@register.filter
def setting(line: ExampleLine) -> str:
    """Where a line of an example was charged, as far as it is not the ordinary place of examples."""
    told = []
    if line.institution != _ORDINARY["institution"]:
        told.append(_("机构 {name}").format(name=line.institution))
    if line.department is None:
        told.append(_("科室不明"))
    elif line.department != _ORDINARY["department"]:
        told.append(_("科室 {name}").format(name=line.department))
    if line.encounter != _ORDINARY["encounter"]:
        told.append(_("就诊 {name}").format(name=line.encounter))
    if line.in_scope is not None:
        told.append(_("政策范围内") + f" {line.in_scope}")
    return " · ".join(told)


@register.filter
def stated(stay: ExampleStay) -> str:
    """What an encounter of an example states besides its times: diagnoses and kind of insurance."""
    insurance = _("险种 {code}").format(code=stay.insurance) if stay.insurance else _("险种不明")
    return " · ".join([*stay.diagnoses, insurance])


@register.filter
def registered(example: Example) -> str:
    """The institutions and departments that an example states, with level and specialty."""
    told = [
        _("机构 {name}").format(name=one.id)
        + f" {_label('level', one.level) if one.level else _('级别未登记')}{_held(one)}"
        for one in example.institutions
    ]
    told += [
        _("科室 {name}").format(name=f"{one.id} {one.name}") + f" {one.specialty or _('诊疗科目未登记')}{_held(one)}"
        for one in example.departments
    ]
    return " · ".join(told)


@register.filter
def papers(example: Example) -> list[tuple[str, str, str, str]]:
    """What an example states of people and papers: kind, code, days, detail; each as one row."""
    rows = [(_("执业登记"), one.id, _days(one), one.title or _("职称未登记")) for one in example.practitioners]
    rows += [(_("支付资格处理"), one.practitioner, _days(one), one.status) for one in example.decisions]
    rows += [(_("诊疗科目登记"), one.kind, _days(one), one.institution) for one in example.licences]
    rows += [(_("手术操作"), one.code, str(one.day or ""), one.encounter) for one in example.procedures]
    rows += [(_("护理记录"), one.level or "", str(one.day), one.encounter) for one in example.nursing]
    rows += [(_("人证核验"), one.result, one.at, one.encounter) for one in example.checks]
    rows += [(_("结算"), one.invoice or "", str(one.day), one.total) for one in example.settlements]
    return rows


def _days(one: Dated) -> str:
    return f"{one.valid_from} – {one.valid_to or ''}"


def _held(one: Dated) -> str:
    """The days of a registration, as far as an example states them."""
    return f" {one.days}" if one.days else ""


@register.filter
def said(value: object, words: Mapping[str, tuple[str, str]]) -> str:
    """A coded value of the rule book, or several parted by spaces, in words; the value itself where it is no code."""
    codes = str(value).split()
    if not codes or not all(code in words for code in codes):
        return str(value)
    return (", " if english() else "、").join(words[code][english()] for code in codes)


@register.filter
def qty(value_e4: int | None) -> str:
    """A quantity without trailing zeros."""
    return "" if value_e4 is None else quantity.plain(value_e4, 4)


@register.filter
def price(value_e6: int | None) -> str:
    """A unit price in yuan with at least two decimals."""
    if value_e6 is None:
        return ""
    whole, _dot, rest = quantity.plain(value_e6, 6).partition(".")
    return f"{int(whole):,}.{rest.ljust(2, '0')}"


@register.filter
def per_mille(part: int, whole: int) -> str:
    """Cases per 1,000 with one decimal, or empty without a whole."""
    return f"{part * 1000 / whole:.1f}" if whole else ""


@register.filter
def share(value: float | None) -> str:
    """A share as whole percent; nothing where it is not known."""
    return "" if value is None else f"{value:.0%}"


@register.filter
def percent(part: int, whole: int) -> str:
    """Share in percent with one decimal, or empty without a whole."""
    return f"{part * 100 / whole:.1f}%" if whole else ""


@register.filter
def day(value: date | str | None) -> str:
    """A date as 2026-03-01."""
    return value.isoformat() if isinstance(value, date) else (value or "")


@register.filter
def last_day(until: date) -> date:
    """The last day of a period that is kept with the first day after it."""
    return until - timedelta(days=1)


@register.simple_tag
def moment(value: datetime | int | None, day_only: date | None = None) -> SafeString:
    """A moment to the minute with the exact one on hover; a day where only the day is known."""
    if value is None:
        return mark_safe(day_only.isoformat() if day_only else "")  # noqa: S308 - a date
    exact = at(value) if isinstance(value, int) else value
    local = exact.astimezone(at(0).tzinfo)
    shown, whole = f"{local:%Y-%m-%d %H:%M}", local.isoformat(timespec="seconds")
    return mark_safe(f'<time datetime="{whole}" title="{whole}">{shown}</time>')  # noqa: S308 - digits only


@register.filter
def tongue(thing: Any, name: str) -> Any:
    """The attribute or key ``name`` of a thing in the reader's language, Chinese where English is absent."""
    read = thing.get if isinstance(thing, dict) else lambda key: getattr(thing, key, None)
    return (read(f"{name}_en") if english() else None) or read(name) or ""


@register.filter
def zh_en(thing: Any) -> Any:
    """The ``zh`` or ``en`` of a thing in the reader's language."""
    read = thing.get if isinstance(thing, dict) else lambda key: getattr(thing, key, None)
    return (read("en") if english() else None) or read("zh") or ""


@register.filter
def service_kind(kind: str) -> str:
    """The name of a kind of service of vendors."""
    return vendorforms.word(kind)


@register.filter
def line_shape(state: str) -> str:
    """The shape of the badge of a service line: stopped, with a reservation, serving, or anything else."""
    return vendorforms.SHAPES.get(state, "plain")


@register.filter
def get(mapping: Any, key: Any) -> Any:
    """An entry of a mapping, empty where it is absent."""
    return (mapping or {}).get(key, "")


#: Words for codes, by kind. Told in the reader's language when printed.
LABELS: dict[str, dict[str, Any]] = {
    "outcome": {"confirmed": gettext_lazy("属实"), "overturned": gettext_lazy("不属实")},
    "verdict": {
        "violation": gettext_lazy("明确违规"),
        "suspected": gettext_lazy("可疑"),
        "unknown": gettext_lazy("不明"),
        "pass": gettext_lazy("合格"),
    },
    "state": {
        "new": gettext_lazy("新出现"),
        "same": gettext_lazy("仍存在"),
        "gone": gettext_lazy("已消失"),
        "changed": gettext_lazy("有变"),
    },
    "ground": {
        "published": gettext_lazy("公布"),
        "local": gettext_lazy("本地默认，待确认"),
        "demo": gettext_lazy("演示"),
    },
    "signature": {
        "signed": gettext_lazy("已签署"),
        "undated": gettext_lazy("签署无日期"),
        "unchecked": gettext_lazy("尚无人核对"),
        "self_checked": gettext_lazy("自编自核"),
    },
    "jurisdiction": {
        "national": gettext_lazy("国家"),
        "province": gettext_lazy("省"),
        "city": gettext_lazy("市"),
        "county": gettext_lazy("县"),
        "site": gettext_lazy("本单位"),
    },
    "found": {"rule": gettext_lazy("规则"), "article": gettext_lazy("法条"), "point": gettext_lazy("知识点")},
    "remark": {
        "rule": gettext_lazy("规则"),
        "list": gettext_lazy("知识表"),
        "batch": gettext_lazy("批次"),
        "scheme": gettext_lazy("记分办法"),
        "error": gettext_lazy("错误"),
        "warning": gettext_lazy("提醒"),
    },
    "kind": {
        "hospital": gettext_lazy("医院"),
        "township_centre": gettext_lazy("乡镇卫生院"),
        "village_clinic": gettext_lazy("村卫生室"),
        "pharmacy": gettext_lazy("药店"),
        "vendor": gettext_lazy("第三方服务机构"),
        "other": gettext_lazy("其他"),
    },
    "level": {
        "3": gettext_lazy("三级"),
        "2": gettext_lazy("二级"),
        "1": gettext_lazy("一级"),
        "0": gettext_lazy("未定级"),
    },
    "difference": {
        "new": gettext_lazy("新增"),
        "changed": gettext_lazy("改变"),
        "gone": gettext_lazy("不再有"),
    },
    "reading": {"confirm": gettext_lazy("待确认"), "waiting": gettext_lazy("待人工，未绑定规则")},
    "point": {
        "batch": gettext_lazy("批次"),
        "printed": gettext_lazy("原文"),
        "reading": gettext_lazy("读法"),
        "note": gettext_lazy("备注"),
    },
    "standing": {
        "free": gettext_lazy("正常"),
        "watched": gettext_lazy("约谈、重点关注"),
        "suspended": gettext_lazy("暂停支付资格"),
        "terminated": gettext_lazy("终止支付资格"),
    },
    "sex": {"M": gettext_lazy("男"), "F": gettext_lazy("女")},
    "visit": {
        "outpatient": gettext_lazy("门诊"),
        "emergency": gettext_lazy("急诊"),
        "inpatient": gettext_lazy("住院"),
        "pharmacy": gettext_lazy("购药"),
        "internet": gettext_lazy("互联网诊疗"),
    },
    "certainty": {
        "seen": gettext_lazy("已见原文"),
        "secondary": gettext_lazy("转引"),
        "to_verify": gettext_lazy("待核对"),
        "local": gettext_lazy("本地默认，待确认"),
    },
    "content": {
        "medins": gettext_lazy("机构"),
        "dept": gettext_lazy("科室"),
        "prac": gettext_lazy("医务人员"),
        "setlinfo": gettext_lazy("结算清单"),
        "diseinfo": gettext_lazy("诊断"),
        "oprninfo": gettext_lazy("手术操作"),
        "feedetail": gettext_lazy("费用明细"),
    },
    "file": {
        "loaded": gettext_lazy("已入库"),
        "unchanged": gettext_lazy("内容未变"),
        "replaced": gettext_lazy("替换旧批次"),
        "refused": gettext_lazy("未接受"),
    },
    "light": {
        "none": gettext_lazy("未触发"),
        "normal": gettext_lazy("无预警"),
        "blue": gettext_lazy("蓝色预警"),
        "yellow": gettext_lazy("黄色预警"),
        "red": gettext_lazy("红色预警"),
        "unsure": gettext_lazy("不足以认定"),
        "unknown": gettext_lazy("未知"),
        "": gettext_lazy("待分级"),
    },
    "fleet": {
        "red": gettext_lazy("须处置"),
        "yellow": gettext_lazy("短时异常"),
        "unknown": gettext_lazy("失联，状况未知"),
        "blue": gettext_lazy("校准须办理"),
        "normal": gettext_lazy("正常"),
        "idle": gettext_lazy("未在用"),
    },
    "calibrated": {
        "missing": gettext_lazy("没有校准"),
        "ended": gettext_lazy("已到期"),
        "ending": gettext_lazy("将到期"),
        "valid": gettext_lazy("有效"),
    },
    "cause": {
        "ended": gettext_lazy("运输结束"),
        "late": gettext_lazy("迟到的读数"),
        "anew": gettext_lazy("重新判定"),
        "dismissed": gettext_lazy("超标经核实不成立"),
    },
    "trip": {
        "planned": gettext_lazy("待启运"),
        "under_way": gettext_lazy("运输中"),
        "ended": gettext_lazy("已结束"),
        "cancelled": gettext_lazy("已取消"),
        "missed": gettext_lazy("不合格"),
        "breach": gettext_lazy("有超标"),
        "unknown": gettext_lazy("判定不明"),
    },
    "shows": {
        "comment": gettext_lazy("写明情况"),
        "photo": gettext_lazy("照片存放何处"),
        "reading": gettext_lazy("测得的数值"),
        "document": gettext_lazy("文件名称与编号"),
        "signature": gettext_lazy("签字人与结论"),
    },
    "rating": {"unrated": gettext_lazy("不予评级"), "": gettext_lazy("未生效")},
    "title": {
        "junior": gettext_lazy("初级职称"),
        "intermediate": gettext_lazy("中级职称"),
        "associate_senior": gettext_lazy("副高级职称"),
        "senior": gettext_lazy("正高级职称"),
    },
    "informed": {
        "untold": gettext_lazy("没有告知记录的"),
        "told": gettext_lazy("已告知的"),
        "declined": gettext_lazy("患者不同意的"),
        "differs": gettext_lazy("两处记录不一致的"),
        "all": gettext_lazy("全部"),
    },
    "duty": {
        "met": gettext_lazy("已履行"),
        "ended": gettext_lazy("材料已到期"),
        "missing": gettext_lazy("没有材料"),
        "unchecked": gettext_lazy("材料待核验"),
    },
    "objection": {
        "open": gettext_lazy("有异议，处理中"),
        "upheld": gettext_lazy("异议未采纳，维持"),
        "changed": gettext_lazy("异议采纳，改评"),
        "": gettext_lazy("无异议"),
    },
    "step": {
        "": gettext_lazy("准备"),
        "read": gettext_lazy("读取"),
        "check": gettext_lazy("核对"),
        "write": gettext_lazy("写入"),
        "commit": gettext_lazy("提交"),
        "facts": gettext_lazy("取数"),
        "judge": gettext_lazy("逐条判定"),
        "assemble": gettext_lazy("汇总"),
    },
}


def _label(kind: str, value: str) -> str:
    return str(LABELS[kind].get(value, value))


@register.filter
def label(value: str | None, kind: str) -> str:
    """The word for a code: verdict, state, ground, kind, level, sex, visit, certainty, signature and others."""
    return _label(kind, value or "") if value is not None else ""


@register.filter
def coded(code: str, kind: str) -> str:
    """The word for a code of the facts, as the sentences of findings say it: ``kinds``, ``certificates``."""
    return code_word(kind, code, "en" if english() else "zh")


@register.filter
def ways(value: str) -> str:
    """By what a login was proved, in words: ``password+code``."""
    return " + ".join(str(Way(one).label) for one in value.split("+"))


@register.inclusion_tag("web/parts/verdict.html")
def verdict(value: str) -> dict[str, str]:
    """A verdict: shape, word and colour together."""
    return {"verdict": value, "shape": SHAPES[value], "word": _label("verdict", value)}


@register.inclusion_tag("web/parts/state.html")
def state(value: str) -> dict[str, str]:
    """New, same or gone."""
    return {"state": value, "word": _label("state", value)}


@register.inclusion_tag("web/parts/ground.html")
def ground(value: str) -> dict[str, str]:
    """On what a rule stands."""
    return {"ground": value, "word": _label("ground", value)}


@register.simple_tag
def with_query(wanted: Any, **changes: Any) -> str:
    """The address part of a filter with changes."""
    return str(wanted.query(**changes))


@register.simple_tag
def behind(position: Any, verdict: str, **more: str) -> str:
    """The address part of the findings behind a position, by verdict (none: all of them) and further conditions."""
    return str(position.list_query(**({"verdict": verdict} if verdict else {}), **more))


@register.simple_tag
def moved(position: Any, **changes: str) -> str:
    """The address part of a position with changes."""
    return str(position.query(**changes))


@register.simple_tag
def query(given: Mapping[str, str], **more: str) -> str:
    """The address part of some conditions and further ones."""
    return urlencode({**given, **more})
