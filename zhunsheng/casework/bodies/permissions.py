"""Who may: each duty and what it allows. System, security and audit duties stay apart (三员分立)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from zhunsheng.casework.bodies.models import BodyKind, DutyName
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.time import now

if TYPE_CHECKING:
    from zhunsheng.casework.bodies.models import User


class Verb(StrEnum):
    """What can be allowed."""

    READ_FINDINGS = "read_findings"
    EXPORT_FINDINGS = "export_findings"
    WORK_FINDINGS = "work_findings"
    DECIDE_FINDINGS = "decide_findings"
    READ_RULEBOOK = "read_rulebook"
    LOAD_KNOWLEDGE = "load_knowledge"
    READ_RUNS = "read_runs"
    RUN_RULES = "run_rules"
    READ_IMPORTS = "read_imports"
    IMPORT_FILES = "import_files"
    READ_EVIDENCE = "read_evidence"
    READ_PEOPLE = "read_people"
    MANAGE_PEOPLE = "manage_people"
    GIVE_DUTIES = "give_duties"
    ASK_DESK = "ask_desk"
    MANAGE_KEYS = "manage_keys"
    READ_CASES = "read_cases"
    READ_GRANTS = "read_grants"
    ASK_GRANTS = "ask_grants"
    GIVE_GRANTS = "give_grants"
    ANSWER_OVERTURNED = "answer_overturned"
    HANDLE_TIPS = "handle_tips"


_CASES = {Verb.READ_CASES, Verb.HANDLE_TIPS}
_WORK = {Verb.EXPORT_FINDINGS, Verb.WORK_FINDINGS, Verb.ASK_DESK}
_READ = {Verb.READ_FINDINGS, Verb.READ_RULEBOOK, Verb.READ_RUNS}
_GRANTS = {Verb.READ_GRANTS, Verb.ASK_GRANTS}
ALLOWED: dict[DutyName, frozenset[Verb]] = {
    DutyName.HEAD: frozenset(
        {*_READ, *_WORK, *_CASES, *_GRANTS, Verb.GIVE_GRANTS, Verb.READ_IMPORTS, Verb.DECIDE_FINDINGS, Verb.MANAGE_KEYS}
    ),
    DutyName.REVIEWER: frozenset({*_READ, *_WORK, *_CASES, *_GRANTS, Verb.READ_IMPORTS, Verb.DECIDE_FINDINGS}),
    DutyName.IMPORTER: frozenset({*_READ, Verb.READ_IMPORTS, Verb.IMPORT_FILES, Verb.RUN_RULES}),
    DutyName.ANALYST: frozenset(
        {*_READ, *_WORK, *_GRANTS, Verb.READ_IMPORTS, Verb.RUN_RULES, Verb.LOAD_KNOWLEDGE, Verb.ANSWER_OVERTURNED}
    ),
    DutyName.OFFICE: frozenset({*_READ, *_WORK, Verb.READ_CASES}),
    DutyName.CLINICIAN: frozenset({*_READ, Verb.ASK_DESK}),
    DutyName.OFFICER: frozenset({*_READ, *_WORK, *_CASES, *_GRANTS, Verb.READ_IMPORTS}),
    DutyName.LEGAL_REVIEWER: frozenset({*_READ, Verb.EXPORT_FINDINGS, Verb.READ_CASES, Verb.READ_GRANTS}),
    DutyName.HANDLER: frozenset({*_READ, *_WORK, *_CASES, *_GRANTS, Verb.READ_IMPORTS}),
    DutyName.FINANCE_OFFICER: frozenset({*_READ, *_GRANTS, Verb.EXPORT_FINDINGS, Verb.READ_CASES}),
    DutyName.ADMINISTRATOR: frozenset({Verb.READ_RULEBOOK, Verb.READ_PEOPLE, Verb.MANAGE_PEOPLE}),
    DutyName.SECURITY: frozenset({Verb.READ_PEOPLE, Verb.GIVE_DUTIES}),
    DutyName.AUDITOR: frozenset(
        {Verb.READ_RULEBOOK, Verb.READ_RUNS, Verb.READ_IMPORTS, Verb.READ_EVIDENCE, Verb.READ_PEOPLE, Verb.READ_GRANTS}
    ),
}
#: The three administrators (三员): never one person, and never together with a duty of the trade.
ADMINISTRATORS = frozenset({DutyName.ADMINISTRATOR, DutyName.SECURITY, DutyName.AUDITOR})
#: All that anyone does in a body that runs the site for others.
ADMINISTRATOR_VERBS = frozenset().union(*(ALLOWED[duty] for duty in ADMINISTRATORS))
#: Those whose word binds others: they decide on findings.
DECIDERS = frozenset(duty for duty, verbs in ALLOWED.items() if Verb.DECIDE_FINDINGS in verbs)
#: Duties that nobody holds without a certificate.
CERTIFIED = frozenset({DutyName.OFFICER})

#: Files may hold any institution's rows, and a rule book and a run judge them all: only bodies that see a whole
#: region do any of it.
REGION_KINDS = frozenset({BodyKind.INSURANCE_AUTHORITY, BodyKind.INSURANCE_AGENCY, BodyKind.HEALTH_AUTHORITY})
REGION_VERBS = frozenset({Verb.IMPORT_FILES, Verb.READ_IMPORTS, Verb.RUN_RULES, Verb.LOAD_KNOWLEDGE})

#: Findings and tip-offs concern the fund: those who answer for it decide on them.
FUND_KINDS = frozenset({BodyKind.INSURANCE_AUTHORITY, BodyKind.INSURANCE_AGENCY})
FUND_VERBS = frozenset({Verb.DECIDE_FINDINGS, Verb.ANSWER_OVERTURNED, Verb.HANDLE_TIPS})


_known: ContextVar[dict[tuple[Any, ...], frozenset[DutyName]] | None] = ContextVar("duties", default=None)


@contextmanager
def remembering() -> Iterator[None]:
    """Ask the duties of a person once within the block: a page asks for them at every turn."""
    token = _known.set({})
    try:
        yield
    finally:
        _known.reset(token)


def forget() -> None:
    """Ask anew: duties have been written."""
    known = _known.get()
    if known is not None:
        known.clear()


def duties_held(user: User) -> frozenset[DutyName]:
    """Return the duties that a user holds today in the user's own body."""
    if not user.is_active or user.body_id is None:
        return frozenset()
    known, key = _known.get(), (user.pk, user.body_id, now().date())
    if known is not None and key in known:
        return known[key]
    names = user.duties.on(key[-1]).filter(body_id=user.body_id).values_list("name", flat=True)
    held = frozenset(DutyName(name) for name in names)
    if known is not None:
        known[key] = held
    return held


def verbs_of(user: User) -> frozenset[Verb]:
    """Return what a user may do today, by the duties held in the user's own body."""
    verbs = frozenset().union(*(ALLOWED[name] for name in duties_held(user)))
    if user.body is None:
        return frozenset()
    if user.body.kind == BodyKind.DATA_AUTHORITY:
        verbs &= ADMINISTRATOR_VERBS
    kept = verbs if user.body.kind in REGION_KINDS else verbs - REGION_VERBS
    return kept if user.body.kind in FUND_KINDS else kept - FUND_VERBS


def may(user: User, verb: Verb) -> bool:
    """Whether a user may do something today."""
    return verb in verbs_of(user)


def check_may(user: User, verb: Verb) -> None:
    """Raise Problem ZS702 unless the user may do something today."""
    if not may(user, verb):
        raise Problem("ZS702")
