"""The form of a report, the same for the public and for staff who enter a call: shown, read, and shown again."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest

from zhunsheng.book.cycles import Input
from zhunsheng.casework.bodies.lake import Place
from zhunsheng.casework.bodies.models import Body
from zhunsheng.casework.cases.words import said
from zhunsheng.casework.tips import actions, queries
from zhunsheng.casework.tips.policies import IDENTITY, MESSAGE_LENGTH, cycle, plain
from zhunsheng.kernel.errors import Problem
from zhunsheng.web import caseforms
from zhunsheng.web.views.errors import problem_context

#: Names offered while a name is typed; a site with more lets the name be written alone.
OFFERED = 3000
#: What makes a form's secret: 64 hex digits of the site's own making.
SECRET = re.compile(r"[0-9a-f]{64}")
#: Fields that a form of its own shows elsewhere, or fills in itself.
APART = ("channel", "about")


def new_secret() -> str:
    """Return a fresh secret of a form, from which its receipt is made."""
    return secrets.token_hex(32)


def inputs(*, staff: bool) -> list[Input]:
    """Return the fields of a report; only staff say by which channel it came."""
    apart = APART[1:] if staff else APART
    return [one for one in cycle().opening.needs if one.id not in apart]


def whom(text: str, known: Iterable[Place]) -> tuple[str, str]:
    """Return (institution, free text) for a name as typed: an institution where exactly one bears it."""
    name = plain(text)[:200]
    found = [place.institution_id for place in known if place.name == name]
    return (found[0], "") if len(found) == 1 else ("", name)


def read(request: HttpRequest, known: list[Place], *, staff: bool) -> actions.Report:
    """Return what a form sent. Raises Problem ZS713 for a form that this site did not make."""
    secret = request.POST.get("secret", "")
    if not SECRET.fullmatch(secret):
        raise Problem("ZS713")
    institution, about = whom(request.POST.get("whom", ""), known)
    given = caseforms.read(inputs(staff=staff), request.POST) | {"about": about}
    if not staff:
        given["channel"] = "page"
    named = request.POST.get("who") == "named"
    identity = {name: request.POST.get(f"id-{name}", "") for name in IDENTITY} if named else {}
    if named and not any(text.strip() for text in identity.values()):
        nobody = said("选择了留下身份，但没有填写", "the form says that it is not anonymous, and names nobody")
        raise Problem("ZS925", reason=nobody)
    return actions.Report(given, institution, secret, identity, tuple(request.FILES.getlist("files")))


def context(
    request: HttpRequest, known: list[Place], body: Body, *, staff: bool, problem: Problem | None = None
) -> dict[str, Any]:
    """Return what the form shows: empty, or with what was typed and what is wrong."""
    told = problem_context(problem) if problem else {"status": 200}
    wanted = inputs(staff=staff)
    typed = caseforms.read(wanted, request.POST) if problem else {}
    again = bool(problem and problem.code != "ZS911")
    return {
        **told,
        "body": body,
        "fields": caseforms.fields(wanted, caseforms.Around(), typed),
        "places": known if len(known) <= OFFERED else [],
        "whom": request.POST.get("whom", "")[:200],
        "sealable": queries.key_in_use(body) is not None,
        "named": request.POST.get("who") == "named",
        "identity": {name: request.POST.get(f"id-{name}", "")[:most] for name, most in IDENTITY.items()},
        "most": IDENTITY,
        "chosen": [file.name for file in request.FILES.getlist("files")] if problem else [],
        "limits": actions.limits(),
        "secret": request.POST.get("secret", "") if again else new_secret(),
        "message_most": MESSAGE_LENGTH,
    }
