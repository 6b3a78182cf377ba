"""The national order audit interface: 3101 before, 3102 during, 3103 what the doctor did. Always its envelope."""

from __future__ import annotations

from datetime import datetime
from itertools import count

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from pydantic import ValidationError

from zhunsheng.desk.forms import OrderForm
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.time import now
from zhunsheng.sources.order_audit import Asked, Exchange, Told, audit_request, replied, response_request
from zhunsheng.web import desk
from zhunsheng.web.answers import json_answer
from zhunsheng.web.views.errors import STATUS

#: Codes told by the status of the reply as well; a fault of the message itself is told in the envelope alone.
OUTRIGHT = {"ZS701", "ZS740", "ZS742", "ZS743", "ZS744"}
_numbers = count(1)


@csrf_exempt
@require_POST
def exchange(request: HttpRequest, infno: str) -> HttpResponse:
    """Answer a message in the national envelope, whatever comes."""
    began = now()
    try:
        data = {"3101": _audit, "3102": _audit, "3103": _respond}.get(infno, _unknown)(request, infno, began)
    except Problem as problem:
        told = problem.as_dict()
        reason = f"{problem.code} {told['message']}。{told['kept']}。{told['mend']}"
        data = _exchange({}, began).envelope(-1, reason, None)
        return json_answer(data, STATUS.get(problem.code, 400) if problem.code in OUTRIGHT else 200)
    return json_answer(data)


def _unknown(_request: HttpRequest, _infno: str, _began: datetime) -> dict[str, object]:
    raise Problem("ZS701")


def _audit(request: HttpRequest, infno: str, began: datetime) -> dict[str, object]:
    asker = _asker(request)
    asked = audit_request(request.body, infno)
    forms = [_form(one) for one in asked.orders]  # all of them are read before any is judged and kept
    for form in forms:
        desk.check_asker(form, asker)
    told = [Told(one, desk.ask(form, asker)) for one, form in zip(asked.orders, forms, strict=True)]
    return replied(told, asked.rules, asked.task, _exchange(asked.message, began))


def _respond(request: HttpRequest, _infno: str, began: datetime) -> dict[str, object]:
    asker = _asker(request)
    given = response_request(request.body)
    desk.respond(asker, given.given, str(given.message.get("opter") or ""))
    return _exchange(given.message, began).envelope(0, "", {})


def _asker(request: HttpRequest) -> desk.Asker:
    kind, _, secret = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not secret:
        raise Problem("ZS742")
    return desk.admitted(secret.strip())


def _form(asked: Asked) -> OrderForm:
    """Return the order in plain form. Raises Problem ZS741, which names the national field at fault."""
    try:
        return OrderForm.model_validate(asked.form)
    except ValidationError as error:
        first = error.errors()[0]
        raise Problem("ZS741", field=asked.field(first["loc"]), reason=first["msg"]) from error


def _exchange(message: dict[str, object], began: datetime) -> Exchange:
    return Exchange(str(message.get("mdtrtarea_admvs") or ""), next(_numbers), began, now())
