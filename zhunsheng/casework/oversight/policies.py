"""Whether something of the oversight of vendors may be written now, and the guards of its life-cycles."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from datetime import date
from typing import Any

from zhunsheng.casework.alerts import queries as alerts
from zhunsheng.casework.bodies.models import BodyKind, User
from zhunsheng.casework.cases import library as cycles
from zhunsheng.casework.cases import queries as cases
from zhunsheng.casework.cases.models import Case
from zhunsheng.casework.cases.permissions import opens
from zhunsheng.casework.cases.policies import Step
from zhunsheng.casework.cases.words import said
from zhunsheng.casework.oversight import drawing, library, survey
from zhunsheng.casework.oversight.models import ExitStep, Round, VendorCheck, VendorComplaint
from zhunsheng.casework.oversight.states import GRAVE, MEETING, RoundState, StepState
from zhunsheng.casework.vendors import queries as vendors
from zhunsheng.casework.vendors.library import kinds
from zhunsheng.casework.vendors.policies import code_of, kind_of, one_person
from zhunsheng.casework.vendors.states import LineState
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.text import kept

MONTH = re.compile(r"20[0-9]{2}-(0[1-9]|1[0-2])")


def oversees(user: User) -> bool:
    """Whether a user may plan checks, keep the pool and issue survey codes: whoever may open a check."""
    return _opens(user, "vendor_check")


def may_call(user: User) -> bool:
    """Whether a user may call a joint meeting."""
    return _opens(user, MEETING)


def _opens(user: User, name: str) -> bool:
    cycle = cycles.cycle(name)
    return user.body is not None and opens(user, user.body, cycle.named(cycle.opening.who), name) is not None


def check_oversees(user: User) -> None:
    """Raise Problem ZS702 for one who may not."""
    if not oversees(user):
        raise Problem("ZS702")


def wrong(zh: str, en: str, reason_zh: str, reason_en: str) -> Problem:
    """Return the Problem of a field that says nothing that can be taken."""
    return Problem("ZS842", field=said(zh, en), reason=said(reason_zh, reason_en))


def text_of(value: Any, zh: str, en: str, most: int, least: int = 1) -> str:
    """Return a text, trimmed. Raises Problem ZS842."""
    found = kept(value) if isinstance(value, str) else ""
    if not least <= len(found) <= most:
        raise wrong(zh, en, f"须为 {least} 至 {most} 字", f"takes {least} to {most:,} characters")
    return found


def one_of(value: Any, known: Collection[str], zh: str, en: str) -> str:
    """Return a word that is one of the known ones. Raises Problem ZS842."""
    if value not in known:
        raise wrong(zh, en, "不在可选项中", "is none of the choices")
    return str(value)


def month_of(value: Any, today: date) -> str:
    """Return a month that has begun, as YYYY-MM. Raises Problem ZS842."""
    if not (isinstance(value, str) and MONTH.fullmatch(value)) or value > f"{today:%Y-%m}":
        raise wrong("月份", "Month", "须为已经开始的月份，如 2026-03", "takes a month that has begun, such as 2026-03")
    return value


def check_pools(held: Round) -> None:
    """Raise Problem ZS844 where a pool is too small for a check, also after those are left out who have a tie."""
    for subject in held.subjects:
        needed = {"place": subject["count"], **subject["people"]}
        left = {"place": len(subject["places"])}
        for word in subject["people"]:
            people = [one for one in held.people if one["as"] == word]
            left[word] = sum(subject["vendor"] not in one["ties"] for one in people)
        for word, count in needed.items():
            if left[word] < count:
                raise Problem("ZS844", vendor=subject["name"], pool=word, left=left[word], needed=count)


def check_second(user: User, first: User | None) -> None:
    """Raise Problem ZS845 where one person, by any account, would do what two have to."""
    if first is None or one_person(user, first):
        raise Problem("ZS845")


def _opening(step: Step) -> dict[str, Any]:
    return step.before[0] if step.before else step.fields


def _check_known(step: Step) -> None:
    found = library.checks().check(step.fields["check"])
    if vendors.serving(code_of(step), kind_of(step).id) is None:
        raise step.refuse("该供应商没有这一种类的在服务的服务线", "the vendor has no line of this kind in service")
    if not found.every_months and "reason" not in step.fields:
        raise step.refuse("计划外检查须写明理由", "an unscheduled check says why")


def held_check(case: Case | None) -> VendorCheck:
    """Return the check of a case."""
    return VendorCheck.objects.select_related("round").get(case=case)


def _as_round_drew(step: Step) -> None:
    held = held_check(step.case)
    if held.round is None or held.round.state != RoundState.DRAWN:
        raise step.refuse("本检查尚未抽取", "the check was not drawn for yet")
    told, given = drawing.drawn(held.round, held.code), step.fields
    same = (given["seed"], given.get("places", []), given.get("people", []))
    if same != (held.round.seed, told.places, told.people):
        raise step.refuse(
            f"按种子应抽中 {' '.join([*told.places, *told.people])}",
            f"the seed draws {' '.join([*told.places, *told.people])}",
        )


def _drawn_where_asked(step: Step) -> None:
    check = library.checks().check(_opening(step)["check"])
    if check.draws and step.case is not None and step.case.state == "due":
        raise step.refuse("须先随机抽取，再检查", "the draw comes before the check")


def _last(step: Step, name: str) -> Any:
    return next((fields[name] for fields in reversed(step.before) if name in fields), None)


def _found_met(step: Step) -> None:
    if _last(step, "result") != "met":
        raise step.refuse("检查结果不是“符合”，不能认定合格", "the result is not 'met': unknown is never a pass")


def _complainant_heard(step: Step) -> None:
    found = VendorComplaint.objects.filter(case=step.case).first()
    if found is None or found.satisfied is None:
        raise step.refuse("投诉人尚未评价；期满自动办结", "who complained has not judged yet; it closes by itself then")


def _line_known(step: Step) -> None:
    code, kind = code_of(step), kind_of(step).id
    if vendors.serving(code, kind) is None and not vendors.lines_about(code, kind, LineState.EXITING):
        raise step.refuse("该供应商没有这一种类的服务线", "the vendor has no line of this kind")


def _grave(step: Step) -> bool:
    return _opening(step)["what"] in GRAVE


def _not_grave(step: Step) -> None:
    if _grave(step):
        raise step.refuse("此类事件须先停止服务", "an incident of this kind stops the service first")


def _grave_alone(step: Step) -> None:
    if not _grave(step) or _last(step, "finding") == "not_confirmed":
        raise step.refuse(
            "只有重大事故、数据泄露、资质造假且未被否定的事件可以立即退出",
            "a medical accident, data leak or false qualification that was not refuted alone leads to the exit at once",
        )


def _looked_back(step: Step) -> None:
    if _last(step, "looked_at") is None and _last(step, "finding") != "not_confirmed":
        raise step.refuse("须先登记回溯结果", "the look-back comes first")


def _survey_below(step: Step) -> None:
    book, fields = library.checks().survey, step.fields
    lines = vendors.lines_about(code_of(step), kind_of(step).id)
    given = (fields["month"], int(fields["answers"]), int(fields["share"]))
    figures = [survey.figure(line, fields["month"], book) for line in lines]
    known = {(one.month, one.answers, one.share) for one in figures if one.known} | alerts.satisfaction(code_of(step))
    if given not in known or given[2] >= book.report_below:
        raise step.refuse(
            "与该月满意度不符，或者未低于阈值", "this is not the figure of the month, or it is not below the threshold"
        )


def _below_deadline(step: Step) -> None:
    told = [int(fields["share"]) for fields in step.before if "share" in fields]
    if min(told) >= library.checks().survey.deadline_below:
        raise step.refuse("满意度未低于限期整改的阈值", "the satisfaction is not below the threshold of a deadline")


def _act_listed(step: Step) -> None:
    kind_of(step)
    library.sanctions().act(step.fields["act"])


def _measures_of_act(step: Step) -> None:
    """Measures are those of the act's grade; a fine has an amount, a transfer a receiver, and neither without."""
    book, fields = library.sanctions(), step.fields
    grade = book.grades[book.act(_opening(step)["act"]).grade]
    asked = set(fields["measures"])
    if not asked or not asked <= set(grade.measures):
        raise step.refuse(f"“{grade.zh}”等级没有所选的措施", f"the grade '{grade.en}' does not allow these measures")
    if ("fine" in asked) != ("fine_fen" in fields):
        raise step.refuse("违约金或罚款须写明金额，且仅此时填写", "a fine has an amount, and nothing else has")
    if ("transfer" in asked) != ("receiver" in fields):
        raise step.refuse("移送须写明接收机关，且仅此时填写", "a transfer names its receiver, and nothing else does")


