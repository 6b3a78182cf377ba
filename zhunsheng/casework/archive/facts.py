"""Entries of a service archive that stand in the facts and findings of the current run, narrowed to the reader's scope.

Findings of one rule and month are one entry with their number, which leads to the list: an archive is read by people.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from zhunsheng.casework.archive.entries import Entry
from zhunsheng.casework.bodies.scope import Scope
from zhunsheng.casework.decisions import queries as decisions
from zhunsheng.casework.oversight import queries as oversight
from zhunsheng.casework.vendors.models import Vendor
from zhunsheng.kernel.quantity import plain
from zhunsheng.kernel.time import SHANGHAI, month_start

#: Codes of facts in words.
ABOUT = {
    "quality": gettext_lazy("服务质量"), "attitude": gettext_lazy("服务态度"), "delay": gettext_lazy("延误"),
    "cost": gettext_lazy("费用"), "privacy": gettext_lazy("隐私"), "other": gettext_lazy("其他"),
    "medical_accident": gettext_lazy("医疗事故"), "data_leak": gettext_lazy("数据泄露"),
    "false_qualification": gettext_lazy("资质造假"), "cold_chain": gettext_lazy("冷链中断"),
    "pact_breach": gettext_lazy("违反行业自律公约"),
    "minor": gettext_lazy("轻微"), "moderate": gettext_lazy("一般"), "major": gettext_lazy("重大"),
}  # fmt: skip
#: Asked for as many as there are.
ALL = 2**31 - 1
OUTCOMES = {"confirmed": gettext_lazy("确认"), "overturned": gettext_lazy("推翻")}
_FINDINGS = """
    SELECT rule_id, month, verdict, COUNT(*) AS n, MAX(service_date) AS last FROM finding
    WHERE institution_id = ? GROUP BY rule_id, month, verdict
    QUALIFY RANK() OVER (ORDER BY COALESCE(MAX(service_date), LAST_DAY(CAST(month || '-01' AS DATE))) DESC) <= ?
    ORDER BY month, rule_id, verdict"""
_SURVEYS = """
    SELECT STRFTIME(answered_on, '%Y-%m') AS month, COUNT(*) AS n FROM survey_answer
    WHERE vendor_id = ? GROUP BY month QUALIFY RANK() OVER (ORDER BY month DESC) <= ? ORDER BY month"""
_TRAINING = """
    SELECT STRFTIME(held_on, '%Y-%m') AS month, COUNT(DISTINCT practitioner_id) AS people, SUM(hours_e4) AS hours
    FROM training WHERE vendor_id = ? GROUP BY month
    QUALIFY RANK() OVER (ORDER BY month DESC) <= ? ORDER BY month"""


def gatherer(rule_name: Callable[[str], str]) -> Callable[..., Iterator[Entry]]:
    """Return what gathers the facts and findings of the current run; rules are named by what is given."""

    def gather(scope: Scope, vendor: Vendor, most: int | None = None) -> Iterator[Entry]:
        if scope.file is None:
            return
        code, tables, rank = vendor.institution_id, scope.file.tables, most or ALL
        yield from _findings(scope, code, rule_name, rank)
        yield from _decided(scope, code, rule_name)
        for table, read in READS.items():
            if table in tables:
                yield from read(scope, code, rank)
        yield from _answers(scope, code)

    return gather


def month_end(month: str) -> date:
    """Return the last day of a month written YYYY-MM: what a whole month says is known then."""
    return month_start(date.fromisoformat(f"{month}-01"), 1) - timedelta(days=1)


def _findings(scope: Scope, code: str, rule_name: Callable[[str], str], rank: int) -> Iterator[Entry]:
    words = {"suspected": _("可疑"), "violation": _("明确违规"), "unknown": _("不明")}
    with scope.lake() as reader:
        rows = reader.rows(_FINDINGS, [code, rank])
    for row in rows:
        asked = {"institution": code, "rule": row["rule_id"], "verdict": row["verdict"], "month": row["month"] or ""}
        yield Entry(
            on=row["last"] or month_end(row["month"]), kind="finding", words=rule_name(row["rule_id"]),
            told=_("{month} {verdict} {n} 件").format(
                month=row["month"], verdict=words.get(row["verdict"], row["verdict"]), n=row["n"]),
            path=("findings", ()), query=urlencode({k: v for k, v in asked.items() if v}), lead=True,
        )  # fmt: skip


def _decided(scope: Scope, code: str, rule_name: Callable[[str], str]) -> Iterator[Entry]:
    """What people decided on findings about the vendor."""
    for one in decisions.standing(scope).filter(institution_id=code):
        day = one.decided_at.astimezone(SHANGHAI).date()
        told = f"{OUTCOMES.get(one.outcome, one.outcome)} {one.reason}".strip()
        yield Entry(day, "finding", _("核实：{rule}").format(rule=rule_name(one.rule_id)), told,
                    path=("finding", (one.finding_id,)))  # fmt: skip


def _complaints(scope: Scope, code: str, rank: int) -> Iterator[Entry]:
    sql = (
        "SELECT * FROM complaint WHERE vendor_id = ? QUALIFY RANK() OVER "
        "(ORDER BY GREATEST(received_on, closed_on) DESC) <= ? ORDER BY received_on, complaint_id"
    )
    with scope.lake() as reader:
        rows = reader.rows(sql, [code, rank])
    for row in rows:
        about = str(ABOUT.get(row["kind"] or "other", row["kind"]))
        yield Entry(row["received_on"], "complaint", _("收到投诉：{about}").format(about=about), _handled(row),
                    row["complaint_id"], lead=row["upheld"] is None)  # fmt: skip
        if row["closed_on"]:
            yield Entry(row["closed_on"], "complaint", _("投诉办结：{about}").format(about=about), _handled(row),
                        row["complaint_id"])  # fmt: skip


def _handled(row: dict[str, Any]) -> str:
    upheld = {None: _("尚未认定"), True: _("查实"), False: _("不属实")}[row["upheld"]]
    asked = {None: _("未回访"), True: _("对处理满意"), False: _("对处理不满意")}[row["satisfied"]]
    return f"{upheld} · {asked}"


def _incidents(scope: Scope, code: str, rank: int) -> Iterator[Entry]:
    sql = (
        "SELECT * FROM incident WHERE vendor_id = ? QUALIFY RANK() OVER (ORDER BY occurred_on DESC) <= ? "
        "ORDER BY occurred_on, incident_id"
    )
    with scope.lake() as reader:
        rows = reader.rows(sql, [code, rank])
    for row in rows:
        kind = str(ABOUT.get(row["kind"] or "other", row["kind"]))
        told = _("{weight}；{day} 报告").format(
            weight=ABOUT.get(row["weight"], _("未定级")), day=row["reported_on"] or row["occurred_on"]
        )
        yield Entry(row["occurred_on"], "incident", _("发生：{kind}").format(kind=kind), told, row["incident_id"])


def _prices(scope: Scope, code: str, rank: int) -> Iterator[Entry]:
    sql = (
        "SELECT * FROM price_filing WHERE vendor_id = ? QUALIFY RANK() OVER (ORDER BY valid_from DESC) <= ? "
        "ORDER BY valid_from, item_code"
    )
    with scope.lake() as reader:
        rows = reader.rows(sql, [code, rank])
    for row in rows:
        words = _("备案价格 {item}").format(item=row["item_name"] or row["item_code"])
        yield Entry(row["valid_from"], "price", words, f"{plain(row['unit_price_e6'], 6)} {_('元')}", row["item_code"],
                    ("prices", ()), urlencode({"vendor": code}))  # fmt: skip


def _surveys(scope: Scope, code: str, rank: int) -> Iterator[Entry]:
    with scope.lake() as reader:
        rows = reader.rows(_SURVEYS, [code, rank])
    for row in rows:
        told = _("{month} 答卷 {n} 份").format(**row)
        yield Entry(
            month_end(row["month"]), "survey", _("满意度调查"), told, path=("vendor-part", (code, "indicators"))
        )


def _training(scope: Scope, code: str, rank: int) -> Iterator[Entry]:
    with scope.lake() as reader:
        rows = reader.rows(_TRAINING, [code, rank])
    for row in rows:
        told = _("{month} {people} 人，合计 {hours} 学时").format(
            month=row["month"], people=row["people"], hours=plain(int(row["hours"] or 0), 4)
        )
        yield Entry(month_end(row["month"]), "staff", _("人员培训"), told, path=("vendor-part", (code, "people")))


def _answers(scope: Scope, code: str) -> Iterator[Entry]:
    """Answers to the survey of this site, by month; who answered stands nowhere."""
    months: dict[str, int] = {}
    for month in oversight.answered_months(scope, code):
        months[month] = months.get(month, 0) + 1
    for month, n in sorted(months.items()):
        told = _("{month} 答卷 {n} 份").format(month=month, n=n)
        yield Entry(month_end(month), "survey", _("本站满意度调查"), told, path=("oversight-survey", ()))


READS: dict[str, Callable[[Scope, str, int], Iterator[Entry]]] = {
    "complaint": _complaints,
    "incident": _incidents,
    "price_filing": _prices,
    "survey_answer": _surveys,
    "training": _training,
}
