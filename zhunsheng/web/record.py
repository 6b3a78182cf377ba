"""What a finding's page shows beside its facts: rows side by side, worked steps, law and rule of the day."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from zhunsheng.book import Book, kept
from zhunsheng.book.models import Awaited, Rule
from zhunsheng.book.search import Entry
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.home import home
from zhunsheng.kernel.money import yuan
from zhunsheng.kernel.time import OPEN_END
from zhunsheng.web.book import book
from zhunsheng.web.templatetags.words import english, label, moment, price, qty


def compare(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return one or two rows as fields beside each other; a telling field that differs is marked."""
    fields = _stay_fields() if rows[0]["row_kind"] == "encounter" else _line_fields()
    telling = {_("服务时间"), _("机构"), _("开单科室"), _("开单医师"), _("入院"), _("出院"), _("单价 × 数量")}
    table = []
    for name, read in fields:
        cells = [read(row) if row["row_id"] else None for row in rows]
        seen = [cell for cell in cells if cell is not None]
        if any(seen):
            table.append({"name": name, "cells": cells, "diff": name in telling and len(set(seen)) > 1})
    return {"rows": rows, "fields": table}


def _line_fields() -> list[tuple[str, Any]]:
    return [
        (_("项目"), lambda r: r["item_name"] or ""),
        (_("编码"), lambda r: r["item_code"] or ""),
        (_("服务时间"), lambda r: moment(r["service_at"], r["service_date"])),
        (_("机构"), lambda r: r["institution_name"] or r["institution_id"] or ""),
        (_("开单科室"), lambda r: r["department_name"] or ""),
        (_("开单医师"), lambda r: r["practitioner_name"] or ""),
        (_("单价 × 数量"), lambda r: f"¥{price(r['unit_price_e6'])} × {qty(r['quantity_e4'])}"),
        (_("金额"), _own_amount),
        (_("冲销后金额"), _after_refund),
        (_("计入涉及金额"), lambda r: f"¥{yuan(r['at_stake_fen'])}" if r["at_stake_fen"] is not None else ""),
        (_("来源"), origin),
    ]


def _stay_fields() -> list[tuple[str, Any]]:
    return [
        (_("机构"), lambda r: r["institution_name"] or r["institution_id"] or ""),
        (_("就医方式"), lambda r: label(r["visit_type"], "visit")),
        (_("入院"), lambda r: moment(r["service_at"], r["service_date"])),
        (_("出院"), lambda r: moment(r["end_at"], r["end_date"]) or _("未见")),
        (_("科室"), lambda r: r["department_name"] or ""),
        (_("医师"), lambda r: r["practitioner_name"] or ""),
        (_("就诊标识"), lambda r: r["encounter_id"] or ""),
        (_("计入涉及金额"), lambda r: f"¥{yuan(r['at_stake_fen'])}" if r["at_stake_fen"] is not None else ""),
        (_("来源"), origin),
    ]


def _own_amount(row: dict[str, Any]) -> str:
    """The amount as charged, and that it is not what price and quantity give."""
    return f"¥{yuan(row['amount_fen'])}" + (_("，与单价 × 数量不符") if row["q_amount_mismatch"] else "")


def _after_refund(row: dict[str, Any]) -> str:
    return "" if row["net_amount_fen"] == row["amount_fen"] else f"¥{yuan(row['net_amount_fen'])}"


def origin(row: dict[str, Any]) -> str:
    """Return file and row from which a row came."""
    return _("{file} 第 {row} 行").format(file=row["file_name"] or row["batch_id"] or "?", row=f"{row['source_row']:,}")


def steps(found: dict[str, Any], reasons: list[dict[str, Any]], rows: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Return how the finding came about: what applied, what was compared, what it adds up to."""
    told = []
    for reason in reasons:
        if reason["label"]:
            since = reason["valid_from"] or ""
            point = _("适用知识点：{label}（自 {since} 起）").format(label=reason["label"], since=since)
            if (point, reason["citation"] or "") not in told:
                told.append((point, reason["citation"] or ""))
        told.append((reason["text"], label(reason["verdict"], "verdict")))
    at_stake = [row["at_stake_fen"] for row in rows if row["at_stake_fen"]]
    total = f"¥{yuan(found['amount_fen'])}"
    sum_ = " + ".join(yuan(fen) for fen in at_stake[:6]) + (" + …" if len(at_stake) > 6 else "")
    told.append((_("涉及金额：{sum}").format(sum=sum_) if len(at_stake) > 1 else _("涉及金额"), total))
    return told


def law_and_rule(found: dict[str, Any], digest: str) -> dict[str, Any]:
    """Return rule and articles of a finding as the run read them, parameters of the service date marked.

    ``digest`` names the book of the run. ``since`` says what became of the rule: "" the same, "changed", "gone" from
    the book, or "lost" where the book of the run was not kept.
    """
    absent: dict[str, Any] = {"rule": None, "articles": [], "parameters": []}
    try:
        then, present = kept(home().books, digest), book()
    except Problem:
        return {**absent, "since": "lost"}
    rule = then.rules.get(found["rule_id"])
    if rule is None:  # a finding of an earlier run, shown as gone: its rule was taken out before this one
        return {**absent, "since": "gone"}
    since = "" if present.sources.get(rule.id) == then.sources[rule.id] else "changed"
    return {
        "rule": rule,
        "articles": articles(then, rule),
        "parameters": parameters(rule, found["service_date"]),
        "since": since if rule.id in present.rules else "gone",
    }


def articles(present: Book, rule: Rule) -> list[dict[str, Any]]:
    """Return each place in the law on which a rule rests, with the text of its item."""
    told = []
    for ref in rule.law:
        instrument, article = present.article(ref)
        items = article.items_en if english() and article.items_en else article.items
        told.append({"ref": ref, "instrument": instrument, "article": article, "item": items.get(ref.item, "")})
    return told


def awaited(present: Book, rule: Rule) -> list[Awaited]:
    """Return what a rule waits for before it can judge: nothing for a live rule."""
    return [present.awaited[name] for name in rule.waits_for]


def parameters(rule: Rule, day: Any = None) -> list[dict[str, Any]]:
    """Return every dated value of a rule's parameters; ``applies`` marks those that held on a day."""
    return [
        {"parameter": parameter, "value": value, "applies": day is not None and day in value.period}
        for parameter in rule.parameters
        for value in parameter.values
    ]


def point(present: Book, entry: Entry) -> dict[str, Any]:
    """Return a knowledge point with its batch and the periods in which it holds, where these are not its own dates.

    ``closed`` is True when it holds on no day any more: replaced, laid over or withdrawn for good.
    """
    one, hold = entry.point, entry.hold
    if one is None or hold is None:
        raise ValueError(f"not a point: {entry}")
    told = [(p.start, None if p.end == OPEN_END else p.end) for p in hold.periods]
    own = [(one.valid_from, one.valid_to)]
    batch = present.batches[one.batch]
    return {"point": one, "batch": batch, "held": told if told != own else [], "closed": not told}
