"""What every page's frame needs."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from zhunsheng.casework.bodies import lake
from zhunsheng.casework.bodies.permissions import Verb, verbs_of
from zhunsheng.casework.grants import queries as grants
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.time import at
from zhunsheng.web.views import inbox

NAV = (
    ("inbox", None),
    ("overview", Verb.READ_FINDINGS),
    ("findings", Verb.READ_FINDINGS),
    ("indicators", Verb.READ_FINDINGS),
    ("worklist", Verb.READ_FINDINGS),
    ("cases", Verb.READ_CASES),
    ("alerts", Verb.READ_CASES),
    ("points", Verb.READ_CASES),
    ("vendors", Verb.READ_CASES),
    ("desk", Verb.ASK_DESK),
    ("places", Verb.READ_FINDINGS),
    ("rules", Verb.READ_RULEBOOK),
    ("imports", Verb.READ_IMPORTS),
    ("runs", Verb.READ_RUNS),
    ("people", Verb.READ_PEOPLE),
    ("audit", Verb.READ_EVIDENCE),
    ("grants", Verb.READ_GRANTS),
)
#: What nobody does on a record that is seen by a grant.
ACTS = frozenset({Verb.WORK_FINDINGS, Verb.DECIDE_FINDINGS})
#: Pages that belong to a section of the navigation without bearing its name.
SECTIONS = {
    "indicator": "indicators", "indicator-rows": "indicators",
    "finding": "findings", "encounter": "places", "line": "places", "compare": "places",
    "case": "cases", "case-new": "cases", "clues": "cases", "case-move": "cases", "case-settle": "cases",
    "oversight": "vendors", "oversight-check": "vendors", "oversight-pool": "vendors", "oversight-survey": "vendors",
    "oversight-exit": "vendors", "oversight-list": "vendors", "oversight-draw": "vendors",
    "oversight-pool-change": "vendors",
    "vendor": "vendors", "vendor-new": "vendors", "vendor-negative": "vendors", "vendor-expiry": "vendors",
    "vendor-review": "vendors", "vendor-open": "vendors", "vendor-check": "vendors", "vendor-add": "vendors",
    "vendor-part": "vendors", "vendor-board": "vendors", "periodic-list": "vendors", "periodic": "vendors",
    "points-person": "points", "points-propose": "points",
    "alert": "alerts", "ratings": "alerts", "rating": "alerts", "ratings-vendor": "alerts", "ratings-tried": "alerts",
    "seal": "cases", "case-extend": "cases", "case-attach": "cases",
    "tips": "cases", "tip": "cases", "tip-new": "cases", "tip-figures": "cases", "tip-write": "cases",
    "tip-unseal": "cases", "tip-settle": "cases",
    "documents": "cases", "document": "cases", "document-draft": "cases", "document-act": "cases",
    "recoveries": "cases", "recoveries-export": "cases", "overturned": "rules", "overturned-answer": "rules",
    "inspections": "cases", "inspection": "cases", "inspection-new": "cases", "inspection-change": "cases",
    "inspectors": "cases", "visit": "cases", "visit-problems": "cases", "problem-case": "cases", "onsite": "cases",
    "agreements": "vendors", "agreement": "vendors", "agreement-write": "vendors", "relations": "vendors",
    "prices": "vendors",
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
        return {"user": user, "may": {}, "nav": (), "frame_run": None}
    verbs, granted = verbs_of(user), _granted(request)
    section = request.resolver_match.view_name if request.resolver_match else ""
    return {
        "user": user,
        "may": {verb.value: True for verb in verbs if not granted["opened"] or verb not in ACTS},
        "frame_grants": granted["by"],
        "nav": [name for name, verb in NAV if verb is None or verb in verbs],
        "frame_inbox": inbox.count(request),
        "section": SECTIONS.get(section, section),
        "frame_run": _run() if Verb.READ_RUNS in verbs else None,
    }


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
