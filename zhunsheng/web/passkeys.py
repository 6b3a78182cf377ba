"""Passkeys (WebAuthn): what a browser is asked, and whether its answer holds. The challenge lives in the session."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest
from webauthn import (
    base64url_to_bytes,
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import PublicKeyCredentialDescriptor

from zhunsheng.casework.accounts import actions
from zhunsheng.casework.bodies.models import User
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.text import kept

#: Bytes of an answer; real ones have about a thousand.
MOST = 16 * 1024
#: What a hostile answer can raise on its way through the library.
FAULTS = (WebAuthnException, ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError)


def site(request: HttpRequest) -> tuple[str, str]:
    """Return the name that passkeys are bound to, and the origin that their answers state."""
    host = request.get_host()
    return host.rsplit(":", 1)[0], f"{request.scheme}://{host}"


def creation(request: HttpRequest, user: User, site_name: str) -> dict[str, Any]:
    """Return what a browser needs to make a passkey; one that the account has already is not made again."""
    options = generate_registration_options(
        rp_id=site(request)[0],
        rp_name=site_name,
        user_name=user.login,
        user_id=f"user:{user.pk}".encode(),
        user_display_name=user.display_name,
        exclude_credentials=_known(user),
    )
    return _asked(request, options)


def request_for(request: HttpRequest, user: User) -> dict[str, Any]:
    """Return what a browser needs to sign with one of the account's passkeys."""
    return _asked(request, generate_authentication_options(rp_id=site(request)[0], allow_credentials=_known(user)))


def _known(user: User) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(one.credential)) for one in user.passkeys.all()]


def _asked(request: HttpRequest, options: Any) -> dict[str, Any]:
    request.session["challenge"] = bytes_to_base64url(options.challenge)
    told: dict[str, Any] = json.loads(options_to_json(options))
    return told


def _challenge(request: HttpRequest) -> bytes:
    """The challenge of this session, once: an answer that is sent again meets none. Raises ValueError without one."""
    held = request.session.pop("challenge", "")
    if not held:
        raise ValueError("no challenge")
    return base64url_to_bytes(held)


def made(request: HttpRequest, user: User, name: str, answer: str) -> list[str]:
    """Keep the passkey that a browser made; return recovery codes, if new. Raises Problem ZS765 for a wrong answer."""
    rp_id, origin = site(request)
    try:
        found = verify_registration_response(
            credential=answer[:MOST],
            expected_challenge=_challenge(request),
            expected_rp_id=rp_id,
            expected_origin=origin,
        )
    except FAULTS as error:
        raise Problem("ZS765") from error
    credential = bytes_to_base64url(found.credential_id)
    return actions.add_passkey(user, name, credential, found.credential_public_key, found.sign_count)


def used(request: HttpRequest, user: User, answer: str) -> bool:
    """Whether a browser's answer was signed by one of the account's passkeys; how often it signed is kept."""
    rp_id, origin = site(request)
    try:
        challenge = _challenge(request)
        passkey = user.passkeys.filter(credential=kept(str(json.loads(answer[:MOST])["id"]))).first()
        if passkey is None:
            return False
        found = verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=rp_id,
            expected_origin=origin,
            credential_public_key=bytes(passkey.public_key),
            credential_current_sign_count=passkey.sign_count,
        )
    except FAULTS:
        return False
    actions.use_passkey(passkey, found.new_sign_count)
    return True
