"""Writers of tip-offs. Each leaves its evidence in the same transaction; none of it names who reported.

What the public does is done by a process of the site (``PUBLIC``): no row and no evidence knows more of a reporter than
the receipt's digest and a sealed box.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from zhunsheng.casework.bodies.models import Body, User
from zhunsheng.casework.bodies.permissions import Verb, check_may
from zhunsheng.casework.bodies.policies import attempt_key
from zhunsheng.casework.cases import actions as cases
from zhunsheng.casework.cases import files
from zhunsheng.casework.cases.policies import reason_of
from zhunsheng.casework.cases.words import said
from zhunsheng.casework.outbox.actions import Actor, Process, append, deed
from zhunsheng.casework.tips import policies, queries, receipts, sealing
from zhunsheng.casework.tips.models import (
    PublicTry,
    SealedIdentity,
    SealKind,
    TipFile,
    TipKey,
    TipMessage,
    TipOff,
    Unsealing,
    UnsealState,
)
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.files import digest
from zhunsheng.kernel.time import now

PUBLIC = Process("public")


@dataclass(frozen=True, slots=True)
class Report:
    """What a form sent: the fields of the opening, whom it is about, who reports, files, and the form's secret."""

    given: dict[str, Any]
    institution_id: str
    secret: str
    identity: Mapping[str, str] = field(default_factory=dict)
    files: tuple[Any, ...] = ()


def receive(actor: Actor, report: Report, body: Body) -> tuple[TipOff, str]:
    """Take a report in and return it with its receipt code. The same form again gives the same, and changes nothing.

    Raises Problem ZS904, ZS906, ZS911 (the same form with other words), ZS914, ZS921, ZS923, ZS925.
    """
    if isinstance(actor, User):
        check_may(actor, Verb.HANDLE_TIPS)
    given = {name: policies.plain(text) for name, text in report.given.items()}
    policies.check_whom(report.institution_id, given.get("about", ""))
    policies.check_files(list(report.files))
    key = queries.key_in_use(body)
    identity = policies.identity_of(report.identity, key)
    stored = [files.keep(file.name, file.chunks()) for file in report.files]
    return _receive(actor, body, report, given, identity, key, stored)


@deed
def _receive(
    actor: Actor,
    body: Body,
    report: Report,
    given: dict[str, Any],
    identity: dict[str, str] | None,
    key: TipKey | None,
    stored: list[files.Kept],
) -> tuple[TipOff, str]:
    code = receipts.code_of(report.secret)
    once = hashlib.sha256(report.secret.encode()).hexdigest()
    case = cases.open_case(actor, "tip_off", given, body=body, institution_id=report.institution_id, key=once)
    found = TipOff.objects.filter(case=case).first()
    if found is not None:  # what was added to the form since was not taken in, and is not told as if it were
        if (identity and not found.sealed.exists()) or not {one.digest for one in stored} <= _held(found):
            raise Problem("ZS911", key=once[:8])
        return found, code
    act, channel = given["act"], given["channel"]
    tip = TipOff.objects.create(case=case, body=body, channel=channel, act=act, receipt=receipts.receipt_digest(code))
    if identity is not None and key is not None:
        _seal(tip, SealKind.REPORTER, key, identity)
    _store(tip, stored)
    held = [one.digest for one in stored]
    append(actor, "tip_off.taken_in", subject(tip), {"number": case.number, "named": bool(identity), "files": held})
    return tip, code


def subject(tip: TipOff) -> str:
    """Return how evidence names a tip-off."""
    return f"tip_off:{tip.pk}"


def _seal(tip: TipOff, kind: SealKind, key: TipKey, identity: dict[str, str]) -> SealedIdentity:
    about = f"{tip.case.number}\x1f{kind.value}"
    box = sealing.seal(key.public, about, identity)
    return SealedIdentity.objects.create(tip=tip, kind=kind.value, key=key, box=box, sealed_at=now())


def _held(tip: TipOff) -> set[str]:
    return set(tip.files.values_list("digest", flat=True))


def _store(tip: TipOff, stored: Iterable[files.Kept]) -> None:
    for one in stored:
        known = {"name": one.name, "size": one.size, "media": one.media, "at": now()}
        TipFile.objects.get_or_create(tip=tip, digest=one.digest, defaults=known)


def add(tip: TipOff, text: str, uploaded: Iterable[Any], key: str) -> None:
    """Add words and files of the reporter. The same submission again changes nothing.

    Raises Problem ZS906, ZS911 (another one under its key), ZS914, ZS923.
    """
    uploaded = list(uploaded)
    told = policies.message_of(tip, text, counted=True) if text.strip() or not uploaded else ""
    policies.check_files(uploaded, tip.files.count())
    stored = [files.keep(file.name, file.chunks()) for file in uploaded]
    _add(tip, None, told, stored, key)


def write(user: User, tip: TipOff, text: str, key: str) -> None:
    """Write to the reporter: a question, or what came of it. Raises Problem ZS701, ZS702, ZS906, ZS911."""
    policies.check_handles(user, tip)
    _add(tip, user, policies.message_of(tip, text, counted=False), [], key)


