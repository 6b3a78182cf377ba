"""The page for the site of an inspection, which works without a line, and what it exchanges with the site.

The page itself holds no fact: all it shows comes as one JSON, which the browser keeps encrypted until logout.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from zhunsheng.book.checklists import load_checklist
from zhunsheng.casework.bodies.permissions import Verb
from zhunsheng.casework.cases.words import said
from zhunsheng.casework.inspections import actions, policies, queries
from zhunsheng.casework.inspections.models import ItemVersion, Visit
from zhunsheng.casework.samples import queries as samples
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.home import rulebook
from zhunsheng.kernel.money import yuan
from zhunsheng.web import caseforms
from zhunsheng.web.access import page
from zhunsheng.web.answers import json_answer
from zhunsheng.web.views.errors import problem_context
from zhunsheng.web.views.inspections import one_visit


def _own(request: HttpRequest, pk: int) -> Visit:
    """Return a visit of whose team the reader is. Raises Problem ZS701, ZS702."""
    found = one_visit(request, pk)
    if request.user.pk not in policies.officers_of(found):
        raise Problem("ZS702")
    return found


@page(Verb.READ_CASES)
def form(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the page; its content is fetched by its script and kept on the device."""
    return render(request, "web/onsite.html", {"visit": _own(request, pk)})


@page(Verb.READ_CASES)
def pack(request: HttpRequest, pk: int) -> HttpResponse:
    """Send what the page needs on site: sample, check-list, articles, and what the team collected so far."""
    found = _own(request, pk)
    subjects = {one["id"]: one["name"] for one in found.plan.subjects}
    checks = load_checklist(rulebook())
    articles = {one.id: one.article for one in checks.kinds}
    kinds = [{"id": one.id, "label": str(said(one.zh, one.en)), "article": one.article} for one in checks.kinds]
    entries = [
        {"id": one.id, "label": str(said(f"{one.field}：{one.zh}", f"{one.field_en}: {one.en}")),
         "article": articles[one.kind]}
        for one in checks.items
    ]  # fmt: skip
    told = {
        "visit": found.pk, "number": found.case.number, "name": subjects[found.institution_id],
        "collecting": found.case.state in policies.COLLECTING, "csrf": get_token(request),
        "checks": [*kinds, *entries], "articles": _articles(),
        "sample": samples.drawn(request.scope, found.case_id),
        "versions": [_version(one) for one in queries.versions(found)],
    }  # fmt: skip
    return json_answer(told)


def _articles() -> list[dict[str, str]]:
    """Each article, followed by its items."""
    found = []
    for key, words in caseforms.articles():
        found.append({"id": key, "label": str(words)})
        found += [{"id": f"{key}/{item}", "label": f"{words}（{item}）{text}"} for item, text in actions.items_of(key)]
    return found


def _version(one: ItemVersion) -> dict[str, Any]:
    content = {**one.content, "yuan": "" if one.content["fen"] is None else yuan(one.content["fen"]).replace(",", "")}
    return {"item": one.item, "key": one.key, "bases": one.bases, "content": content,
            "author": one.author.display_name, "at": one.written_at.isoformat()}  # fmt: skip


@require_POST
@page(Verb.READ_CASES)
def put(request: HttpRequest, pk: int) -> HttpResponse:
    """Take one version of an item. A refusal is told as JSON, and the device keeps what it has."""
    try:
        found = _own(request, pk)
        try:
            sent = json.loads(request.body)
        except (ValueError, RecursionError) as error:
            raise Problem("ZS935", reason=_("不是 JSON")) from error
        findings = frozenset(one["id"] for one in samples.drawn(request.scope, found.case_id))
        made = actions.put_item(request.user, found, sent, findings)
    except Problem as problem:
        return _refused(problem)
    return json_answer({"key": made.key})


@require_POST
@page(Verb.READ_CASES)
def photo(request: HttpRequest, pk: int) -> HttpResponse:
    """Take one photo."""
    try:
        found = _own(request, pk)
        keys = [actions.put_photo(request.user, found, one.name, one.chunks()) for one in request.FILES.getlist("file")]
    except Problem as problem:
        return _refused(problem)
    return json_answer({"digests": keys})


def _refused(problem: Problem) -> HttpResponse:
    told = problem_context(problem)
    return json_answer({"code": problem.code, "message": problem.as_dict(get_language() or "zh")["message"]},
                       int(told["status"]))  # fmt: skip


def worker(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """Send the service worker: it holds no fact and stands where it may serve the pages below /onsite/."""
    path = finders.find("built/onsite-worker.js")
    if not isinstance(path, str):
        raise Problem("ZS701")
    return HttpResponse(Path(path).read_bytes(), content_type="text/javascript; charset=utf-8")


def manifest(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """Send what a device needs to install the page."""
    told = {
        "name": _("准绳现场检查"), "short_name": _("现场检查"), "start_url": reverse("inspections"), "scope": "/",
        "display": "standalone", "icons": [{"src": static("icon.svg"), "sizes": "any", "type": "image/svg+xml"}],
    }  # fmt: skip
    answer = json_answer(told)
    answer["Content-Type"] = "application/manifest+json"
    return answer
