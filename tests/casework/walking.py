"""Helpers of the tests of cases: people of a body of their own, valid fields for any step, a clock that can be set."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from tests.web.people import ACTOR, PASSWORD
from zhunsheng.casework.agreements import policies as agreement_policies
from zhunsheng.casework.bodies import actions as bodies
from zhunsheng.casework.bodies.models import Body, DutyName
from zhunsheng.casework.cases import actions, library, money, queries
from zhunsheng.casework.cases import policies as case_policies
from zhunsheng.casework.cases.models import Case
from zhunsheng.casework.outbox.actions import Process
from zhunsheng.casework.oversight import policies as oversight_policies
from zhunsheng.casework.vendors import actions as vendors
from zhunsheng.casework.vendors import policies as vendor_policies
from zhunsheng.casework.vendors.models import ServiceLine
from zhunsheng.kernel.money import yuan
from zhunsheng.kernel.time import SHANGHAI
from zhunsheng.sampling.draws import draw

DAY = date(2026, 3, 2)
PDF = b"%PDF-1.7\nfile of a case\n%%EOF\n"
POOL = ["H33078100001", "H33078100002", "H33078100003"]
INSTITUTION = draw(POOL, "2026-03-02 seed", 1)[0]
#: kind of body -> logins and duties within it
STAFF = {
    "insurance_authority": {
        "one": DutyName.REVIEWER,
        "two": DutyName.HEAD,
        "clerk": DutyName.ANALYST,
        "legal": DutyName.LEGAL_REVIEWER,
        "finance": DutyName.FINANCE_OFFICER,
    },
    "institution": {"office": DutyName.OFFICE, "doctor": DutyName.CLINICIAN},
}


def staff():
    """Make a bureau and an institution with their people; return people by login."""
    made = {}
    names = {
        "insurance_authority": ("青禾县医疗保障局", "", "330781"),
        "institution": ("青禾县人民医院", INSTITUTION, ""),
    }
    for kind, people in STAFF.items():
        name, code, region = names[kind]
        body = bodies.create_body(ACTOR, kind, name, code=code, region=region)
        made |= {login: person(login, body, duty) for login, duty in people.items()}
    away = bodies.create_body(ACTOR, "insurance_authority", "邻县医疗保障局", region="330782")
    made["away"] = person("away", away, DutyName.HEAD)
    return made


#: The people of a consortium and of a vendor, by the same logins; what is a head's alone takes a second head.
VENDOR_STAFF = {
    "consortium": {**STAFF["insurance_authority"], "three": DutyName.HEAD},
    "vendor": {"office": DutyName.OFFICE, "doctor": DutyName.CLINICIAN},
}
VENDOR = "91330781MA2LABX01K"


def vendor_staff(monkeypatch):
    """Make a consortium, a vendor with a line in service, and their people; return people by login.

    What guards and conditions ask of files, lines and rounds has tests of its own: here they let every step pass, so
    that the machine is walked by its states, people, clocks and evidence.
    """
    for guards in (vendor_policies.GUARDS, oversight_policies.GUARDS, agreement_policies.GUARDS):
        for name in guards:
            monkeypatch.setitem(case_policies.GUARDS, name, lambda _step: None)
    monkeypatch.setattr(agreement_policies, "why_not", lambda *_asked: None)
    monkeypatch.setattr(f"{__name__}.INSTITUTION", VENDOR)
    for name, value in VENDOR_SPECIAL.items():
        monkeypatch.setitem(SPECIAL, name, value)
    names = {"consortium": ("青禾县医共体", POOL[0]), "vendor": ("恒诺医学检验", VENDOR)}
    made = {}
    for kind, people in VENDOR_STAFF.items():
        body = bodies.create_body(ACTOR, kind, names[kind][0], code=names[kind][1])
        made |= {login: person(login, body, duty) for login, duty in people.items()}
    vendor = vendors.register(made["one"], {"code": VENDOR, "name": "恒诺医学检验"})
    ServiceLine.objects.create(
        vendor=vendor, institution_id=VENDOR, body=made["one"].body, kind="laboratory", state="in_service",
        applied_on=DAY, entered_on=DAY, history=[[str(DAY), "in_service", ""]],
    )  # fmt: skip
    away = bodies.create_body(ACTOR, "consortium", "邻县医共体", code="H33078200001")
    made["away"] = person("away", away, DutyName.HEAD)
    return made


def person(login: str, body: Body, duty: str):
    user = bodies.create_user(ACTOR, login, f"职员{login}", body, PASSWORD)
    bodies.assign_duty(ACTOR, user, duty, date(2020, 1, 1))
    return user


class Clock:
    """The time of the actions, which a test sets."""

    def __init__(self, monkeypatch):
        self.day = DAY
        for module in ("actions",):
            monkeypatch.setattr(f"zhunsheng.casework.cases.{module}.now", self.now)

    def now(self):
        return datetime.combine(self.day, time(9, 30), SHANGHAI)


def sample(inputs, people, case=None):
    """Return valid fields for a step, as a form would send them."""
    return {one.id: SPECIAL[one.id] if one.id in SPECIAL else _value(one, people, case) for one in inputs}


#: What guards look at: a fine within its band, all paid, all repaired.
SPECIAL = {
    "article": "reg-735/38/1", "loss_fen": "1000.00", "fine_fen": "1500.00", "recover_fen": "1000.00",
    "severity": "light", "points": "2", "credit": "1", "pool": POOL, "seed": "2026-03-02 seed", "drawn": INSTITUTION,
    "paid_fen": "10.00", "refund_fen": "1.00", "surcharge_fen": "1.00", "multiple": "1.5", "nature": "fault",
    "grade": "first", "departure": "本案情况特殊。", "cause": "wrong_facts", "account": "fund",
    "start_on": "2027-12-01", "months": "2", "lifted_on": "2027-12-15",
}  # fmt: skip


VENDOR_SPECIAL = {
    "kind": "laboratory", "service_kind": "laboratory", "check": "unscheduled", "act": "late_reports",
    "month": "2026-02", "hour": "09:30", "sample": "10", "recovered": "0", "seed": "a1b2", "cause": "yearly",
}  # fmt: skip


def _value(one, people, case):
    if one.kind == "people":
        return [str(people["one"].pk), str(people["two"].pk)]
    if one.kind == "attachment":
        return [actions.attach(people["one"], case, "证据.pdf", [PDF]).digest]
    if one.kind == "choice":
        return next(iter(one.choices))
    if one.kind == "several":
        return list(one.choices)[:1]
    if one.kind == "plan":
        return plan(case)
    if one.kind == "bodies":
        return [str(people["one"].body_id)]
    plain = {
        "text": "经核查材料齐备，事实清楚，予以办理。",
        "code": f"V2026-{case.events.count() if case else 0}",
        "codes": ["f1", "f2"],
        "amount": f"{max(one.least or 0, 100) // 100}.00",
        "integer": str(one.least or 0),
        "date": "2026-12-31" if one.when == "future" else "2026-01-05",
        "article": "reg-735/38/1",
    }
    return plain[one.kind]


def plan(case, parts=2, first=None):
    """Equal instalments of all that is left, as a form would send them."""
    book = queries.book(case)
    rows = money.proposed_plan(book, first or actions.now().date() + timedelta(days=30), parts)
    return [{key: value if key == "on" else yuan(value) for key, value in row.items()} for row in rows]


def opened(cycle, people, **extra):
    """Open a case of a life-cycle by the bureau's reviewer."""
    body = people["one"].body
    about = {"institution_id": INSTITUTION} if cycle.party == "required" else {}
    if cycle.name == "vendor_entry":  # a vendor applies again once it has left
        ServiceLine.objects.update(state="exited")
    given = sample(cycle.opening.needs, people) | extra
    if cycle.name in FOLLOWS:
        about["origin"] = FOLLOWS[cycle.name](people)
    return actions.open_case(people["one"], cycle.name, given, body=body, **about)


