"""Pages of errors: what happened, what was kept, what to do. Each code has an address of its own."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import get_language

from zhunsheng.kernel.errors import ErrorKind, Problem, catalogue

#: Status by code where it is not 400.
STATUS = {
    "ZS701": 404,
    "ZS702": 403,
    "ZS703": 500,
    "ZS704": 429,
    "ZS705": 413,
    "ZS707": 404,
    "ZS708": 409,
    "ZS714": 409,
    "ZS716": 503,
    "ZS717": 413,
    "ZS718": 409,
    "ZS724": 409,
    "ZS725": 409,
    "ZS726": 422,
    "ZS750": 409,
    "ZS751": 409,
    "ZS752": 403,
    "ZS754": 409,
    "ZS756": 409,
    "ZS760": 403,
    "ZS766": 409,
    "ZS767": 502,
    "ZS768": 403,
    "ZS740": 503,
    "ZS741": 422,
    "ZS742": 401,
    "ZS743": 403,
    "ZS744": 429,
    "ZS745": 404,
    "ZS812": 404,
    "ZS814": 409,
    "ZS903": 409,
    "ZS904": 403,
    "ZS905": 409,
    "ZS906": 422,
    "ZS908": 409,
    "ZS909": 403,
    "ZS910": 409,
    "ZS911": 409,
    "ZS913": 422,
    "ZS921": 422,
    "ZS922": 404,
    "ZS862": 404,
    "ZS923": 422,
    "ZS924": 429,
    "ZS925": 422,
    "ZS926": 422,
    "ZS927": 409,
    "ZS928": 500,
    "ZS929": 409,
    "ZS962": 409,
    "ZS964": 409,
    "ZS965": 403,
    "ZS966": 429,
    "ZS967": 503,
    "ZS968": 422,
    "ZS969": 503,
    "ZS941": 409,
    "ZS942": 422,
    "ZS943": 422,
    "ZS945": 500,
    "ZS931": 422,
    "ZS932": 409,
    "ZS933": 403,
    "ZS934": 422,
    "ZS935": 422,
    "ZS936": 409,
    "ZS937": 422,
    "ZS938": 422,
    "ZS939": 409,
}


def problem_page(request: HttpRequest, problem: Problem) -> HttpResponse:
    """Return the page of a problem with its values filled in; its panel alone where a part of a page was asked for."""
    context = problem_context(problem)
    part = "web/parts/problem_panel.html" if getattr(request, "htmx", False) else "web/problem.html"
    return render(request, part, context, status=int(context["status"]))


def problem_context(problem: Problem) -> dict[str, Any]:
    """Return what the templates of a problem show."""
    language = "en" if get_language() == "en" else "zh"
    return {"problem": problem.as_dict(language), "status": STATUS.get(problem.code, 400)}


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    """404."""
    return problem_page(request, Problem("ZS701"))


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    """403."""
    return problem_page(request, Problem("ZS702"))


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    """400."""
    return problem_page(request, Problem("ZS713"))


def csrf(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001
    """403 of a form that is too old or comes from elsewhere."""
    response = problem_page(request, Problem("ZS711"))
    response.status_code = 403
    return response


def broken(request: HttpRequest) -> HttpResponse:
    """500: names the request, so that the log line is found; without the frame, which may be what is broken."""
    language = get_language() or settings.LANGUAGE_CODE
    problem = Problem("ZS703", request=getattr(request, "id", "-")).as_dict("en" if language == "en" else "zh")
    text = render_to_string("web/broken.html", {"problem": problem, "english": language == "en"})
    return HttpResponse(text, status=500)


def error_list(request: HttpRequest) -> HttpResponse:
    """All error codes."""
    return render(request, "web/errors.html", {"kinds": [_told(kind) for kind in catalogue().values()]})


def error_page(request: HttpRequest, code: str) -> HttpResponse:
    """One error code. Raises Problem ZS701 for a code that does not exist."""
    if code not in catalogue():
        raise Problem("ZS701")
    return render(request, "web/error.html", {"kind": _told(catalogue()[code])})


def _told(kind: ErrorKind) -> dict[str, str]:
    english = get_language() == "en"
    pairs = {"text": (kind.zh, kind.en), "kept": (kind.kept_zh, kind.kept_en), "mend": (kind.mend_zh, kind.mend_en)}
    return {"code": kind.code, **{name: pair[english] for name, pair in pairs.items()}}
