"""My account: password, second factors, recovery codes, sessions, language; and to confirm that it is oneself."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from zhunsheng.casework.accounts import actions, codes, policies, queries, vault
from zhunsheng.casework.accounts.models import Passkey, SignIn
from zhunsheng.casework.accounts.states import Way
from zhunsheng.casework.bodies import actions as bodies
from zhunsheng.casework.bodies.models import User
from zhunsheng.casework.bodies.queries import duties_today
from zhunsheng.casework.outbox.actions import Process, deed
from zhunsheng.kernel.errors import Problem
from zhunsheng.web import passkeys, signins
from zhunsheng.web.access import member, next_address, sure
from zhunsheng.web.answers import json_answer
from zhunsheng.web.views.account import address_of, proved, said


@require_GET
@member
def account(request: HttpRequest) -> HttpResponse:
    """Everything about the own account."""
    user = request.user
    context = {
        "has": queries.security_of(user),
        "duties": duties_today(user),
        "sign_ins": queries.open_sign_ins(user),
        "here": request.sign_in,
        "due": policies.outstanding(user),
        "demanded": policies.demands_factor(user),
        "demands": policies.factor_duties(settings.SECOND_FACTOR),
        "password_days": settings.PASSWORD_DAYS,
        "by_number": request.get_host().rsplit(":", 1)[0].replace(".", "").isdecimal(),
    }
    return render(request, "web/account.html", context)


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
@member
def password(request: HttpRequest) -> HttpResponse:
    """Change the own password by the present one; every other session ends."""
    wrong: dict[str, list[str]] = {}
    if request.method == "POST":
        wrong = _change(request, request.user)
        if not wrong:
            return redirect("account")
    context = {"wrong": wrong, "due": policies.password_is_due(request.user), "days": settings.PASSWORD_DAYS}
    return render(request, "web/account_password.html", context, status=422 if wrong else 200)


def _change(request: HttpRequest, user: User) -> dict[str, list[str]]:
    """Change the password; return what is wrong, by field."""
    old, new = request.POST.get("old", ""), request.POST.get("new", "")
    try:
        if not _is_password(request, user, old):
            return {"old": [_("当前密码不正确。")]}
    except Problem as problem:
        return {"old": [said(problem)]}
    if new != request.POST.get("again", ""):
        return {"again": [_("两次输入的新密码不一致。")]}
    if new == old:
        return {"new": [_("新密码不能与当前密码相同。")]}
    try:
        validate_password(new, user)
    except ValidationError as error:
        return {"new": list(error.messages)}
    with deed():
        actions.change_password(user, new, request.session["sign_in"])
        update_session_auth_hash(request, user)
    signins.confirm(request)
    return {}


def _is_password(request: HttpRequest, user: User, given: str) -> bool:
    """Whether this is the account's password; a wrong one counts as a failed login. Raises Problem ZS704."""
    policies.check_may_try(user.login, address_of(request))
    right = user.check_password(given)
    if not right:
        bodies.note_failure(Process("login"), user.login, address_of(request))
    return right


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
@member
def confirm(request: HttpRequest) -> HttpResponse:
    """Prove to be there, by password or second factor, before a sensitive deed."""
    wrong = ""
    if request.method == "POST":
        wrong = _confirmed(request, request.user)
        if not wrong:
            return HttpResponseRedirect(next_address(request))
    has = queries.security_of(request.user)
    context = {"wrong": wrong, "next": request.POST.get("next", request.GET.get("next", "")), "has": has}
    return render(request, "web/confirm.html", {**context, "sso": settings.OIDC}, status=401 if wrong else 200)


def _confirmed(request: HttpRequest, user: User) -> str:
    """Return what is wrong with the proof, or nothing."""
    try:
        if "password" in request.POST:
            way = Way.PASSWORD if _is_password(request, user, request.POST["password"]) else None
        else:
            way = _by_factor(request, user)
    except Problem as problem:
        return said(problem)
    if way is None:
        return _("验证未通过。")
    actions.note_confirmed(user, way)
    signins.confirm(request)
    return ""


