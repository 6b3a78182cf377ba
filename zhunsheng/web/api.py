"""The plain JSON interface: ``/api/desk/judge`` and what goes with it, described at ``/api/openapi.json``."""

from __future__ import annotations

from typing import Literal

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI, Schema
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.security import HttpBearer
from pydantic import Field

from zhunsheng import __version__
from zhunsheng.casework.cases.words import said
from zhunsheng.casework.desk.policies import REASON_LENGTH
from zhunsheng.casework.informing import queries as informing
from zhunsheng.casework.informing.actions import inform_all
from zhunsheng.casework.informing.policies import MOST, Sender
from zhunsheng.casework.vendors import queries as vendors
from zhunsheng.desk.forms import OrderForm
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.time import now
from zhunsheng.web import desk, readings
from zhunsheng.web.answers import json_answer
from zhunsheng.web.views.errors import STATUS


class Key(HttpBearer):
    """The key of an institution's system."""

    def authenticate(self, request: HttpRequest, token: str) -> desk.Asker:  # noqa: ARG002
        """Return who holds a key; Problem ZS742 and ZS744 become answers of their own."""
        return desk.admitted(token)


class PointOut(Schema):
    """A knowledge point by which a rule judged."""

    id: str
    label: str
    citation: str


class ReasonOut(Schema):
    """Why: what was compared, in words and as values."""

    verdict: str
    reason: str
    expected: str
    actual: str
    text: str
    point: PointOut | None


class RowOut(Schema):
    """A row involved; one of another institution has no identity and no amount."""

    kind: Literal["line", "encounter"]
    id: str | None
    role: Literal["subject", "other"]
    amount_fen: int | None
    ordered: bool


class ArticleOut(Schema):
    """An article on which a rule stands."""

    instrument: str
    number: str
    article: str
    item: str
    item_text: str
    summary: str


class RuleOut(Schema):
    """A rule: what it says, where from, what to do."""

    id: str
    code: str
    name: str
    version: int
    digest: str
    ground: str
    law: list[ArticleOut]
    why: str
    advice: str
    known_false_positives: list[str]


class FindingOut(Schema):
    """One thing to look at: a lead, never a decision."""

    finding_id: str
    reminder: str
    verdict: Literal["violation", "suspected", "unknown"]
    verdict_text: str
    amount_fen: int
    rule: RuleOut
    reasons: list[ReasonOut]
    rows: list[RowOut]


class LateOut(Schema):
    """A rule that was not judged in time: neither passed nor broken."""

    rule: str
    name: str


Reason = Literal["not_entered", "suspended", "exited", "negative_list", "paper_ended", "paper_missing"]


class RefusalOut(Schema):
    """A line that its vendor may not take as a new order: a word for programs, why, and where that stands."""

    line_id: str
    vendor_id: str
    service_kind: str
    reason: Reason
    text: str
    citation: str
    reminder: str


class HistoryOut(Schema):
    """Where the history came from, and what of the site's own it holds."""

    source: Literal["request", "store", "both", "none"]
    snapshot: str | None
    as_of: str | None
    since: str | None


class AnswerOut(Schema):
    """The answer to an order. ``book`` is the digest of the rule book; lines in ``refused`` are not to be sent."""

    ask: str
    moment: Literal["before", "during"]
    book: str
    findings: list[FindingOut]
    refused: list[RefusalOut]
    judged: list[str]
    not_judged: list[LateOut]
    history: HistoryOut


class FaultOut(Schema):
    """Why a request was not taken: a code with its page, and the field where there is one."""

    code: str
    message: str
    kept: str
    mend: str
    values: dict[str, str]


class ResponseIn(Schema):
    """What was done about a reminder: changed, or gone on with for a reason."""

    reminder: str = Field(pattern=r"^[0-9a-f]{24}-[0-9]{1,4}$")
    kind: Literal["changed", "justified"]
    reason: str = Field(default="", max_length=REASON_LENGTH)
    clerk: str = Field(default="", max_length=64)


class ResponseOut(Schema):
    """The number of a kept answer."""

    response: int


class StatusOut(Schema):
    """What would judge now."""

    version: str
    book: str | None
    history: HistoryOut


class OrderIn(Schema):
    """A new order for a vendor: of which kind of service, and which item where that is known."""

    vendor_id: str = Field(min_length=1, max_length=40)
    service_kind: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")
    item_code: str = Field(default="", max_length=64)


class OrderOut(Schema):
    """The vendor serves: the order may be sent."""

    accepted: Literal[True]
    vendor_id: str
    service_kind: str


class NoticeIn(Schema):
    """That the patient of an order was told who performs it, what the patient chose, and what was offered instead."""

    vendor_id: str = Field(min_length=1, max_length=40)
    order_id: str = Field(min_length=1, max_length=60)
    choice: Literal["accepts", "declines"]
    alternative: Literal["own", "member", "vendor", "elsewhere", "none"]
    told_on: str = Field(pattern=r"^\d{4}-\d{2}-\d{2}$")


