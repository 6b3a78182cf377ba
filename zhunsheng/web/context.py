"""What every page's frame needs."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from django.http import HttpRequest

from zhunsheng.casework.bodies import lake
from zhunsheng.casework.bodies.models import BodyKind
from zhunsheng.casework.bodies.permissions import Verb, verbs_of
from zhunsheng.casework.grants import queries as grants
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.time import at
from zhunsheng.web.views import inbox

NAV = (
    ("inbox", None),
    ("portal", Verb.READ_CASES),
    ("overview", Verb.READ_FINDINGS),
    ("findings", Verb.READ_FINDINGS),
    ("worklist", Verb.READ_FINDINGS),
    ("indicators", Verb.READ_FINDINGS),
    ("places", Verb.READ_FINDINGS),
    ("cases", Verb.READ_CASES),
    ("points", Verb.READ_CASES),
    ("vendors", Verb.READ_CASES),
    ("vendor-board", Verb.READ_CASES),
    ("alerts", Verb.READ_CASES),
    ("ratings", Verb.READ_CASES),
    ("oversight", Verb.READ_CASES),
    ("agreements", Verb.READ_CASES),
    ("prices", Verb.READ_CASES),
    ("periodic-list", Verb.READ_CASES),
    ("informing", Verb.READ_FINDINGS),
    ("fleet", Verb.READ_CASES),
    ("trips", Verb.READ_CASES),
    ("alarms", Verb.READ_CASES),
    ("desk", Verb.ASK_DESK),
    ("rules", Verb.READ_RULEBOOK),
    ("imports", Verb.READ_IMPORTS),
    ("runs", Verb.READ_RUNS),
    ("people", Verb.READ_PEOPLE),
    ("audit", Verb.READ_EVIDENCE),
    ("grants", Verb.READ_GRANTS),
)
#: Sections that are about members of consortia and their staff.
NOT_OF_VENDORS = frozenset({"worklist", "points", "desk"})
#: Which of them stand under one word; the others stand alone. Members of a group follow each other.
GROUPS = {
    "overview": "watch", "findings": "watch", "worklist": "watch", "indicators": "watch", "places": "watch",
    "cases": "work", "points": "work",
    "vendors": "services", "vendor-board": "services", "alerts": "services", "ratings": "services",
    "oversight": "services", "agreements": "services", "prices": "services", "periodic-list": "services",
    "informing": "services",
    "fleet": "chain", "trips": "chain", "alarms": "chain",
    "imports": "data", "runs": "data",
    "people": "keeping", "audit": "keeping", "grants": "keeping",
}  # fmt: skip
#: What nobody does on a record that is seen by a grant.
ACTS = frozenset({Verb.WORK_FINDINGS, Verb.DECIDE_FINDINGS})
#: Pages that belong to a section of the navigation without bearing its name.
SECTIONS = {
    "indicator": "indicators", "indicator-rows": "indicators",
    "finding": "findings", "encounter": "places", "line": "places", "compare": "places",
    "case": "cases", "case-new": "cases", "clues": "cases", "case-move": "cases", "case-settle": "cases",
    "oversight-check": "oversight", "oversight-pool": "oversight", "oversight-survey": "oversight",
    "oversight-exit": "oversight", "oversight-list": "oversight", "oversight-draw": "oversight",
    "oversight-pool-change": "oversight", "meetings": "oversight", "meeting": "oversight", "meeting-new": "oversight",
    "vendor": "vendors", "vendor-new": "vendors", "vendor-negative": "vendors", "vendor-expiry": "vendors",
    "vendor-review": "vendors", "vendor-open": "vendors", "vendor-check": "vendors", "vendor-add": "vendors",
    "vendor-part": "vendors", "periodic": "periodic-list",
    "points-person": "points", "points-propose": "points",
    "alert": "alerts", "rating": "ratings", "ratings-vendor": "ratings", "ratings-tried": "ratings",
    "subsidies": "ratings", "subsidy": "ratings",
    "seal": "cases", "case-extend": "cases", "case-attach": "cases",
    "tips": "cases", "tip": "cases", "tip-new": "cases", "tip-figures": "cases", "tip-write": "cases",
    "tip-unseal": "cases", "tip-settle": "cases",
    "documents": "cases", "document": "cases", "document-draft": "cases", "document-act": "cases",
    "recoveries": "cases", "recoveries-export": "cases", "overturned": "rules", "overturned-answer": "rules",
    "inspections": "cases", "inspection": "cases", "inspection-new": "cases", "inspection-change": "cases",
    "inspectors": "cases", "visit": "cases", "visit-problems": "cases", "problem-case": "cases", "onsite": "cases",
    "informing-record": "informing", "vendor-duties": "vendors",
    "portal-prices": "portal", "portal-incident": "portal", "portal-add": "portal", "portal-exception": "portal",
    "agreement": "agreements", "agreement-new": "agreements", "agreement-write": "agreements",
    "relations": "agreements",
    "device": "fleet", "device-enter": "fleet", "device-add": "fleet", "quarantine": "fleet",
    "trip": "trips", "trip-new": "trips", "trip-change": "trips", "alarm": "alarms", "alarm-step": "alarms",
    "samples": "cases", "sample-new": "cases", "sample": "cases", "self-check": "cases", "self-check-mark": "cases",
    "self-check-report": "cases",
    "rule": "rules", "knowledge": "rules", "law": "rules", "article": "rules",
    "workbooks": "rules", "workbook": "rules", "rules-lint": "rules",
    "desk-reminders": "desk", "desk-keys": "desk", "desk-respond": "desk",
    "person": "people", "bodies": "people",
    "grant": "grants", "grant-new": "grants", "grant-change": "grants",
    "notices": "inbox", "calendar": "inbox", "delegations": "inbox", "deliveries": "inbox",
    "import": "imports", "run": "runs", "run-progress": "runs", "run-against": "runs",
}  # fmt: skip


def frame(request: HttpRequest) -> dict[str, Any]:
    """Return navigation, rights and the state of the data for the frame of a page.

    A page's own values win over these: what a page might name itself begins with ``frame_``.
    """
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"user": user, "may": {}, "nav": (), "frame_beside": (), "frame_run": None}
    verbs, granted = verbs_of(user), _granted(request)
    seen = request.resolver_match.view_name if request.resolver_match else ""
    section = SECTIONS.get(seen, seen)
    groups = _grouped([name for name, verb in NAV if (verb is None or verb in verbs) and _wanted(name, user)])
    beside = next((names for names in groups if section in names), [])
    return {
        "user": user,
        "may": {verb.value: True for verb in verbs if not granted["opened"] or verb not in ACTS},
        "frame_grants": granted["by"],
        "nav": [_entry(names, section) for names in groups],
        "frame_beside": beside if len(beside) > 1 else [],
        "frame_inbox": inbox.count(request),
        "section": section,
        "frame_run": _run() if Verb.READ_RUNS in verbs else None,
    }


def _wanted(name: str, user: Any) -> bool:
    """Whether a section is of use to somebody: a vendor has a home of its own, and neither a desk nor a worklist."""
    if user.body and user.body.kind == BodyKind.VENDOR:
        return name not in NOT_OF_VENDORS
    return name != "portal"


def _grouped(names: list[str]) -> list[list[str]]:
    """Return pages by the word of the navigation under which they stand, in their order."""
    return [list(found) for _, found in groupby(names, lambda name: GROUPS.get(name, name))]


def _entry(names: list[str], section: str) -> dict[str, Any]:
    """Return where a word of the navigation leads, which word it is, and whether the page stands under it."""
    return {"to": names[0], "word": GROUPS[names[0]] if names[1:] else names[0], "here": section in names}


def _granted(request: HttpRequest) -> dict[str, Any]:
    """Return the grants by which a page is answered, and whether what it shows was opened by one alone."""
    scope = getattr(request, "scope", None)
    if scope is None or not (scope.used or scope.opened):
        return {"by": [], "opened": False}
    opened = {grant for _, grant in scope.opened}
    return {"by": grants.named(opened or scope.used), "opened": bool(opened)}


def _run() -> dict[str, Any] | None:
    """Return what the foot says of the current run; one that cannot be read leaves its problem's code."""
    try:
        file = lake.current_run()
    except Problem as problem:
        return {"problem": problem.code}
    if file is None:
        return None
    manifest = file.manifest
    return {
        "id": manifest.get("run_id", ""),
        "as_of": manifest.get("as_of", ""),
        "book": str(manifest.get("book_digest", ""))[:12],
        "finished_at": at(manifest["finished_at"]) if "finished_at" in manifest else None,
    }
