"""Reasons in words: what a rule compared, and what was missing where it could not decide."""

from __future__ import annotations

from typing import Any

from zhunsheng.patterns import PATTERNS
from zhunsheng.patterns.words import sentence
from zhunsheng.web.templatetags.words import english

#: What lacks, by reason code, (Chinese, English); a code without an entry shows its sentence without values.
LACKING = {
    "sex_missing": ("参保人性别不明", "The person's sex is unknown"),
    "birth_date_missing": ("参保人出生日期不明", "The person's birth date is unknown"),
    "born_after_service": ("出生日期晚于服务日期", "The birth date is later than the service"),
    "end_missing": ("住院未见出院时间", "A stay has no discharge"),
    "time_missing": ("服务时间或出入院时间不全", "A time of service, admission or discharge is missing"),
    "department_missing": ("开单科室不明", "The ordering department is unknown"),
    "specialty_missing": ("开单科室的诊疗科目未登记", "The specialty of the ordering department is not registered"),
    "scope_missing": ("政策范围内金额未载明", "The share within policy scope is not stated"),
    "dx_missing": ("就诊未见诊断", "The encounter has no diagnosis"),
    "history_short": ("既往费用记录不足回溯期", "The record of the person does not reach back far enough"),
    "encounter_missing": ("未见就诊记录", "The encounter is not on record"),
    "level_missing": ("机构级别未登记", "The level of the institution is not registered"),
    "insurance_missing": ("险种不明", "The kind of insurance is unknown"),
    "class_missing": ("费用类别不明", "The class of a charge is unknown"),
    "death_disputed": ("登记的死亡日期不一致", "Statements of the day of death differ"),
    "diagnosis_missing": ("缺少主要诊断", "A principal diagnosis is missing"),
    "record_missing": ("缺少使用记录", "There is no use record"),
    "stock_missing": ("缺少进销存记录", "There is no ledger of the store"),
    "count_missing": ("缺少两次结存", "A statement of stock is missing"),
    "peers_missing": (
        "机构未登记或级别不明，没有同类",
        "The institution or its level is not registered",
    ),
    "peers_few": ("同类机构不足", "There are too few peers"),
    "register_missing": ("机构没有设施或设备登记", "The institution has no register of facilities or devices"),
    "encounter_open": ("住院未结束", "A stay is not over"),
    "region_missing": ("机构所在地区不明", "The region of the institution is unknown"),
    "full_price_missing": ("本项全价未登记", "The full price is not registered"),
    "days_missing": ("医嘱未载明用药天数", "An order does not state its days"),
    "order_missing": ("未见该药品的医嘱", "There is no order of the drug"),
    "dose_missing": ("医嘱未载明数量或天数", "An order states no quantity or no days"),
    "nodes_absent": ("委托没有节点记录", "Orders have no record of any node"),
    "due_missing": ("委托没有约定时限或完成时间", "Orders state no agreed time or no completion"),
    "item_missing": ("委托未载明项目", "Orders name no item"),
    "target_missing": ("质控没有靶值或标准差", "Control measurements state no mean or standard deviation"),
    "staff_unknown": ("服务人员没有登记", "People who served are not registered"),
    "who_missing": ("应持证环节未记录由谁完成", "Steps that need a certificate do not say who did them"),
    "training_missing": ("没有培训记录", "There is no record of training"),
    "hours_missing": ("培训未载明学时", "Courses state no hours"),
    "joined_unknown": ("上岗人员没有登记", "Persons on duty are not registered"),
}


def in_words(pattern: str, reason: dict[str, Any], items: dict[str, str]) -> str:
    """Return the sentence of a reason; one that quotes a row outside the scope says so."""
    language = "en" if english() else "zh"
    if reason["expected"] is None or reason["actual"] is None:
        hidden = "another institution's row" if english() else "另一机构的记录"
        reason = {**reason, "expected": reason["expected"] or hidden, "actual": reason["actual"] or hidden}
    return sentence(pattern, reason["reason"], reason["expected"], reason["actual"], language, items)


def missing(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Merge the reasons of several patterns that lack the same thing; add what it is in words."""
    merged: dict[str, dict[str, Any]] = {}
    for row in rows:
        kept = merged.setdefault(row["reason"], {"reason": row["reason"], "findings": 0, "text": lacking(row)})
        kept["findings"] += row["findings"]
    return sorted(merged.values(), key=lambda row: (-row["findings"], row["reason"]))


def lacking(row: dict[str, Any]) -> str:
    """Return in words what is missing for a reason code of a pattern."""
    if row["reason"] in LACKING:
        return LACKING[row["reason"]][english()]
    return PATTERNS[row["pattern"]].reasons[row["reason"]][english()].split("，")[-1].partition("{")[0]