class NoticesIn(Schema):
    """A list of notices of the institution whose key is given."""

    notices: list[NoticeIn] = Field(min_length=1, max_length=MOST)


class NoticeOut(Schema):
    """What became of one: its receipt code, told this once, or why it was not taken."""

    number: int
    order_id: str
    receipt: str
    fault: FaultOut | None


class NoticesOut(Schema):
    """What became of each, in the order in which they were sent."""

    notices: list[NoticeOut]


class RefusedOut(FaultOut):
    """Why no new order may go to the vendor, as a word for programs, and where that stands."""

    accepted: Literal[False]
    reason: Reason
    citation: str


FAULTS = dict.fromkeys((400, 401, 403, 404, 422, 429, 503), FaultOut)
api = NinjaAPI(
    title="准绳 Zhunsheng",
    version="1",
    description="医嘱判定接口 · an order judged while someone waits",
    docs_url=None,
    openapi_url="/openapi.json",
    urls_namespace="api",
    auth=Key(),
)


@api.post("/desk/judge", response={200: AnswerOut, **FAULTS}, by_alias=False, tags=["desk"])
def judge(request: HttpRequest, order: OrderForm) -> HttpResponse:
    """Judge an order of the institution whose key is given. What is told is kept as reminders."""
    return json_answer(desk.ask(order, request.auth))


@api.post("/desk/responses", response={200: ResponseOut, **FAULTS}, tags=["desk"])
def respond(request: HttpRequest, given: ResponseIn) -> HttpResponse:
    """Keep what was done about a reminder."""
    (number,) = desk.respond(request.auth, [(given.reminder, given.kind, given.reason)], given.clerk)
    return json_answer({"response": number})


@api.post("/vendor/orders/check", response={200: OrderOut, **FAULTS, 409: RefusedOut}, tags=["vendor"])
def check_order(request: HttpRequest, order: OrderIn) -> HttpResponse:
    """Say whether the institution whose key is given may send a vendor a new order now; refused ones get 409."""
    found = vendors.refused(
        order.vendor_id, order.service_kind, now().date(), member=request.auth.institution_id, item=order.item_code
    )
    if found is None:
        return json_answer({"accepted": True, "vendor_id": order.vendor_id, "service_kind": order.service_kind})
    problem = Problem("ZS657", why=str(said(found.zh, found.en)), cite=str(said(found.cite, found.cite_en)))
    told = {"accepted": False, "reason": found.reason, "citation": str(said(found.cite, found.cite_en))}
    return json_answer({**problem.as_dict(), **told}, 409)


@api.post("/vendor/notices", response={200: NoticesOut, **FAULTS}, tags=["vendor"])
def record_notices(request: HttpRequest, given: NoticesIn) -> HttpResponse:
    """Record that patients were told, for orders of the institution whose key is given; each gets a receipt code."""
    asker = request.auth
    by = Sender(asker.who, asker.body, frozenset({asker.institution_id}), asker.institution_id)
    held = informing.institution_scope(asker.institution_id)
    done = inform_all(by, held, [one.dict() for one in given.notices])
    told = [
        {"number": one.number, "order_id": one.order_id, "receipt": one.code,
         "fault": one.problem.as_dict() if one.problem else None}
        for one in done
    ]  # fmt: skip
    return json_answer({"notices": told})


@api.get("/desk/status", response={200: StatusOut, **FAULTS}, tags=["desk"])
def status(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """Say by which rule book and which history an order would be judged now."""
    return json_answer({"version": __version__, **desk.status()})


api.add_router("/telemetry", readings.router)


@api.exception_handler(Problem)
def _problem(request: HttpRequest, problem: Problem) -> HttpResponse:  # noqa: ARG001
    return json_answer(problem.as_dict(), STATUS.get(problem.code, 400))


@api.exception_handler(AuthenticationError)
def _no_key(request: HttpRequest, error: AuthenticationError) -> HttpResponse:  # noqa: ARG001
    return _problem(request, Problem("ZS742"))


@api.exception_handler(HttpError)
def _unreadable(request: HttpRequest, error: HttpError) -> HttpResponse:  # noqa: ARG001
    return _problem(request, Problem("ZS713"))


@api.exception_handler(ValidationError)
def _faulty(request: HttpRequest, error: ValidationError) -> HttpResponse:
    first = error.errors[0]
    # the first two steps are the framework's own: where the data came from, and the argument that takes them
    field = ".".join(str(step) for step in first["loc"][2:]) or "-"
    return _problem(request, Problem("ZS741", field=field[:200], reason=first["msg"]))
