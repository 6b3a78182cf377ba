"""Single sign-on at one OpenID provider: authorisation code flow with PKCE (OpenID Connect Core 1.0, RFC 7636).

The provider's answers are checked here: issuer, audience, signature, nonce, times. A fault is one Problem, ZS767; its
cause goes to the log as the kind of the exception only, because an answer may quote a person.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from dataclasses import asdict, dataclass
from http.client import HTTPException
from typing import Any
from urllib.error import URLError
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

import jwt
from django.conf import settings

from zhunsheng.casework.logs import logger
from zhunsheng.kernel.errors import Problem

log = logger("sso")
PATIENCE, MOST = 10, 256 * 1024
#: Signatures by a public key only: with a shared secret, whoever reads the site's settings could make answers.
ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"]
LEEWAY = 60
LOCAL = ("127.0.0.1", "localhost", "::1")
#: Whatever a provider that errs can raise here, a broken HTTP answer and JSON without end among it.
FAULTS = (URLError, OSError, HTTPException, ValueError, LookupError, TypeError, RecursionError, jwt.PyJWTError)
#: Values of the claim amr (RFC 8176) that stand for a second factor.
STRONG = frozenset({"mfa", "otp", "hwk", "fpt", "face", "iris", "sc"})


@dataclass(frozen=True, slots=True)
class Asked:
    """What a browser was sent to the provider with; kept in its session until it comes back.

    ``since``: the person must prove anew to be there, not before this moment (POSIX seconds); 0 where a session at the
    provider will do.
    """

    state: str
    nonce: str
    verifier: str
    next: str
    since: int = 0

    def as_dict(self) -> dict[str, str]:
        """Return it for the session."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the provider says of a person."""

    issuer: str
    subject: str
    login: str
    strong: bool


class _Stay(HTTPRedirectHandler):
    """Follows no redirect: a provider's address is what its configuration says."""

    def redirect_request(self, *_args: Any, **_kwargs: Any) -> None:
        return None


def ask(next_address: str, since: int = 0) -> Asked:
    """Return fresh values for one way to the provider and back."""
    return Asked(secrets.token_urlsafe(24), secrets.token_urlsafe(24), secrets.token_urlsafe(48), next_address, since)


def address(asked: Asked, back: str) -> str:
    """Return where the browser goes. Raises Problem ZS767 when the provider does not tell."""
    try:
        return f"{_configuration()['authorization_endpoint']}?{urlencode(_query(asked, back))}"
    except FAULTS as error:
        raise _failed(error) from error


def _query(asked: Asked, back: str) -> dict[str, str]:
    challenge = base64.urlsafe_b64encode(hashlib.sha256(asked.verifier.encode()).digest()).rstrip(b"=").decode()
    anew = {"prompt": "login", "max_age": "0"} if asked.since else {}
    return {
        **anew,
        "response_type": "code",
        "client_id": settings.OIDC["client"],
        "redirect_uri": back,
        "scope": "openid profile",
        "state": asked.state,
        "nonce": asked.nonce,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }


def answer(asked: Asked, code: str, back: str) -> Answer:
    """Return what the provider says of who came back with a code. Raises Problem ZS767 for anything that is amiss."""
    try:
        claims = _claims(_token(_configuration(), asked, code, back), asked.nonce)
        if asked.since and int(claims["auth_time"]) + LEEWAY < asked.since:
            raise ValueError("no new proof")
        login = claims[settings.OIDC["claim"]]
        methods = claims.get("amr", [])
        strong = isinstance(methods, list) and bool(STRONG & {str(one) for one in methods})
        return Answer(claims["iss"], str(claims["sub"])[:255], str(login)[:60], strong)
    except FAULTS as error:
        raise _failed(error) from error


def _failed(error: Exception) -> Problem:
    log.warning("single sign-on failed", kind=type(error).__name__)
    return Problem("ZS767")


def _configuration() -> dict[str, Any]:
    """The provider's description; one that speaks for another issuer is not taken."""
    issuer = settings.OIDC["issuer"]
    told = _fetch(f"{issuer}/.well-known/openid-configuration")
    if str(told["issuer"]).rstrip("/") != issuer:
        raise ValueError("another issuer")
    return told


def _token(told: dict[str, Any], asked: Asked, code: str, back: str) -> dict[str, Any]:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": back,
        "client_id": settings.OIDC["client"],
        "client_secret": settings.OIDC["secret"],
        "code_verifier": asked.verifier,
    }
    given = _fetch(told["token_endpoint"], urlencode(form).encode())
    return {"token": str(given["id_token"]), "keys": _fetch(told["jwks_uri"]), "issuer": told["issuer"]}


def _claims(given: dict[str, Any], nonce: str) -> dict[str, Any]:
    """Return the claims of an identity token whose signature, issuer, audience, times and nonce are right."""
    name = jwt.get_unverified_header(given["token"]).get("kid")
    keys = [key for key in jwt.PyJWKSet.from_dict(given["keys"]).keys if name in (None, key.key_id)]
    claims: dict[str, Any] = jwt.decode(
        given["token"],
        keys[0],
        algorithms=ALGORITHMS,
        audience=settings.OIDC["client"],
        issuer=given["issuer"],
        leeway=LEEWAY,
        options={"require": ["iss", "sub", "aud", "exp", "iat", "nonce"]},
    )
    if not secrets.compare_digest(str(claims["nonce"]).encode(), nonce.encode()) or not _for_us(claims):
        raise ValueError("another nonce or party")
    return claims


def _for_us(claims: dict[str, Any]) -> bool:
    """Whether a token was made for this site: one for several says so by ``azp`` (OpenID Connect Core 1.0, 3.1.3.7)."""
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    return bool(claims.get("azp", None if several else settings.OIDC["client"]) == settings.OIDC["client"])


def _fetch(url: str, data: bytes | None = None) -> dict[str, Any]:
    """Return the JSON of an address of the provider: over TLS, but on this machine, without redirects, in bounds."""
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOCAL):
        raise ValueError("not over TLS")
    asked = Request(url, data, {"Accept": "application/json"})  # noqa: S310 - the scheme was looked at above
    with build_opener(_Stay).open(asked, timeout=PATIENCE) as told:
        text = told.read(MOST + 1)
    found = json.loads(text)
    if len(text) > MOST or not isinstance(found, dict):
        raise ValueError("no object")
    return found
