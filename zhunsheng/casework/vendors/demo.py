"""The demo's vendors: entered before the year, reviewed again at its end.

One paper ends soon, one entry is in hand, one vendor stands on the negative list. Each step is taken by a demo account
through the same actions as on pages.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from zhunsheng.book.vendors import Criterion
from zhunsheng.casework.bodies.models import User
from zhunsheng.casework.cases.demo import step, told_on, two
from zhunsheng.casework.vendors import actions, duties, library
from zhunsheng.casework.vendors.models import Vendor
from zhunsheng.kernel.time import now

OFFICE, CHECKER, HEAD = "vendor-office", "vendor-check", "consortium"
ENTERED, OPENED, REVIEWED = date(2025, 9, 8), date(2025, 9, 29), date(2026, 9, 8)
#: By service kind: whose paper ends soon, who applies for more, who is listed.
ENDING, APPLYING, LISTED = ("logistics", "cold_chain_proof"), ("imaging", "remote_diagnosis"), "tele_ecg"
SOURCE = "现场核验（演示）"
ROLES = {"pathology": ("physician", "signing"), "rehabilitation": ("therapist", "therapist")}

WORDS = {
    "physician": "医师", "technician": "技师", "nurse": "护士", "pharmacist": "药师", "therapist": "康复治疗师",
    "engineer": "工程师", "driver": "驾驶员", "manager": "管理人员", "senior": "正高", "associate_senior": "副高",
    "intermediate": "中级", "junior": "初级",
}  # fmt: skip

People = dict[str, User]
Staff = Mapping[str, list[Mapping[str, Any]]]


def tell(found: Iterable[Mapping[str, Any]], staff: Staff) -> list[Vendor]:
    """Let vendors (institution_id, name, kind) enter and serve, once; ``staff`` by vendor: practitioner_id, name ...

    Nothing where an account is missing or a vendor is registered already.
    """
    people = {one.login: one for one in User.objects.filter(login__in=(OFFICE, CHECKER, HEAD)).select_related("body")}
    if len(people) < 3 or Vendor.objects.exists():
        return []
    made = []
    for one in found:
        kind = str(one["kind"])
        with told_on(ENTERED, actions):
            vendor = actions.register(people[OFFICE], {"code": one["institution_id"], "name": one["name"]})
            _staff(people, vendor, kind, staff.get(vendor.institution_id, []))
            _papers(people, vendor, kind, ENTERED)
            _values(people, vendor, kind, ENTERED)
            _heads(people, vendor, kind)
        _enter(people, vendor, kind)
        _review(people, vendor, kind)
        made.append(vendor)
        if kind == APPLYING[0]:
            _apply(people, vendor)
        if kind == LISTED:
            _list(people, vendor)
    return made


def _staff(people: People, vendor: Vendor, kind: str, found: list[Mapping[str, Any]]) -> None:
    profession, role = ROLES.get(kind, ("", ""))
    for one in found:
        given = {"practitioner_id": one["practitioner_id"], "name": one["name"] or one["practitioner_id"],
                 "profession": WORDS.get(one["profession"], "其他"), "title": WORDS.get(one["title"], ""),
                 "role": role if one["profession"] == profession else "", "valid_from": "2025-09-01"}  # fmt: skip
        actions.add_person(people[OFFICE], vendor, given)
    if kind == "pathology":
        device = {"device_id": "SCAN-1", "name": "数字切片扫描仪", "role": "scanner", "valid_from": "2025-09-01"}
        actions.add_device(people[OFFICE], vendor, device)


def _papers(people: People, vendor: Vendor, kind: str, day: date, *, yearly: bool = False) -> None:
    """Enter what the kind asks and have another check it; ``yearly``: what ends by itself, anew."""
    book = library.kinds()
    for name in book.papers(book.kind(kind)):
        document = book.documents[name]
        if yearly and not document.valid_days:
            continue
        among: Iterable[Any] = [None]
        if document.about != "vendor":
            rows = vendor.vendorpersons if document.about == "person" else vendor.vendordevices
            among = rows.filter(role=document.of)
        for one in among:
            subject = "" if one is None else getattr(one, "practitioner_id", "") or one.device_id
            until = now().date() + timedelta(days=20) if yearly and (kind, name) == ENDING else None
            _paper(people, vendor, name, subject, day, until)


def _paper(people: People, vendor: Vendor, name: str, subject: str, day: date, until: date | None) -> None:
    given = {
        "kind": name, "subject": subject, "number": f"演示-{vendor.institution_id[-5:]}-{subject or name}"[:60],
        "issuer": "青禾县（演示）", "valid_from": str(day - timedelta(days=7)), "valid_to": str(until or ""),
    }  # fmt: skip
    made = actions.add_paper(people[OFFICE], vendor, given)
    actions.check_paper(people[CHECKER], made, accepted=True)


def _heads(people: People, vendor: Vendor, kind: str) -> None:
    """Name the heads of the compliance body, and give the self-check; one vendor has none of it."""
    if kind == LISTED:
        return
    for number, (post, word) in enumerate(duties.duties().posts.items(), 1):
        given = {"practitioner_id": f"H-{number}", "name": f"{word.zh}（演示）", "profession": "管理人员", "role": post,
                 "valid_from": "2025-09-01"}  # fmt: skip
        actions.add_person(people[OFFICE], vendor, given)
    if kind != ENDING[0]:
        _paper(people, vendor, "self_check_report", "", now().date() - timedelta(days=20), None)


def _values(people: People, vendor: Vendor, kind: str, day: date) -> None:
    book = library.kinds()
    given = {"on": str(day), "source": "信用网站查询（演示）"}
    for name in book.credit:
        actions.add_fact(people[OFFICE], vendor, {**given, "kind": name, "value": "none"})
    for one in book.kind(kind).capability:
        actions.add_fact(people[OFFICE], vendor, {**given, "kind": one.id, "source": SOURCE, **_measure(one)})


def _measure(one: Criterion) -> dict[str, str]:
    """A value that reaches the second grade, or the only one."""
    value = one.levels[min(1, len(one.levels) - 1)][0]
    return {"numerator": str(value), **({"denominator": "10000"} if one.kind == "share" else {})}


def _enter(people: People, vendor: Vendor, kind: str) -> None:
    office, head = people[OFFICE], people[HEAD]
    with told_on(ENTERED, actions):
        given = {"kind": kind, "statement": "为县域内医疗机构提供服务（演示）。"}
        case = actions.apply(office, vendor, head.body, given, key=f"demo-entry-{vendor.institution_id}")
        step(office, case, "accept")
        step(office, case, "declare_interest", interest="none")
        step(office, case, "recommend", opinion="材料齐备，能力达标，信用良好（演示）。")
        step(head, case, "approve", interest="none", opinion="同意准入（演示）。")
    with told_on(OPENED, actions):
        step(office, case, "enter")


def _review(people: People, vendor: Vendor, kind: str) -> None:
    with told_on(REVIEWED, actions):
        _papers(people, vendor, kind, REVIEWED, yearly=True)
        _values(people, vendor, kind, REVIEWED)
        given = {"kind": kind, "cause": "yearly", "statement": "年度复核（演示）。"}
        case = actions.open_about(people[OFFICE], vendor, "vendor_review", given, key=f"demo-{vendor.institution_id}")
        two(people[OFFICE], people[HEAD], case, "pass", opinion="按准入条件复核合格（演示）。")


def _apply(people: People, vendor: Vendor) -> None:
    """An entry in hand: the signing physicians' licences were not given, so that the review is open."""
    given = {"kind": APPLYING[1], "statement": "拟开展远程诊断（演示）。"}
    actions.apply(people[OFFICE], vendor, people[HEAD].body, given, key="demo-second-entry")


def _list(people: People, vendor: Vendor) -> None:
    given = {"ground": "县医共体数据安全事件通报（演示）", "reason": "退出交接期间发生数据泄露（演示）。"}
    case = actions.open_about(people[OFFICE], vendor, "negative_entry", given, key="demo-negative")
    day = now().date()
    two(people[OFFICE], people[HEAD], case, "list", from_on=str(day), until_on=str(day + timedelta(days=365)))
