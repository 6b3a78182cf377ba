"""What the reader was told, which of it goes by mail, and the webhook of the reader's body with what was sent."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from zhunsheng.casework.bodies.permissions import Verb, may
from zhunsheng.casework.inbox import actions, queries
from zhunsheng.casework.inbox.states import Mailing, NoticeGroup
from zhunsheng.kernel.errors import Problem
from zhunsheng.web.access import page, sure
from zhunsheng.web.paging import Pages, last_page, page_number

ROWS = 50


@require_GET
@page()
def notices(request: HttpRequest) -> HttpResponse:
    """List what the reader was told, newest first."""
    show = request.GET.get("show", "all")
    if show not in ("all", "unread"):
        raise Problem("ZS709", name="show", value=show)
    found = queries.notices(request.user, unread=show == "unread")
    pages = Pages(page_number(request), ROWS, found.count())
    if elsewhere := last_page(request, pages):
        return elsewhere
    reader = queries.reader(request.user)
    context = {
        "show": show,
        "rows": found[max(0, pages.first - 1) : pages.last],
        "pages": pages,
        "base": f"show={show}",
        "unread": queries.notices(request.user, unread=True).count(),
        "reader": reader,
        "mails": bool(settings.EMAIL_HOST),
        "groups": [(one, reader.mailing.get(one, Mailing.NONE)) for one in NoticeGroup],
        "ways": list(Mailing),
        "may_send": may(request.user, Verb.MANAGE_KEYS),
    }
    return render(request, "web/notices.html", context)


@require_POST
@page()
def read(request: HttpRequest) -> HttpResponse:
    """Mark one notice as read and go where it leads, or all of them."""
    text = request.POST.get("notice", "")
    if not text:
        actions.note_read(request.user)
        return redirect("notices")
    found = queries.notices(request.user).filter(pk=int(text)).first() if text.isdecimal() and len(text) < 19 else None
    if found is None:
        raise Problem("ZS701")
    actions.note_read(request.user, found.pk)
    return HttpResponseRedirect(found.address or reverse("notices"))


@require_POST
@page()
def choose(request: HttpRequest) -> HttpResponse:
    """Keep which notices go by mail."""
    chosen = {name: request.POST[name] for name in NoticeGroup.values if name in request.POST}
    actions.choose_mailing(request.user, chosen)
    return HttpResponseRedirect(f"{reverse('notices')}#mail")


@require_POST
@page()
@sure
def mail(request: HttpRequest) -> HttpResponse:
    """Ask for a mail address to be used, confirm it by the code that was sent there, or take it away."""
    if request.POST.get("deed") == "confirm":
        actions.confirm_mail(request.user, request.POST.get("code", "")[:40])
    else:
        actions.ask_for_mail(request.user, request.POST.get("address", ""))
    return HttpResponseRedirect(f"{reverse('notices')}#mail")


@require_GET
@page(Verb.MANAGE_KEYS)
def deliveries(request: HttpRequest) -> HttpResponse:
    """Show the webhook of the reader's body and what was sent to the body and its people."""
    found = queries.deliveries(request.user.body_id)
    pages = Pages(page_number(request), ROWS, found.count())
    if elsewhere := last_page(request, pages):
        return elsewhere
    context = {
        "webhook": queries.webhook(request.user.body_id),
        "secret": request.session.pop("webhook-secret", ""),
        "rows": found[max(0, pages.first - 1) : pages.last],
        "pages": pages,
        "body": request.user.body,
    }
    return render(request, "web/deliveries.html", context)


@require_POST
@page(Verb.MANAGE_KEYS)
@sure
def change_webhook(request: HttpRequest) -> HttpResponse:
    """Name a webhook, end it, or send again what was given up."""
    deed = request.POST.get("deed", "")
    if deed == "end":
        actions.end_webhook(request.user)
    elif deed == "again":
        text = request.POST.get("delivery", "")
        actions.send_again(request.user, int(text) if text.isdecimal() and len(text) < 19 else 0)
    else:
        request.session["webhook-secret"] = actions.name_webhook(request.user, request.POST.get("address", "").strip())
    return redirect("deliveries")
