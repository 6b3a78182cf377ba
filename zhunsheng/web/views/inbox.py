"""The inbox: everything that is asked of the reader, in the order of its days; as a list, a month and a feed."""

from __future__ import annotations

import calendar as months
from collections import defaultdict
from datetime import date, timedelta
from typing import Any

from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from zhunsheng.casework.bodies import walls
from zhunsheng.casework.bodies.models import BodyKind
from zhunsheng.casework.bodies.permissions import Verb, may
from zhunsheng.casework.bodies.scope import scope
from zhunsheng.casework.inbox import actions, queries
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.time import SHANGHAI, now
from zhunsheng.kernel.workdays import workday
from zhunsheng.web import exports, ics
from zhunsheng.web.access import member, page
from zhunsheng.web.narrowing import narrowed
from zhunsheng.web.paging import Pages, last_page, page_number

ROWS = 50
#: Seconds for which the quiet count in the navigation may be old.
COUNT_SECONDS = 60
#: Tasks of one month on the calendar, and days that a feed looks back and ahead.
MONTH_MOST, FEED_BACK, FEED_AHEAD, FEED_MOST = 500, 31, 186, 1000


@require_GET
@member
def home(request: HttpRequest) -> HttpResponse:
    """Where a login leads: a vendor to its own page, who has cases to the inbox, others to the overview."""
    if request.user.body and request.user.body.kind == BodyKind.VENDOR and may(request.user, Verb.READ_CASES):
        return redirect("portal")
    return redirect("inbox" if may(request.user, Verb.READ_CASES) else "overview")


@require_GET
@page()
def inbox(request: HttpRequest) -> HttpResponse:
    """List what is asked of the reader now."""
    wanted, day = _wanted(request), now().date()
    found = queries.waiting_for(request.scope, request.user, day, wanted)
    pages = Pages(page_number(request), ROWS, found.total)
    if elsewhere := last_page(request, pages):
        return elsewhere
    seen = queries.reader(request.user).seen_at
    tasks = found.tasks(max(0, pages.first - 1), pages.last)
    if wanted == queries.Wanted():
        cache.set(_key(request.user), found.total, COUNT_SECONDS)
    actions.note_seen(request.user)
    given = {"kind": wanted.kind, "q": wanted.q, "group": wanted.group}
    context = {
        "wanted": given,
        "groups": [(name, word, found.counts[name]) for name, word in _group_words()],
        "narrowed": any(given.values()),
        "all": sum(found.counts.values()),
        "parts": _parts(tasks, day),
        "kinds": queries.kinds(),
        "pages": pages,
        "seen": seen,
        "day": day,
        "unread": queries.notices(request.user, unread=True).count(),
        "unowned": queries.unowned(request.scope) if _sees_unowned(request) else [],
        "for_whom": queries.delegated_to(request.user, day),
    }
    return render(request, "web/inbox.html", context)


def _sees_unowned(request: HttpRequest) -> bool:
    """Who leads a body's cases, and who gives duties, are told what waits for nobody; it names no case."""
    return may(request.user, Verb.GIVE_DUTIES) or may(request.user, Verb.MANAGE_KEYS)


def _wanted(request: HttpRequest) -> queries.Wanted:
    """Return what is asked for. Raises Problem ZS709 for a kind or a group that is none."""
    found = narrowed(request, {"kind": queries.kinds(), "group": queries.GROUPS})
    return queries.Wanted(found["kind"], request.GET.get("q", "").strip()[:60], found["group"])


def _group_words() -> list[tuple[str, str]]:
    words = (_("逾期"), _("今天"), _("本周"), _("以后"), _("无期限"))
    return list(zip(queries.GROUPS, words, strict=True))


def _parts(tasks: list[Any], day: date) -> list[tuple[str, list[dict[str, Any]]]]:
    """Return the tasks of a page under the words of their groups, each with the days that are left."""
    parts: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for task in tasks:
        left = (task.due_on - day).days if task.due_on else None
        parts[queries.group_of(task.due_on, day)].append({"task": task, "left": left})
    return [(word, parts[name]) for name, word in _group_words() if name in parts]


def count(request: HttpRequest) -> int | None:
    """Return how much is asked of the reader, at most a minute old; None before the reader's scope is known."""
    view = getattr(request, "scope", None)
    if view is None:
        return None
    asked: int | None = cache.get(_key(request.user))
    if asked is None:
        asked = queries.waiting_for(view, request.user, now().date()).total
        cache.set(_key(request.user), asked, COUNT_SECONDS)
    return asked


def _key(user: Any) -> str:
    return f"inbox:{user.pk}:{user.login}"


