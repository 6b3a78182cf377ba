"""Tip-offs for those who handle them: the queue, one tip-off, calls of the hotline, seals, messages, figures."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from zhunsheng.book.cycles import Cycle, Input
from zhunsheng.casework.bodies.permissions import Verb
from zhunsheng.casework.cases import files as store
from zhunsheng.casework.cases.policies import reward_settled
from zhunsheng.casework.cases.words import named, said
from zhunsheng.casework.tips import actions, figures, queries
from zhunsheng.casework.tips.models import TipOff
from zhunsheng.casework.tips.policies import MESSAGE_LENGTH, cycle
from zhunsheng.casework.tips.queries import Sought
from zhunsheng.casework.tips.sealing import KEY_FILE_BYTES
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.money import yuan
from zhunsheng.kernel.time import SHANGHAI, now
from zhunsheng.web import exports, tipforms
from zhunsheng.web.access import page
from zhunsheng.web.paging import Pages, last_page, page_number
from zhunsheng.web.views.errors import problem_context

ROWS = 50
PRIVATE = ("id-name", "id-contact", "id-payment", "secret", "passphrase")


@page(Verb.HANDLE_TIPS)
def tip_list(request: HttpRequest) -> HttpResponse:
    """List the tip-offs of the reader's body: new, being verified, late or all; by channel, act, month, institution."""
    wanted, life = _wanted(request), cycle()
    found = queries.sought(request.scope, request.user, wanted)
    pages = Pages(page_number(request), ROWS, found.count())
    if elsewhere := last_page(request, pages):
        return elsewhere
    names = _names(request)
    context = {
        "wanted": wanted.given,
        "sought": wanted,
        "shows": [("new", _("新收")), ("verifying", _("核查中")), ("established", _("待奖励")), ("late", _("逾期")),
                  ("done", _("已办结")), ("all", _("全部"))],
        "channels": _choices(life, "channel"),
        "acts": _choices(life, "act"),
        "states": [(state.id, named(state)) for state in life.states],
        "places": request.scope.billing(),
        "rows": [_row(one, life, names) for one in found[max(0, pages.first - 1) : pages.last]],
        "pages": pages,
        "unsealings": queries.unsealings(request.scope, request.user),
    }  # fmt: skip
    return render(request, "web/tips.html", context)


def _wanted(request: HttpRequest) -> Sought:
    given = {name: request.GET.get(name, "") for name in Sought.__dataclass_fields__}
    return Sought(**{**given, "show": given["show"] or "new"})


def _names(request: HttpRequest) -> dict[str, str]:
    return {place.institution_id: place.name for place in request.scope.places()}


def _choices(life: Cycle, field: str) -> list[tuple[str, Any]]:
    return [(key, said(*words)) for key, words in _input(life, field).choices.items()]


def _input(life: Cycle, field: str) -> Input:
    return next(one for one in life.opening.needs if one.id == field)


def _row(tip: TipOff, life: Cycle, names: dict[str, str]) -> dict[str, Any]:
    case, day = tip.case, now().date()
    told = queries.told(tip)
    return {
        "tip": tip,
        "case": case,
        "told": told,
        "about": names.get(case.institution_id) or told.get("about") or case.institution_id,
        "act": dict(_choices(life, "act")).get(tip.act, tip.act),
        "channel": dict(_choices(life, "channel")).get(tip.channel, tip.channel),
        "state": case.life.state(case.state),
        "days_left": (case.due_on - day).days if case.due_on and not case.closed_at else None,
    }


@page(Verb.HANDLE_TIPS)
def export(request: HttpRequest, kind: str) -> HttpResponse:
    """Send the list, with its conditions, without a word of any reporter's identity."""
    wanted, life, names = _wanted(request), cycle(), _names(request)
    found = queries.sought(request.scope, request.user, wanted)
    exports.check_size(found.count())

    def rows() -> Iterator[list[Any]]:
        yield [_cells(_row(one, life, names)) for one in found]

    sheet = exports.Sheet(
        title=_("举报投诉"),
        facts=[(name, value) for name, value in wanted.given.items()],
        head=[
            _("编号"), _("收到"), _("渠道"), _("被举报对象"), _("行为种类"), _("涉及金额（元）"), _("状态"), _("到期"),
            _("举报内容"),
        ],
        money=(5,),
        rows=rows(),
        totals=[_("合计"), found.count()],
        verb=Verb.HANDLE_TIPS,
    )  # fmt: skip
    return exports.respond(request, sheet, kind, "tips", wanted.given)