def _appeal_apart(step: Step) -> None:
    decided = cases.who_took(step.case, "decide") if step.case is not None else set()
    voices = {one.pk for one in (step.actor, step.behalf) if isinstance(one, User)}
    if voices & decided:
        raise step.refuse("作出决定的人不得处理申诉", "who decided does not decide on the appeal")


def _line_exiting(step: Step) -> None:
    if not vendors.lines_about(code_of(step), kind_of(step).id, LineState.EXITING):
        raise step.refuse("服务线没有启动退出", "no line of this kind is exiting")


def _steps(step: Step) -> dict[str, str]:
    return dict(ExitStep.objects.filter(case=step.case).values_list("key", "state"))


def _data_handed_over(step: Step) -> None:
    if _steps(step).get("hand_over_data") == StepState.OPEN:
        raise step.refuse("数据移交完成之前不得销毁", "nothing is destroyed before the data is handed over")


def _witness_apart(step: Step) -> None:
    names = {"".join(step.fields[key].split()).casefold() for key in ("operator", "witness")}
    if len(names) == 1:
        raise step.refuse("操作人与监督人须为两人", "operator and witness are two people")


def _records_kept(step: Step) -> None:
    """Originals of medical records are kept for their years from the latest record on, whoever agrees."""
    book = library.exit_plan()
    years = book.retention.get(step.fields["holds"])
    if years is None:
        return
    last = date.fromisoformat(step.fields["last_record_on"])
    until = date(last.year + years, last.month, min(last.day, 28 if last.month == 2 else last.day))
    if step.day < until:
        cite = book.cites[book.retention_cite]
        raise step.refuse(f"保存至 {until} 止，不得销毁：{cite.zh}", f"kept until {until}: {cite.en}")