@require_GET
@page(Verb.READ_CASES)
def export(request: HttpRequest, kind: str) -> HttpResponse:
    """Export what is asked of the reader. Raises Problem ZS710 for too much of it."""
    wanted, day = _wanted(request), now().date()
    found = queries.waiting_for(request.scope, request.user, day, wanted)
    exports.check_size(found.total)
    head = [_("到期"), _("编号"), _("种类"), _("待办"), _("关于"), _("缘由"), _("来自"), _("自")]
    facts = [(_("日期"), str(day)), (_("种类"), wanted.kind or _("全部")), (_("检索"), wanted.q)]
    sheet = exports.Sheet(
        title=_("待办"),
        facts=facts,
        head=head,
        money=(),
        rows=(_exported(found, at) for at in range(0, found.total, 1000)),
        totals=[_("合计"), found.total, *[""] * (len(head) - 2)],
        verb=Verb.READ_CASES,
    )
    return exports.respond(request, sheet, kind, "inbox", {"kind": wanted.kind, "group": wanted.group})


def _exported(found: queries.Waiting, at: int) -> list[list[Any]]:
    return [
        [str(one.due_on or ""), one.number, str(one.kind), str(one.title), one.about, str(one.why), one.sender,
         f"{one.since.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"]
        for one in found.tasks(at, at + 1000)
    ]  # fmt: skip


@require_GET
@page()
def calendar(request: HttpRequest) -> HttpResponse:
    """Show the last days of what is asked of the reader, a month at a time, with the days on which people work."""
    first = _month(request)
    last = first.replace(day=months.monthrange(first.year, first.month)[1])
    wanted = queries.Wanted(first=first, last=last)
    found = queries.waiting_for(request.scope, request.user, now().date(), wanted)
    days: dict[date, list[Any]] = defaultdict(list)
    for task in found.tasks(0, MONTH_MOST):
        days[task.due_on].append(task)
    weeks = months.Calendar().monthdatescalendar(first.year, first.month)
    context = {
        "first": first,
        "weeks": [[_day(one, first, days[one]) for one in week] for week in weeks],
        "earlier": f"{first - timedelta(days=1):%Y-%m}",
        "later": f"{last + timedelta(days=1):%Y-%m}",
        "total": found.total,
        "left_out": max(0, found.total - MONTH_MOST),
        "feed": bool(queries.reader(request.user).feed),
        "address": request.session.pop("feed", ""),
    }
    return render(request, "web/calendar.html", context)


def _month(request: HttpRequest) -> date:
    """Return the first day of the month asked for. Raises Problem ZS709."""
    text = request.GET.get("month", "")
    try:
        return date.fromisoformat(f"{text}-01") if text else now().date().replace(day=1)
    except ValueError as error:
        raise Problem("ZS709", name="month", value=text[:20]) from error


def _day(one: date, first: date, tasks: list[Any]) -> dict[str, Any]:
    told = workday(one)
    return {
        "day": one,
        "tasks": tasks,
        "outside": one.month != first.month,
        "rest": not told.is_working,
        "make_up": told.is_working and one.weekday() > 4,
        "provisional": told.provisional,
        "today": one == now().date(),
    }


@require_POST
@page()
def change_feed(request: HttpRequest) -> HttpResponse:
    """Make a new address of the own calendar, which ends the one before, or end it."""
    if request.POST.get("deed") == "end":
        actions.end_feed(request.user)
    else:
        key = actions.open_feed(request.user)
        request.session["feed"] = request.build_absolute_uri(reverse("feed", args=[key]))
    return HttpResponseRedirect(reverse("calendar"))


@require_GET
def feed(request: HttpRequest, key: str) -> HttpResponse:
    """Give the calendar of whom the key belongs to: last days, numbers and titles, nothing else."""
    with walls.within(walls.SITE):
        user = queries.feed_of(key)
        if user is None:
            raise Http404
        view = scope(user).own  # the address is as good as a key: what others granted is read by who is logged in
    with walls.within(walls.wall_of(view)):
        day = now().date()
        wanted = queries.Wanted(first=day - timedelta(days=FEED_BACK), last=day + timedelta(days=FEED_AHEAD))
        tasks = queries.waiting_for(view, user, day, wanted).tasks(0, FEED_MOST)
    text = ics.calendar(_("准绳待办"), [_entry(request, one) for one in tasks], now())
    return HttpResponse(text, content_type="text/calendar; charset=utf-8")


def _entry(request: HttpRequest, task: Any) -> ics.Entry:
    key = f"{task.source}-{task.key}@{request.get_host()}"
    return ics.Entry(key, task.due_on, f"{task.number} {task.title}", request.build_absolute_uri(task.address))