def _cells(row: dict[str, Any]) -> list[Any]:
    case, told = row["case"], row["told"]
    state = named(row["state"])
    due = "" if case.closed_at or not case.due_on else case.due_on.isoformat()
    return [
        case.number, f"{case.opened_at.astimezone(SHANGHAI):%Y-%m-%d}", row["channel"], row["about"], row["act"],
        told.get("amount_fen", ""), state, due, told.get("content", ""),
    ]  # fmt: skip


@never_cache
@sensitive_post_parameters(*PRIVATE)
@page(Verb.HANDLE_TIPS)
def new_tip(request: HttpRequest) -> HttpResponse:
    """Enter a call, a letter or a visit: the same form, the same sealed identity, a receipt to tell the caller."""
    known, body = request.scope.billing(), request.user.body
    if request.method == "GET":
        return render(request, "web/tip_new.html", tipforms.context(request, known, body, staff=True))
    try:
        sent = tipforms.read(request, known, staff=True)
        made, code = actions.receive(request.user, sent, body)
    except Problem as problem:
        context = tipforms.context(request, known, body, staff=True, problem=problem)
        return render(request, "web/tip_new.html", context, status=context["status"])
    context = {"tip": made, "code": code, "body": body, "named": bool(sent.identity), "staff": True}
    return render(request, "web/report_receipt.html", context)


