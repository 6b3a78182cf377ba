"""Helpers of the tests of vendors: a consortium's office, a vendor with its people, and a file that meets its kind."""

from __future__ import annotations

from datetime import date

from tests.casework.walking import person
from tests.web.people import ACTOR
from zhunsheng.casework.bodies import actions as bodies
from zhunsheng.casework.bodies.models import DutyName
from zhunsheng.casework.cases import actions as cases
from zhunsheng.casework.cases.models import Case
from zhunsheng.casework.vendors import actions, library

CODE, LEAD = "91330781MA2LABX01K", "H33078100001"
#: A file that meets what a laboratory's entry asks: measures of its capability, and what should be absent.
MEASURED = {"eqa_pass": (100, 100), "reports_on_time": (985, 1000), "items_covered": (95, 100)}
ABSENT = ("major_accident", "penalty", "dishonesty", "open_elsewhere")


def crew():
    """Return the people of a consortium (clerk, colleague, head), of a vendor and of a bureau, by login."""
    consortium = bodies.create_body(ACTOR, "consortium", "青禾县医共体", code=LEAD)
    vendor = bodies.create_body(ACTOR, "vendor", "恒诺医学检验", code=CODE, region="330781")
    bureau = bodies.create_body(ACTOR, "health_authority", "青禾县卫生健康局", region="")
    made = {"clerk": (consortium, DutyName.HANDLER), "colleague": (consortium, DutyName.REVIEWER),
            "head": (consortium, DutyName.HEAD), "lab": (vendor, DutyName.OFFICE), "bureau": (bureau, DutyName.HEAD),
            "bureau2": (bureau, DutyName.REVIEWER)}  # fmt: skip
    return {login: person(login, body, duty) for login, (body, duty) in made.items()}


def registered(people, code=CODE):
    """Return a vendor in the register."""
    return actions.register(people["clerk"], {"code": code, "name": f"恒诺医学检验{code[-4:]}"})


def paper(people, vendor, kind, **given):
    """Enter a paper by one person and have another check it."""
    told = {"kind": kind, "number": f"{kind}-1", "issuer": "发证机关", "valid_from": "2026-01-05", **given}
    made = actions.add_paper(people["clerk"], vendor, told)
    return actions.check_paper(people["colleague"], made, accepted=True)


def filled(people, vendor, kind="laboratory", day="2026-11-01", **ends):
    """Fill a vendor's file so that its review for a kind is met; ``ends``: last days of papers by kind."""
    book = library.kinds()
    for name in book.papers(book.kind(kind)):
        paper(people, vendor, name, **({"valid_to": ends[name]} if name in ends else {}))
    for name in ABSENT:
        actions.add_fact(people["clerk"], vendor, {"kind": name, "value": "none", "on": day, "source": "信用网站查询"})
    for name, (numerator, denominator) in MEASURED.items():
        given = {
            "kind": name,
            "numerator": str(numerator),
            "denominator": str(denominator),
            "on": day,
            "source": "现场核验",
        }
        actions.add_fact(people["clerk"], vendor, given)


def applied(people, vendor, kind="laboratory", by="clerk"):
    """Open the entry of a vendor at the consortium."""
    given = {"kind": kind, "statement": "申请为县域内各院提供服务。"}
    return actions.apply(people[by], vendor, people["head"].body, given)


def step(user, case, move, **given):
    """Take a step of one person."""
    case = Case.objects.get(pk=case.pk)
    return cases.move(user, case, move, given, version=case.version)


def two(first, second, case, move, **given):
    """Propose a step and let another person confirm it."""
    case = Case.objects.get(pk=case.pk)
    waiting = cases.propose(first, case, move, given, version=case.version)
    return cases.confirm(second, waiting, version=Case.objects.get(pk=case.pk).version)


def approved(people, case):
    """Walk an application to its publication."""
    step(people["clerk"], case, "accept")
    step(people["clerk"], case, "declare_interest", interest="none")
    step(people["clerk"], case, "recommend", opinion="材料齐备，能力达标。")
    return step(people["head"], case, "approve", interest="none", opinion="同意。")


def entered(people, vendor, clock, kind="laboratory"):
    """Let a vendor enter service; the clock stands on the day after the publication."""
    case = approved(people, applied(people, vendor, kind))
    due = next(one.due_on for one in case.standing.clocks if one.clock == "publication")
    clock.day = date.fromordinal(due.toordinal() + 1)
    return step(people["clerk"], case, "enter")
