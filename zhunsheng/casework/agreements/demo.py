"""The demo's agreements: one in force and ending soon, one that lacks a clause, others on their way. For demos only."""

from __future__ import annotations

from datetime import timedelta

from zhunsheng.casework.agreements import actions, bands, facts, queries
from zhunsheng.casework.agreements.models import Agreement, PriceFiling
from zhunsheng.casework.bodies.models import User
from zhunsheng.casework.bodies.scope import scope
from zhunsheng.casework.cases import actions as cases
from zhunsheng.casework.cases.demo import step, two
from zhunsheng.casework.vendors import queries as vendors
from zhunsheng.casework.vendors.actions import open_about as opened
from zhunsheng.casework.vendors.library import kinds
from zhunsheng.casework.vendors.states import SERVING
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.quantity import plain
from zhunsheng.kernel.time import now

#: The kind whose agreement lacks a clause, and the clause.
LACKING = ("imaging", "data_destruction")
#: A price above the band.
ABOVE = "ZS894"
SIGNED = {"signatory": "法定代表人（演示）"}


def tell(prices: list[tuple[str, str, str, int]]) -> None:
    """Draft, check and sign agreements with the vendors that serve; ``prices``: vendor, item, name, price x 10^6.

    Does nothing where one was drafted already or an account is missing.
    """
    people = {one.login: one for one in User.objects.filter(login__in=("vendor-office", "vendor-check", "consortium"))}
    if len(people) < 3 or Agreement.objects.exists():
        return
    office = people["vendor-office"]
    lines = [line for line in vendors.lines(scope(office)) if line.state in SERVING and line.body_id == office.body_id]
    for line in lines:
        given = {"kind": line.kind, "title": f"{kinds().kind(line.kind).zh}服务合同（演示）"}
        try:
            one = actions.draft(office, line.vendor, given, key=f"demo-agreement-{line.pk}")
        except Problem:  # a vendor that takes no new work gets no agreement: that is part of the story
            continue
        _write(people, one, [row for row in prices if row[0] == line.institution_id])
        if line.kind != LACKING[0]:
            _sign(people, one)


def file_one() -> None:
    """Let the vendor with an account file a new price within its band, once; it waits for its import."""
    head = User.objects.filter(login="vendor", body__kind="vendor").select_related("body").first()
    if head is None or PriceFiling.objects.exists():
        return
    known = facts.filed_by(scope(head), head.body.institution_code)
    if not known:
        return
    for percent, reason in ((103, "试剂更换，成本上升（演示）。"), (80, "调至议价上限以内（演示）。")):
        price = plain(known[0]["unit_price_e6"] * percent // 100, 6)
        given = {
            "item_code": known[0]["item_code"], "item_name": known[0]["item_name"] or known[0]["item_code"],
            "price": price, "valid_from": str(now().date() + timedelta(days=30)), "reason": reason,
        }  # fmt: skip
        try:
            actions.file_price(head, scope(head), given)
        except Problem as refused:  # above the band: the lower one is filed, and an exception is asked for
            if refused.code != ABOVE:
                raise
            _ask(head, given["item_code"], percent)
        else:
            return


def _ask(head: User, item: str, percent: int) -> None:
    """Let the vendor ask that two people of its first buyer let the refused price pass; it waits for them."""
    line = vendors.lines(scope(head)).filter(institution_id=head.body.institution_code, state__in=SERVING).first()
    if line is None or item in queries.exceptions_asked(line.institution_id, line.body):
        return
    given = {"item": item, "percent": str(percent), "reason": "试剂更换，成本上升，申请暂按新价执行（演示）。"}
    about = {"institution_id": line.institution_id, "subject_body": head.body}
    cases.open_case(head, queries.EXCEPTION, given, body=line.body, **about, key=f"demo-ask-{line.pk}-{item}")


def _write(people: dict[str, User], one: Agreement, prices: list[tuple[str, str, str, int]]) -> None:
    office = people["vendor-office"]
    first = now().date() - timedelta(days=300)
    for number, checked in enumerate(queries.check_of(one, now().date()), start=1):
        if (one.kind, checked.clause.id) != LACKING:
            actions.mark(office, one, {"clause": checked.clause.id, "present": "yes", "place": f"第 {number} 条"})
    given = {"indicator": "complaint_satisfaction", "value": "90", "valid_from": str(first)}
    actions.promise(office, one, given)
    for _vendor, code, name, price in prices:
        told = {"item_code": code, "item_name": name or code, "price": plain(price, 6), "valid_from": str(first)}
        try:
            actions.set_price(office, one, told)
        except Problem as refused:
            if refused.code != ABOVE:
                raise
            _except(people, one, code, price)
            actions.set_price(office, one, told)


def _except(people: dict[str, User], one: Agreement, code: str, price: int) -> None:
    """Let two people grant that one item lies above the band: its price so far, until it is agreed anew."""
    day = now().date()
    (found,) = bands.judged(one.institution_id, one.kind, one.body, [code], day)
    percent = str((found.mean.ratio_bp(price) or 0) // 100 + 1)
    given = {"item": code, "percent": percent, "reason": "沿用原备案价格，重新议价前暂按原价结算（演示）。"}
    case = opened(people["vendor-office"], one.vendor, "price_exception", given, key=f"demo-band-{one.pk}-{code}")
    term = {
        "from_on": str(day),
        "until_on": str(day + timedelta(days=90)),
        "opinion": "同意，90 日内重新议价（演示）。",
    }
    two(people["vendor-office"], people["consortium"], case, "grant", **term)


def _sign(people: dict[str, User], one: Agreement) -> None:
    """Let both sides sign where the vendor has an account; else the agreement waits for its side."""
    step(people["vendor-office"], one.case, "submit")
    step(people["vendor-check"], one.case, "clear", opinion="条款齐备（演示）。")
    signer = User.objects.filter(body__institution_code=one.institution_id, body__kind="vendor").first()
    if signer is None:
        return
    day = now().date()
    step(signer, one.case, "sign", **SIGNED)
    term = {"from_on": str(day - timedelta(days=300)), "until_on": str(day + timedelta(days=65))}
    step(people["consortium"], one.case, "countersign", **SIGNED, **term)