@page(Verb.HANDLE_TIPS)
def tip(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a tip-off."""
    return _page(request, _one(request, pk))


def _one(request: HttpRequest, pk: int) -> TipOff:
    found = queries.one(request.scope, request.user, pk)
    if found is None:
        raise Problem("ZS701")
    return found


def _page(
    request: HttpRequest, found: TipOff, problem: Problem | None = None, inside: dict[str, str] | None = None
) -> HttpResponse:
    told = problem_context(problem) if problem else {"status": 200}
    life, names = cycle(), _names(request)
    context = {
        **told,
        **_row(found, life, names),
        "content": queries.told(found),
        "alike": [
            {
                "tip": one.tip,
                "likeness": one.likeness // 10,
                "told": queries.told(one.tip),
                "open": not reward_settled(one.tip.case),
            }
            for one in queries.resembling(request.scope, request.user, found)
        ],
        "messages": found.messages.select_related("author"),
        "files": found.files.all(),
        "seals": queries.sealed(found),
        "inside": inside,
        "text": request.POST.get("text", "") if problem else "",
        "reason": request.POST.get("reason", "") if problem else "",
        "message_most": MESSAGE_LENGTH,
        "key": uuid.uuid4().hex,
        "followed_by": [one for one in found.case.followed_by.all() if one.body_id == found.body_id],
        **_reward(request, found),
    }
    return render(request, "web/tip.html", context, status=told["status"])


def _reward(request: HttpRequest, found: TipOff) -> dict[str, Any]:
    """Return the trial of a reward, with the address of the step's form that it fills in."""
    move = next(one for one in cycle().moves if one.id == "reward")
    choices = {one.id: [(key, said(*words)) for key, words in one.choices.items()] for one in move.needs}
    subject, grade = request.GET.get("subject", "institution"), request.GET.get("grade", "first")
    trial = queries.trial(found, subject, grade) if found.case.state == "established" else None
    if trial is None:
        parts = queries.rewarded(found)
        return {"trial": None, "shares": _shares(parts), "unpaid": (found, 0) in parts}
    slices = [f"{yuan(one.part_fen)} × {_rate(one.rate_e4)}" for one in trial.reward.slices]
    factor = f" × {_rate(trial.reward.factor_e4)}"
    limits = {"floor": _("不足下限，按下限计"), "cap": _("超过上限，按上限计"), "": ""}
    lines = [f"（{' + '.join(slices) or '0.00'}）{factor} = {yuan(trial.reward.before_limits_fen)}"]
    lines += [limits[trial.reward.limit]] if trial.reward.limit else []
    fill = {
        "step": "reward", "f-scheme": trial.scheme.name, "f-subject": subject, "f-grade": grade,
        "f-reward_fen": yuan(trial.reward.amount_fen).replace(",", ""),
        "f-basis": f"{trial.scheme.zh} {'；'.join(lines)}",
    }  # fmt: skip
    parts = queries.parts_of(found.case, trial.reward.amount_fen)
    fill["f-basis"] += "".join(f"；{one.case.number} {yuan(fen)}" for one, fen in parts if len(parts) > 1 and fen)
    return {
        "shares": _shares(parts),
        "trial": trial,
        "lines": lines,
        "fill": fill,
        "subjects": choices["subject"],
        "grades": choices["grade"],
        "cites": list(trial.scheme.cites.values()),
    }


def _shares(parts: list[tuple[TipOff, int | None]]) -> list[dict[str, Any]]:
    """Return what of a reward goes to whom of several, with how often each claimed it."""
    claims = [one.sealed.filter(kind="claim").count() for one, _fen in parts]
    rows = [{"tip": one, "fen": fen, "claims": n} for (one, fen), n in zip(parts, claims, strict=True)]
    return rows if len(rows) > 1 else []


def _rate(rate_e4: int) -> str:
    whole, rest = divmod(rate_e4, 100)
    return f"{whole}.{rest:02d}%" if rest else f"{whole}%"


@require_POST
@page(Verb.HANDLE_TIPS)
def write(request: HttpRequest, pk: int) -> HttpResponse:
    """Write to the reporter."""
    found = _one(request, pk)
    return _tried(
        request, found, "messages",
        lambda: actions.write(request.user, found, request.POST.get("text", ""), request.POST.get("key", "")),
    )  # fmt: skip


@page(Verb.HANDLE_TIPS)
def file(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """Send a file of a reporter, always as a download."""
    kept = queries.file_of(_one(request, pk), number)
    if kept is None:
        raise Problem("ZS701")
    content = store.path_of(kept.digest).open("rb")
    return FileResponse(content, as_attachment=True, filename=kept.name, content_type=kept.media)


@require_POST
@page(Verb.HANDLE_TIPS)
def ask_unseal(request: HttpRequest, pk: int, box: int) -> HttpResponse:
    """Ask for a seal to be opened by a second person."""
    found = _one(request, pk)
    sealed = queries.box_of(found, box)
    if sealed is None:
        raise Problem("ZS701")
    reason = request.POST.get("reason", "")
    return _tried(request, found, "seals", lambda: actions.ask_unseal(request.user, found, sealed, reason))


@never_cache
@sensitive_post_parameters(*PRIVATE)
@require_POST
@page(Verb.HANDLE_TIPS)
def settle_unseal(request: HttpRequest, pk: int, number: int, answer: str) -> HttpResponse:
    """Open a seal with the key file and show what is inside, once; or refuse."""
    found = _one(request, pk)
    asked = queries.waiting_unsealing(found, number)
    if asked is None or answer not in ("open", "refuse"):
        raise Problem("ZS701")
    if answer == "refuse":
        return _tried(request, found, "seals", lambda: actions.refuse_unseal(request.user, found, asked))
    upload = request.FILES.get("key_file")
    content = upload.read(KEY_FILE_BYTES + 1) if upload else b""
    try:
        inside = actions.open_seal(request.user, found, asked, content, request.POST.get("passphrase", "")[:200])
    except Problem as problem:
        return _page(request, _one(request, pk), problem)
    return _page(request, _one(request, pk), inside=inside)


def _tried(request: HttpRequest, found: TipOff, place: str, act: Callable[[], object]) -> HttpResponse:
    try:
        act()
    except Problem as problem:
        return _page(request, _one(request, found.pk), problem)
    return HttpResponseRedirect(f"{reverse('tip', args=[found.pk])}#{place}")


@page(Verb.HANDLE_TIPS)
def figures_page(request: HttpRequest) -> HttpResponse:
    """Show the figures of the reader's body; every one leads to its list."""
    text, years = request.GET.get("year", ""), figures.years(request.scope, request.user)
    if text and text not in map(str, years):
        raise Problem("ZS709", name="year", value=text)
    found = figures.figures(request.scope, request.user, int(text) if text else None)
    life = cycle()
    parts = [
        (_("渠道"), "channel", _counts(found.by_channel, dict(_choices(life, "channel")))),
        (_("行为种类"), "act", _counts(found.by_act, dict(_choices(life, "act")))),
        (_("状态与结果"), "state", _counts(found.by_state, {one.id: named(one) for one in life.states})),
        (_("收到月份"), "month", [(month, month, count) for month, count in found.by_month.items()]),
    ]
    context = {"figures": found, "parts": parts, "years": [str(year) for year in years], "year": text}
    return render(request, "web/tip_figures.html", context)


def _counts(counted: dict[str, int], words: dict[str, Any]) -> list[tuple[str, Any, int]]:
    return [(key, words.get(key, key), count) for key, count in counted.items()]
