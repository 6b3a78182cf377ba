"""The demo's agreements: one in force and ending soon, one that lacks a clause, others on their way. For demos only."""

from __future__ import annotations

from datetime import timedelta

from zhunsheng.casework.agreements import actions, facts, queries
from zhunsheng.casework.agreements.facts import Window
from zhunsheng.casework.agreements.models import Agreement, PriceFiling
from zhunsheng.casework.bodies.models import User
from zhunsheng.casework.bodies.scope import scope
from zhunsheng.casework.cases.demo import step
from zhunsheng.casework.vendors import queries as vendors
from zhunsheng.casework.vendors.library import kinds
from zhunsheng.casework.vendors.states import SERVING
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.quantity import plain
from zhunsheng.kernel.time import now

#: The kind whose agreement lacks a clause, and the clause.
LACKING = ("imaging", "data_destruction")
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
        _write(office, one, [row for row in prices if row[0] == line.institution_id])
        if line.kind != LACKING[0]:
            _sign(people, one)


def file_one(window: Window) -> None:
    """Let the vendor with an account file a price above what it filed so far, once; it waits for its import."""
    head = User.objects.filter(login="vendor", body__kind="vendor").select_related("body").first()
    if head is None or PriceFiling.objects.exists():
        return
    known = facts.filed_by(scope(head), head.body.institution_code)
    if not known:
        return
    given = {
        "item_code": known[0]["item_code"], "item_name": known[0]["item_name"] or known[0]["item_code"],
        "price": plain(known[0]["unit_price_e6"] * 14 // 10, 6), "valid_from": str(now().date() + timedelta(days=30)),
        "reason": "试剂更换，成本上升（演示）。",
    }  # fmt: skip
    actions.file_price(head, scope(head), given, window)


def _write(office: User, one: Agreement, prices: list[tuple[str, str, str, int]]) -> None:
    first = now().date() - timedelta(days=300)
    for number, checked in enumerate(queries.check_of(one, now().date()), start=1):
        if (one.kind, checked.clause.id) != LACKING:
            actions.mark(office, one, {"clause": checked.clause.id, "present": "yes", "place": f"第 {number} 条"})
    given = {"indicator": "complaint_satisfaction", "value": "90", "valid_from": str(first)}
    actions.promise(office, one, given)
    for _vendor, code, name, price in prices:
        told = {"item_code": code, "item_name": name or code, "price": plain(price, 6), "valid_from": str(first)}
        actions.set_price(office, one, told)


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
