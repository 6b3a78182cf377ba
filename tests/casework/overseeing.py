"""Helpers of the tests of oversight: a laboratory in service at a consortium, with the people who oversee it."""

from __future__ import annotations

from datetime import date

from tests.casework import vendoring
from tests.casework.walking import Clock, person
from zhunsheng.casework.bodies.models import DutyName
from zhunsheng.casework.cases import actions as cases
from zhunsheng.casework.cases.models import Case
from zhunsheng.casework.oversight import actions
from zhunsheng.casework.vendors.models import ServiceLine

MEMBERS = ["H33078100001", "H33078100002", "H33078100003"]


def set_clock(monkeypatch, day):
    found = Clock(monkeypatch)
    found.day = day
    for name in ("vendors", "oversight"):
        monkeypatch.setattr(f"zhunsheng.casework.{name}.actions.now", found.now)
    return found


def serving(clock):
    """Return people and a line of laboratory tests in service; two more people sit in the consortium."""
    people = vendoring.crew()
    vendor = vendoring.registered(people)
    vendor.yearly_revenue_fen = 50_000_000_00
    vendor.save()
    vendoring.filled(people, vendor)
    vendoring.entered(people, vendor, clock)
    line = ServiceLine.objects.get()
    line.members = MEMBERS
    line.save()
    people["head2"] = person("head2", people["head"].body, DutyName.HEAD)
    people["head3"] = person("head3", people["head"].body, DutyName.HEAD)
    people["lab_head"] = person("lab_head", people["lab"].body, DutyName.HEAD)
    return people, line


def opened(people, cycle, line, by="clerk", **given):
    """Open a case about the line's vendor at the consortium."""
    about = people["lab"].body
    return cases.open_case(
        people[by], cycle, given, body=line.body, institution_id=line.institution_id, subject_body=about
    )


def fresh(case):
    return Case.objects.get(pk=case.pk)


def pool(people):
    """Fill the pool: two supervisors, an evaluator with a rival tied to the vendor, and an expert of each field."""
    clerk = people["clerk"]
    for name in ("督导甲", "督导乙"):
        actions.add_member(clerk, {"role": "supervisor", "name": name, "background": ["medical", "law"]})
    actions.add_member(clerk, {"role": "evaluator", "name": "评估公司甲"}, {vendoring.CODE: "同一控股股东"})
    actions.add_member(clerk, {"role": "evaluator", "name": "评估公司乙"})
    for field in ("clinical", "legal", "it", "data_security"):
        actions.add_member(clerk, {"role": "expert", "field": field, "name": f"专家{field}"})


DESTROYED = {
    "destroyed_on": "2026-11-20", "hour": "9:00 至 11:30", "place": "医共体机房", "inventory": "检验结果库副本 1 份",
    "holds": "copies", "last_record_on": "2026-11-19", "serials": "SN-1、SN-2", "method": "shred", "operator": "操作甲",
    "witness": "监督乙", "sample": "20", "recovered": "0",
}  # fmt: skip
DAY = date(2026, 11, 2)