def punished(people):
    """Return a case in which the institution was punished, from which points can be given; one for a test."""
    known = Case.objects.filter(cycle="fund_case", state="decided").first()
    if known:
        return known
    case = opened(library.cycle("fund_case"), people)
    for name in ("notify", "waive", "submit_for_review", "pass_review", "decide_penalty"):
        case = take(case, case.life, name, people)
    return case


def barring(people):
    """Return a case of points in force that reach a suspension; one for a test."""
    known = Case.objects.filter(cycle="points_decision", state="in_force", point_entry__points=9).first()
    if known:
        return known
    cycle = library.cycle("points_decision")
    case = opened(cycle, people, severity="serious", points="9", responsibility="main")
    for name in ("notify", "confirm", "enter"):
        case = take(case, cycle, name, people, {"opinion": "所述属实"} if name == "confirm" else None)
    Case.objects.filter(cycle="payment_ruling", origin=case).update(closed_at=case.opened_at)
    return case


#: What a kind of case follows.
FOLLOWS = {"points_decision": punished, "payment_ruling": barring}


def take(case, cycle, name, people, given=None):
    """Take a step by whoever may, by two people where it takes two; return the case as it stands then."""
    move = cycle.move(name)
    sides = {who.side for who in cycle.named(move.who)}
    if sides == {"clock"}:
        return case
    duties = {duty for who in cycle.named(move.who) for duty in who.duties}
    actor = people["office"] if "party" in sides else next(people[login] for login, duty in ACTS if duty in duties)
    given = sample(move.needs, people, case) | (given or {})
    case = Case.objects.get(pk=case.pk)
    if move.two_person:
        others = [login for login, duty in PROPOSERS if duty in duties and login in people]
        first = people[others[0]]
        proposal = actions.propose(first, case, name, given, version=case.version)
        return actions.confirm(people["two"], proposal, version=case.version)
    return actions.move(actor, case, name, given, version=case.version)


PUBLIC = Process("public")
#: Who proposes a step of two people to the head, by the first duty that it names.
PROPOSERS = (("finance", "finance_officer"), ("one", "reviewer"), ("three", "head"))
#: Who takes a step of one person, by the first duty that it names.
ACTS = (("two", "head"), ("one", "reviewer"), ("legal", "legal_reviewer"), ("finance", "finance_officer"))
