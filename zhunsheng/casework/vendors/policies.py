"""Whether something of a vendor may be written now, and the guards of the life-cycles of vendors."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from zhunsheng.book.vendors import Kind
from zhunsheng.casework.bodies.models import BodyKind, DutyName, User
from zhunsheng.casework.bodies.permissions import duties_held
from zhunsheng.casework.cases.models import CaseEvent
from zhunsheng.casework.cases.policies import Step
from zhunsheng.casework.cases.states import EventKind
from zhunsheng.casework.inbox.queries import shares_mail
from zhunsheng.casework.vendors import assessing, library, queries
from zhunsheng.casework.vendors.models import Vendor, VendorPaper
from zhunsheng.casework.vendors.states import Mark
from zhunsheng.kernel.errors import Problem

#: GB 32100: 18 signs, without I, O, S, V and Z.
CODE = re.compile(r"[0-9A-HJ-NP-RTUWXY]{18}")
KEEPERS = frozenset({DutyName.HEAD, DutyName.HANDLER, DutyName.REVIEWER, DutyName.OFFICE})
#: Bodies that let vendors in and check their papers.
OFFICES = frozenset({BodyKind.CONSORTIUM, BodyKind.HEALTH_AUTHORITY})
#: Steps by which somebody reviewed an application.
REVIEWED = ("declare_interest", "recommend", "short_form", "file")


def keeps(user: User, code: str) -> bool:
    """Whether a user may write in a vendor's file: its own people, and those of the bodies that let vendors in."""
    if user.body is None or not duties_held(user) & KEEPERS:
        return False
    if user.body.kind == BodyKind.VENDOR:
        return user.body.institution_code == code != ""
    return user.body.kind in OFFICES


def check_keeps(user: User, code: str) -> None:
    """Raise Problem ZS702 unless a user may write in a vendor's file."""
    if not keeps(user, code):
        raise Problem("ZS702")


def checks(user: User) -> bool:
    """Whether a user may check papers of vendors at all."""
    return user.body is not None and user.body.kind in OFFICES and bool(duties_held(user) & KEEPERS)


def check_checks(user: User, paper: VendorPaper) -> None:
    """Raise Problem ZS702 for who may not check papers, ZS654 for who entered this one, also by another account."""
    if not checks(user):
        raise Problem("ZS702")
    if one_person(user, paper.told_by):
        raise Problem("ZS654")


def one_person(one: User, other: User) -> bool:
    """Whether two accounts are one person's: the same account, one name in one body, or one confirmed mail address.

    Two people of one name in one body are taken for one as well: another colleague takes the second part.
    """
    same_name = one.body_id == other.body_id and _plain(one.display_name) == _plain(other.display_name)
    return one.pk == other.pk or same_name or shares_mail(one, other)


def _plain(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).split()).casefold()


def check_code(code: str) -> None:
    """Raise Problem ZS653 for what is no unified social credit code."""
    if not CODE.fullmatch(code):
        raise Problem("ZS653", field="统一社会信用代码", reason="须为 18 位统一社会信用代码")


def code_of(step: Step) -> str:
    """Return the code of the vendor that a case, or one that is being opened, is about."""
    return step.case.institution_id if step.case is not None else step.institution_id


def kind_of(step: Step) -> Kind:
    """Return the service kind that a case is about. Raises Problem ZS651."""
    named = step.fields.get("kind") or next((one["kind"] for one in step.before if "kind" in one), "")
    return library.kinds().kind(named)


def _line_free(step: Step) -> None:
    kind_of(step)
    if not Vendor.objects.filter(institution_id=code_of(step)).exists():
        raise step.refuse("该机构没有登记为第三方服务机构", "the organisation is not registered as a vendor")


def _not_listed(step: Step) -> None:
    """New work alone is asked about: this guard stands before entry and resumption, never before settlement."""
    body = step.case.body if step.case else None
    found = queries.negative_hits(code_of(step), kind_of(step).id, step.day, body)
    if found:
        told = found[0]
        raise step.refuse(f"负面清单：{told.zh}（{told.cite}）", f"negative list: {told.en} ({told.cite_en})")


def review_of(step: Step) -> assessing.Review:
    """Return the review of a case's vendor as it stands on the day of a step."""
    return queries.review(code_of(step), kind_of(step), step.day)


def _told(points: list[assessing.Point]) -> tuple[str, str]:
    marks = {Mark.UNMET: ("不符合", "not met"), Mark.UNKNOWN: ("未知", "unknown")}
    told = [(one, marks[Mark(one.mark)]) for one in points if one.mark != Mark.MET]
    return "；".join(f"{p.zh}{m[0]}" for p, m in told), "; ".join(f"{p.en} {m[1]}" for p, m in told)


def _papers_complete(step: Step) -> None:
    book, kind = library.kinds(), kind_of(step)
    have = set(VendorPaper.objects.filter(institution_id=code_of(step)).values_list("kind", flat=True))
    missing = [book.documents[name] for name in book.papers(kind) if name not in have]
    if missing:
        raise step.refuse(
            "缺少材料：" + "、".join(one.zh for one in missing), "missing: " + ", ".join(one.en for one in missing)
        )