def _sample_clean(step: Step) -> None:
    if int(step.fields["recovered"]) > 0:
        raise step.refuse("抽验发现可恢复的数据，须重新销毁", "data was recovered in the sample: destroy it anew")


def _step_waivable(step: Step) -> None:
    found = library.exit_plan().step(step.fields["step"])
    if not found.may_waive(data=kinds().kind(_opening(step)["kind"]).data):
        raise step.refuse(f"“{found.zh}”不能标为不适用", f"'{found.en}' cannot be waived")


def _successor_fit(step: Step) -> None:
    """Who takes over unfinished work takes new work of that kind today, and is another vendor."""
    code = step.fields.get("successor")
    if not code or step.case is None:
        return
    if code == step.case.institution_id:
        raise step.refuse("退出的供应商不能承接自己的业务", "a vendor that leaves does not take over from itself")
    body = step.case.body
    member = body.institution_code if body.kind == BodyKind.CONSORTIUM else ""
    why = vendors.refused(code, _opening(step)["kind"], step.day, member=member)
    if why is not None:
        raise step.refuse(f"承接的供应商不能接新业务：{why.zh}", f"the vendor takes no new work: {why.en}")


def _steps_done(step: Step) -> None:
    left = [key for key, state in _steps(step).items() if state == StepState.OPEN]
    if left or not _steps(step):
        book = library.exit_plan()
        named = [book.step(key) for key in left]
        raise step.refuse(
            "未完成：" + "、".join(one.zh for one in named), "still open: " + ", ".join(one.en for one in named)
        )


def _exit_plan_closed(step: Step) -> None:
    if step.case is None or not cases.followers(step.case.pk, "vendor_exit").filter(state="closed").exists():
        raise step.refuse("退出计划尚未办结", "the exit plan is not closed")


#: Guards by the names that life-cycles use.
GUARDS: dict[str, Callable[[Step], None]] = {
    "check_known": _check_known,
    "as_round_drew": _as_round_drew,
    "drawn_where_asked": _drawn_where_asked,
    "found_met": _found_met,
    "complainant_heard": _complainant_heard,
    "line_known": _line_known,
    "not_grave": _not_grave,
    "grave_alone": _grave_alone,
    "looked_back": _looked_back,
    "survey_below": _survey_below,
    "below_deadline": _below_deadline,
    "act_listed": _act_listed,
    "measures_of_act": _measures_of_act,
    "appeal_apart": _appeal_apart,
    "line_exiting": _line_exiting,
    "data_handed_over": _data_handed_over,
    "witness_apart": _witness_apart,
    "records_kept": _records_kept,
    "sample_clean": _sample_clean,
    "step_waivable": _step_waivable,
    "steps_done": _steps_done,
    "successor_fit": _successor_fit,
    "exit_plan_closed": _exit_plan_closed,
}
