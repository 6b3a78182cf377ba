"""The people of the tests: one per kind of reader, and which marks each may meet."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from django.apps import apps
from django.db import DEFAULT_DB_ALIAS, router
from django.db.models import DateTimeField, Model

from tests.web.serving import FAR, LEAD, OTHER, PHARMACY, PLACES, TOWN, VILLAGE
from zhunsheng.casework.bodies import actions
from zhunsheng.casework.bodies.models import Body, BodyKind, Duty, DutyName, User
from zhunsheng.casework.inbox.models import Notice
from zhunsheng.casework.outbox.actions import Process, content
from zhunsheng.casework.outbox.models import EvidenceOutbox
from zhunsheng.kernel.files import digest
from zhunsheng.kernel.time import now

PASSWORD = "qing-he-2026-xian"
ACTOR = Process("test")
#: login -> (kind of body, name, institution code, region, duties)
ROLES = {
    "head": (BodyKind.INSURANCE_AUTHORITY, "青禾县医疗保障局", "", "330781", (DutyName.HEAD,)),
    "reviewer": (
        BodyKind.INSURANCE_AUTHORITY,
        "青禾县医疗保障局",
        "",
        "330781",
        (DutyName.REVIEWER, DutyName.IMPORTER),
    ),
    "legal": (BodyKind.INSURANCE_AUTHORITY, "青禾县医疗保障局", "", "330781", (DutyName.LEGAL_REVIEWER,)),
    "finance": (BodyKind.INSURANCE_AUTHORITY, "青禾县医疗保障局", "", "330781", (DutyName.FINANCE_OFFICER,)),
    "agency": (BodyKind.INSURANCE_AGENCY, "青禾县医保中心", "", "330781", (DutyName.REVIEWER,)),
    "health": (BodyKind.HEALTH_AUTHORITY, "青禾县卫生健康局", "", "330700", (DutyName.ANALYST,)),
    "whole": (BodyKind.INSURANCE_AUTHORITY, "全域医疗保障局", "", "", (DutyName.ANALYST, DutyName.IMPORTER)),
    "consortium": (BodyKind.CONSORTIUM, "青禾县人民医院松医共体", LEAD.id, "", (DutyName.HEAD,)),
    "lead": (BodyKind.INSTITUTION, LEAD.name, LEAD.id, "", (DutyName.OFFICE,)),
    "town": (BodyKind.INSTITUTION, TOWN.name, TOWN.id, "", (DutyName.OFFICE,)),
    "other": (BodyKind.INSTITUTION, OTHER.name, OTHER.id, "", (DutyName.OFFICE,)),
    "pharmacy": (BodyKind.INSTITUTION, PHARMACY.name, PHARMACY.id, "", (DutyName.CLINICIAN,)),
    "far": (BodyKind.INSTITUTION, FAR.name, FAR.id, "", (DutyName.OFFICE,)),
    "vendor": (BodyKind.VENDOR, "恒诺检验", "", "", (DutyName.HEAD,)),
    "auditor": (BodyKind.INSURANCE_AUTHORITY, "青禾县医疗保障局", "", "330781", (DutyName.AUDITOR,)),
    "admin": (BodyKind.INSURANCE_AUTHORITY, "青禾县医疗保障局", "", "330781", (DutyName.ADMINISTRATOR,)),
    "operator": (BodyKind.DATA_AUTHORITY, "青禾县数据局", "", "330781", (DutyName.ADMINISTRATOR,)),
    "keeper": (BodyKind.DATA_AUTHORITY, "青禾县数据局", "", "330781", (DutyName.SECURITY,)),
    "watcher": (BodyKind.DATA_AUTHORITY, "青禾县数据局", "", "330781", (DutyName.AUDITOR,)),
    "police": (BodyKind.POLICE, "青禾县公安局", "", "330781", (DutyName.HEAD, DutyName.ANALYST)),
    "idle": (BodyKind.INSTITUTION, LEAD.name, LEAD.id, "", ()),
}
COUNTY = {LEAD, TOWN, VILLAGE, OTHER, PHARMACY}
SEES = {
    "head": COUNTY, "reviewer": COUNTY, "legal": COUNTY, "finance": COUNTY, "agency": COUNTY,
    "health": COUNTY, "whole": set(PLACES),
    "consortium": {LEAD, TOWN, VILLAGE}, "lead": {LEAD}, "town": {TOWN}, "other": {OTHER}, "pharmacy": {PHARMACY},
    "far": {FAR}, "vendor": set(), "auditor": set(), "admin": set(), "operator": set(),
    "keeper": set(), "watcher": set(), "police": set(), "idle": set(), "stranger": set(),
}  # fmt: skip
_OWN = {"lead", "idle", "town", "other", "pharmacy"}
_BUREAU = {"head", "reviewer", "legal", "finance", "auditor", "admin", "consortium", *_OWN}
_REGION = {*_BUREAU, "agency", "operator", "keeper", "watcher", "police"}
#: Whose accounts each of those who read people meets: of the own body and its institutions, or of the region's bodies.
PEOPLE_IN_REACH = {
    "auditor": _BUREAU, "admin": _BUREAU, "operator": _REGION, "keeper": _REGION, "watcher": _REGION,
}  # fmt: skip


#: The tables in which making everyone leaves rows, those first to which others point; and the rows, once it was done.
TABLES = (Body, User, Duty, Notice, EvidenceOutbox)
_rows: dict[type[Model], list[Any]] = {}


def everyone() -> dict[str, User]:
    """Return all people: made by the actions the first time in a process, later laid down as the same rows at once.

    Nearly a thousand tests ask for them. Where a test made rows of its own before, the actions make them beside those.
    """
    if any(table.objects.exists() for table in TABLES):
        return create()
    if _rows:
        _lay(now())
    else:
        before = _counted()
        create()
        assert {table for table, rows in _counted().items() if rows != before[table]} == set(TABLES)
        _rows.update({table: list(table.objects.order_by("pk")) for table in TABLES})
    found = {one.login: one for one in User.objects.select_related("body")}
    return {login: found[login] for login in (*ROLES, "stranger")}


def _counted() -> dict[type[Model], int]:
    here = (table for table in apps.get_models() if router.db_for_read(table) == DEFAULT_DB_ALIAS)
    return {table: table._base_manager.count() for table in here}


def _lay(moment: datetime) -> None:
    """Add the rows as if they had been made at a moment; evidence gets the digest that fits it."""
    for table, rows in _rows.items():
        moments = [one.attname for one in table._meta.fields if isinstance(one, DateTimeField)]
        for row in rows:
            for name in moments:
                if getattr(row, name) is not None:
                    setattr(row, name, moment.astimezone(UTC))
            if table is EvidenceOutbox:
                row.digest = digest(content(row))
        table._base_manager.bulk_create(rows)


def create(*logins: str) -> dict[str, User]:
    """Create people (all of them without arguments) with their bodies and duties."""
    return {login: _one(login) for login in (logins or (*ROLES, "stranger"))}


def _one(login: str) -> User:
    if login == "stranger":
        return actions.create_user(ACTOR, login, "无单位人员", None, PASSWORD)
    kind, name, code, region, duties = ROLES[login]
    body = Body.objects.filter(kind=kind, name=name).first()
    body = body or actions.create_body(ACTOR, kind, name, code=code, region=region)
    user = actions.create_user(ACTOR, login, f"职员{login}", body, PASSWORD)
    for duty in duties:
        actions.assign_duty(ACTOR, user, duty, date(2026, 1, 1))
    return user