def _review_met(step: Step) -> None:
    found = review_of(step)
    if found.mark != Mark.MET:
        zh, en = _told([one for one in found.points if one.dimension != "capability" or one.mark == Mark.UNKNOWN])
        score = f"{found.low}" if found.low == found.high else f"{found.low}–{found.high}"
        raise step.refuse(
            f"三维审查未全部符合：{zh or '无'}；能力得分 {score}，须达到 {found.least}",
            f"the review is not met in full: {en or 'none'}; capability {score} of at least {found.least}",
        )


def _papers_met(step: Step) -> None:
    found = review_of(step)
    if not found.qualified():
        zh, en = _told([one for one in found.points if one.dimension != "capability"])
        raise step.refuse(f"资质或信用未全部符合：{zh}", f"qualification or credit is not met in full: {en}")


def _review_stands(step: Step) -> None:
    """What was recommended must still hold on the day of the approval."""
    short = step.case is not None and _last(step, ("recommend", "short_form")) == "short_form"
    (_papers_met if short else _review_met)(step)


def _last(step: Step, names: tuple[str, ...]) -> str:
    told = _moves(step, names)
    return told[-1].about if told else ""


def _moves(step: Step, names: tuple[str, ...]) -> list[CaseEvent]:
    """Return the steps of these names that a case has taken, oldest first."""
    if step.case is None:
        return []
    found = step.case.events.filter(kind=EventKind.MOVED, about__in=names)
    return list(found.select_related("actor", "on_behalf_of").order_by("sequence"))


def _rated_for_years(step: Step) -> None:
    book = library.kinds()
    if not assessing.rated_for_years(book, queries.dossier(code_of(step)), step.day):
        short = book.short_form
        raise step.refuse(
            f"未连续 {short.years} 年评为 {short.rating}", f"not rated {short.rating} {short.years} years in a row"
        )


def _tier_files(step: Step) -> None:
    if library.kinds().tiers[kind_of(step).tier].way != "filing":
        raise step.refuse("该种类须经批准，不能备案", "this kind takes approval and is not filed")


def _interest_declared(step: Step) -> None:
    mine = [one for one in _moves(step, ("declare_interest",)) if one.actor == step.actor]
    if not mine or mine[-1].fields.get("interest") != "none":
        raise step.refuse("审查人须先声明本人无利益关系", "the reviewer first states that there is no interest")


def _approver_apart(step: Step) -> None:
    """Who approves has not reviewed, by no account and for nobody who did, and states that there is no interest."""
    if step.fields.get("interest") != "none":
        raise step.refuse("有利益关系的须回避", "whoever has an interest is recused")
    if not isinstance(step.actor, User):
        return
    for event in _moves(step, REVIEWED):
        for reviewer in filter(None, (event.actor, event.on_behalf_of)):
            if one_person(step.actor, reviewer):
                raise step.refuse("审查人不得批准（同一人的其他账号也不行）", "reviewer and approver are one person")


def _publication_over(step: Step) -> None:
    clocks = step.case.standing.clocks if step.case else ()
    due = next((one.due_on for one in clocks if one.clock == "publication"), None)
    if due is None or step.day <= due:
        raise step.refuse(f"公示至 {due} 止", f"published until {due}")


def _line_serves(step: Step) -> None:
    if not queries.serving(code_of(step), kind_of(step).id):
        raise step.refuse(
            "该第三方服务机构没有这一种类的在服务的服务线", "the vendor has no line of this kind in service"
        )


def _line_entered(step: Step) -> None:
    origin = step.origin
    if origin is None or origin.cycle != "vendor_entry" or origin.state != "in_service":
        raise step.refuse("服务线由完成准入的事项产生", "a line follows from an entry that has ended in service")


def _review_open(step: Step) -> None:
    if step.case is None or not queries.reviews(step.case, open_only=True):
        raise step.refuse("没有在办的复核", "no re-review is in hand")


def _review_over(step: Step) -> None:
    if step.case is not None and queries.reviews(step.case, open_only=True):
        raise step.refuse("复核尚未结束", "the re-review is not over")


def _failed_twice(step: Step) -> None:
    last = queries.reviews(step.case)[:2] if step.case else []
    if [one.state for one in last] != ["failed", "failed"]:
        raise step.refuse("未连续两次复核不合格", "no two re-reviews in a row have failed")


def _ends_later(step: Step) -> None:
    if step.fields["until_on"] <= step.fields["from_on"]:
        raise step.refuse("截止日须晚于起始日", "the last day lies after the first")


#: Guards by the names that life-cycles use.
GUARDS: dict[str, Callable[[Step], None]] = {
    "line_free": _line_free,
    "not_listed": _not_listed,
    "papers_complete": _papers_complete,
    "review_met": _review_met,
    "papers_met": _papers_met,
    "review_stands": _review_stands,
    "rated_for_years": _rated_for_years,
    "tier_files": _tier_files,
    "interest_declared": _interest_declared,
    "approver_apart": _approver_apart,
    "publication_over": _publication_over,
    "line_serves": _line_serves,
    "line_entered": _line_entered,
    "review_open": _review_open,
    "review_over": _review_over,
    "failed_twice": _failed_twice,
    "ends_later": _ends_later,
}