def _by_factor(request: HttpRequest, user: User) -> Way | None:
    with deed():
        way = proved(request, user, address_of(request))
    if way is None:
        bodies.note_failure(Process("login"), user.login, address_of(request))
    return way


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
@member
@sure
def code(request: HttpRequest) -> HttpResponse:
    """Add a device of one-time codes: its secret as picture and text, then a code that it shows."""
    wrong = ""
    secret = _offered(request)
    if request.method == "POST":
        try:
            new = actions.add_code_device(request.user, secret, request.POST.get("code", "")[:40])
        except Problem as problem:
            wrong = said(problem)
        else:
            del request.session["offered"]
            return _codes(request, new)
    picture = codes.picture(codes.address(secret, request.user.login, _("准绳")))
    context = {"wrong": wrong, "picture": picture, "spelled": codes.spelled(secret)}
    return render(request, "web/account_code.html", context, status=422 if wrong else 200)


def _offered(request: HttpRequest) -> bytes:
    """The secret offered in this session until a code proves that the device has it; encrypted there too."""
    kept = request.session.get("offered")
    if kept:
        return vault.unlock(kept)
    secret = codes.new_secret()
    request.session["offered"] = vault.lock(secret)
    return secret


def _codes(request: HttpRequest, new: list[str]) -> HttpResponse:
    """Show recovery codes, this once; without new ones lead to the account."""
    return render(request, "web/account_codes.html", {"codes": new}) if new else redirect("account")


@require_POST
@member
@sure
def remove_code(request: HttpRequest) -> HttpResponse:
    """Remove the own device of one-time codes."""
    actions.remove_code_device(request.user, request.user)
    return redirect("account")


@require_POST
@member
@sure
def new_codes(request: HttpRequest) -> HttpResponse:
    """Replace the recovery codes. Raises Problem ZS762 for an account without a second factor."""
    if not policies.factors(request.user):
        raise Problem("ZS762")
    return _codes(request, actions.renew_recovery_codes(request.user))


@require_GET
@member
@sure
def passkey_options(request: HttpRequest) -> HttpResponse:
    """What a browser needs to make a passkey."""
    return json_answer(passkeys.creation(request, request.user, _("准绳")))


@require_POST
@member
@sure
def add_passkey(request: HttpRequest) -> HttpResponse:
    """Keep a passkey that a browser has made."""
    name = policies.passkey_name(request.POST.get("name", ""))
    return _codes(request, passkeys.made(request, request.user, name, request.POST.get("credential", "")))


@require_POST
@member
@sure
def remove_passkey(request: HttpRequest, pk: int) -> HttpResponse:
    """Remove an own passkey."""
    actions.remove_passkey(request.user, _own(request.user.passkeys.filter(pk=pk).first()))
    return redirect("account")


def login_options(request: HttpRequest) -> HttpResponse:
    """What a browser needs to sign with a passkey: for the second step of a login, or to confirm. Raises ZS701."""
    begun = signins.half(request)
    user = request.user if request.user.is_authenticated else begun[0] if begun else None
    if user is None or request.method != "GET":
        raise Problem("ZS701")
    return json_answer(passkeys.request_for(request, user))


@require_POST
@member
def end_session(request: HttpRequest, pk: int) -> HttpResponse:
    """End an own session; the one that asks is logged out."""
    row = _own(queries.open_sign_ins(request.user).filter(pk=pk).first())
    if row.pk == request.sign_in.pk:
        signins.leave(request, "ended")
        return redirect("login")
    actions.end_sign_in(request.user, row, "ended")
    return redirect("account")


def _own(row: Passkey | SignIn | None) -> Passkey | SignIn:
    """Return what was found among the own. Raises Http404 for nothing."""
    if row is None:
        raise Http404
    return row
