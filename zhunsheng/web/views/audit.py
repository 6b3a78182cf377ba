"""The audit page: rows of evidence in view, by kind, actor, subject and day; as CSV and workbook."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from zhunsheng.casework.bodies.models import Body, User
from zhunsheng.casework.bodies.permissions import Verb
from zhunsheng.casework.bodies.scope import Scope
from zhunsheng.casework.outbox.models import EvidenceOutbox
from zhunsheng.casework.outbox.queries import Sought, evidence, kinds
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.text import kept
from zhunsheng.kernel.time import SHANGHAI, parse_date
from zhunsheng.web import exports
from zhunsheng.web.access import page
from zhunsheng.web.evidence_words import kind_words
from zhunsheng.web.paging import Pages, last_page, page_number

ROWS, BATCH = 50, 1000
DIGEST = re.compile(r"[0-9a-f]{32,}")
FIELDS = ("kind", "who", "subject", "first", "last")


@page(Verb.READ_EVIDENCE)
def audit(request: HttpRequest) -> HttpResponse:
    """List what was done, by whom, latest first."""
    given = _given(request)
    found = evidence(request.scope, _sought(request.scope, given))
    pages = Pages(page_number(request), ROWS, found.count())
    if elsewhere := last_page(request, pages):
        return elsewhere
    query = request.GET.copy()
    query.pop("page", None)
    words = kind_words()
    context = {
        "given": given,
        "rows": _told(found[max(0, pages.first - 1) : pages.last]),
        "pages": pages,
        "base": query.urlencode(),
        "kinds": [(kind, words.get(kind, kind)) for kind in kinds(request.scope)],
    }
    return render(request, "web/audit.html", context)


def _given(request: HttpRequest) -> dict[str, str]:
    return {name: kept(request.GET.get(name, ""))[:200] for name in FIELDS}


def _sought(scope: Scope, given: dict[str, str]) -> Sought:
    """What a form asks for. Raises Problem ZS105 for a day that is none, ZS709 for a person who is not in view."""
    first, last = (parse_date(given[name]) if given[name] else None for name in ("first", "last"))
    return Sought(given["kind"], _actor(scope, given["who"]), given["subject"], first, last)


def _actor(scope: Scope, text: str) -> str:
    """The actor that a login, or the name of a process, stands for."""
    if not text or ":" in text:
        return text
    found = scope.rows(User.objects.filter(login__iexact=text)).first()
    if found is None:
        raise Problem("ZS709", name="who", value=text)
    return found.actor_key


def _told(rows: QuerySet[EvidenceOutbox]) -> list[dict[str, Any]]:
    """Rows with the names of people and bodies, which evidence keeps by number only."""
    listed, words = list(rows), kind_words()
    numbers = {row.actor.removeprefix("user:") for row in listed} | {
        row.subject.removeprefix("user:") for row in listed
    }
    people = User.objects.in_bulk([int(number) for number in numbers if number.isdecimal()])
    bodies = Body.objects.in_bulk([int(row.body) for row in listed if row.body.isdecimal()])
    return [
        {
            "row": row,
            "word": words.get(row.kind, row.kind),
            "actor": _named(people, row.actor),
            "subject": _named(people, row.subject),
            "body": bodies.get(int(row.body)) if row.body.isdecimal() else None,
            "content": _content(row.payload),
        }
        for row in listed
    ]


def _content(payload: str) -> list[tuple[str, str]]:
    """What a row holds, name by name; a digest is shown by its beginning, the export holds all of it."""
    told = [(name, _plain(value)) for name, value in json.loads(payload).items() if value not in (None, "")]
    return [(name, f"{text[:12]}…" if DIGEST.fullmatch(text) else text) for name, text in told]


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _named(people: dict[int, User], key: str) -> str:
    number = key.removeprefix("user:")
    known = people.get(int(number)) if key.startswith("user:") and number.isdecimal() else None
    return f"{known.display_name} ({known.login})" if known else key


@page(Verb.READ_EVIDENCE)
def export(request: HttpRequest, kind: str) -> HttpResponse:
    """The list as a file; the export itself leaves evidence."""
    given = _given(request)
    found = evidence(request.scope, _sought(request.scope, given)).order_by("sequence")
    exports.check_size(found.count())
    sheet = exports.Sheet(
        title=_("审计记录"),
        facts=[(name, text) for name, text in given.items() if text],
        head=[_("序号"), _("时间"), _("事项"), _("编码"), _("经办"), _("单位"), _("对象"), _("内容"), _("摘要值")],
        money=(),
        rows=_batches(found),
        totals=[],
        verb=Verb.READ_EVIDENCE,
    )
    return exports.respond(request, sheet, kind, "audit", {name: text for name, text in given.items() if text})


def _batches(found: QuerySet[EvidenceOutbox]) -> Iterator[list[list[Any]]]:
    start, total = 0, found.count()
    while start < total:
        yield [_cells(one) for one in _told(found[start : start + BATCH])]
        start += BATCH


def _cells(one: dict[str, Any]) -> list[Any]:
    row = one["row"]
    at = row.at.astimezone(SHANGHAI).isoformat(timespec="seconds")
    body = str(one["body"] or "")
    return [row.sequence, at, one["word"], row.kind, one["actor"], body, one["subject"], row.payload, row.digest]