@deed
def _add(tip: TipOff, user: User | None, told: str, stored: list[files.Kept], key: str) -> None:
    key = key[:64]
    before = TipMessage.objects.select_for_update().filter(tip=tip, key=key).first() if key else None
    if before is not None:
        if (before.text, before.author_id) != (told, user.pk if user else None):
            raise Problem("ZS911", key=key)
        return
    if told:
        TipMessage.objects.create(tip=tip, author=user, text=told, at=now(), key=key)
    _store(tip, stored)
    payload = {"text": digest(told.encode()), "files": [one.digest for one in stored]}
    append(user or PUBLIC, "tip_off.written" if user else "tip_off.added", subject(tip), payload)


def claim_reward(tip: TipOff, given: Mapping[str, str]) -> None:
    """Claim a reward by the receipt: how to be paid is sealed like an identity. Raises Problem ZS925, ZS929."""
    day = now().date()
    until = queries.granted(tip).get("until")
    policies.check_claim(tip, queries.standing(tip), until, day, later=queries.came_later(tip))
    key = queries.key_in_use(tip.body)
    identity = policies.identity_of(given, key, payment=True)
    if identity is not None and key is not None:
        _claim(tip, key, identity)


@deed
def _claim(tip: TipOff, key: TipKey, identity: dict[str, str]) -> None:
    box = _seal(tip, SealKind.CLAIM, key, identity)
    append(PUBLIC, "tip_off.claimed", subject(tip), {"box": digest(box.box.encode())})


@deed
def note_try(kind: str, address: str) -> None:
    """Count a report, or a wrong code, of an address; hours that have passed are forgotten."""
    PublicTry.objects.filter(hour__lt=policies.this_hour()).delete()
    PublicTry.objects.create(kind=kind, address_key=attempt_key(address), hour=policies.this_hour())
    if kind == "follow":
        append(PUBLIC, "tip_off.wrong_code", "tip_off", {})


@deed
def register_key(actor: Actor, body: Body, public: str) -> TipKey:
    """Take a public key into use for a body; the one before is retired and keeps opening what was sealed to it."""
    name = sealing.fingerprint(public)
    TipKey.objects.filter(body=body, retired_at=None).update(retired_at=now())
    made = TipKey.objects.create(body=body, fingerprint=name, public=public, made_at=now())
    append(actor, "tip_off.key_registered", f"body:{body.pk}", {"fingerprint": name})
    return made


@deed
def ask_unseal(user: User, tip: TipOff, box: SealedIdentity, reason: str) -> Unsealing:
    """Ask for a seal to be opened, with a reason; a request that has waited too long gives way.

    Raises Problem ZS701, ZS702, ZS906, ZS927.
    """
    policies.check_handles(user, tip)
    told = reason_of(policies.plain(reason))
    waiting = Unsealing.objects.select_for_update().filter(sealed=box, state=UnsealState.ASKED).first()
    if waiting is not None:
        if not policies.is_stale(waiting):
            raise Problem("ZS927", reason=said("已有申请待另一人办理", "a request waits for a second person"))
        _settle(user, waiting, UnsealState.REFUSED)
    asked = Unsealing.objects.create(sealed=box, reason=told, asked_by=user, asked_at=now())
    append(user, "tip_off.unseal_asked", subject(tip), {"kind": box.kind, "reason": digest(told.encode())})
    return asked


def open_seal(user: User, tip: TipOff, asked: Unsealing, key_file: bytes, passphrase: str) -> dict[str, str]:
    """Open a seal as the second person and return what is inside, which is kept nowhere.

    A key that does not open it leaves evidence too. Raises Problem ZS701, ZS702, ZS926, ZS927.
    """
    policies.check_handles(user, tip)
    policies.check_may_unseal(user, asked)
    about = f"{tip.case.number}\x1f{asked.sealed.kind}"
    try:
        inside = sealing.unseal(key_file, passphrase, about, asked.sealed.box)
    except Problem:
        deed(append)(user, "tip_off.not_unsealed", subject(tip), {"kind": asked.sealed.kind})
        raise
    _opened(user, tip, asked)
    return inside


@deed
def _opened(user: User, tip: TipOff, asked: Unsealing) -> None:
    asked = Unsealing.objects.select_for_update().get(pk=asked.pk)
    policies.check_may_unseal(user, asked)
    _settle(user, asked, UnsealState.OPENED)
    payload = {"kind": asked.sealed.kind, "asked_by": asked.asked_by_id, "reason": digest(asked.reason.encode())}
    append(user, "tip_off.unsealed", subject(tip), payload)


@deed
def refuse_unseal(user: User, tip: TipOff, asked: Unsealing) -> None:
    """Refuse a request to open a seal, or take the own one back. Raises Problem ZS701, ZS702, ZS927."""
    policies.check_handles(user, tip)
    asked = Unsealing.objects.select_for_update().get(pk=asked.pk)
    if asked.state != UnsealState.ASKED:
        raise Problem("ZS927", reason=said("申请已经办结", "the request has been settled"))
    _settle(user, asked, UnsealState.REFUSED)
    append(user, "tip_off.unseal_refused", subject(tip), {"kind": asked.sealed.kind})


def _settle(user: User, asked: Unsealing, state: UnsealState) -> None:
    asked.state, asked.settled_by, asked.settled_at = state, user, now()
    asked.save(update_fields=["state", "settled_by", "settled_at"])


def limits() -> dict[str, int]:
    """Return how many files a report may have, and how large each may be in MB."""
    return {"files": settings.TIP_LIMITS["files"], "megabytes": settings.TIP_LIMITS["file_bytes"] // 1024**2}
