"""The people of the tests: one per kind of reader, and which marks each may meet."""

from __future__ import annotations

from datetime import date

from tests.web.serving import FAR, LEAD, OTHER, PHARMACY, PLACES, TOWN, VILLAGE
from zhunsheng.casework.bodies import actions
from zhunsheng.casework.bodies.models import Body, BodyKind, DutyName, User
from zhunsheng.casework.outbox.actions import Process

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
