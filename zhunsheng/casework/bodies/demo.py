"""Demo accounts: one per kind of reader, with random passwords kept in the site's folder. For demo sites only."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from zhunsheng.casework.bodies import actions
from zhunsheng.casework.bodies.models import Body, BodyKind, DutyName, User
from zhunsheng.casework.bodies.readable import readable
from zhunsheng.casework.outbox.actions import Process
from zhunsheng.kernel.files import write_whole
from zhunsheng.kernel.home import home

SINCE = date(2025, 1, 1)
ACTOR = Process("demo")


@dataclass(frozen=True, slots=True)
class _Person:
    login: str
    name: str
    who: str
    body: Body
    duties: tuple[str, ...]


def create_demo_people(institutions: Iterable[Mapping[str, Any]]) -> list[tuple[str, str, str]]:
    """Create the demo bodies and accounts that are missing; return (login, password, who) of each.

    ``institutions`` are rows of the fact table institution: institution_id, name, kind, level, parent_id, region.
    """
    rows = sorted(institutions, key=lambda row: str(row["institution_id"]))
    people = [*_regional(_region(rows)), *_local(rows)]
    path = home().root / "secret" / "demo-people.json"
    known: dict[str, str] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    passwords = {person.login: known.get(person.login) or readable(3, 4) for person in people}
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, json.dumps(passwords, ensure_ascii=False, indent=1).encode())
    path.chmod(0o600)
    for person in people:
        _ensure(person, passwords[person.login])
    return [(person.login, passwords[person.login], person.who) for person in people]


def _region(rows: list[Mapping[str, Any]]) -> str:
    """The smallest region that holds all institutions which state one; empty when none does."""
    stated = [str(row["region"]) for row in rows if row.get("region")]
    if not stated or len(stated) < len(rows):
        return ""
    digits = next((n for n in (6, 4, 2) if len({region[:n] for region in stated}) == 1), 0)
    return stated[0][:digits].ljust(6, "0") if digits else ""


def _regional(region: str) -> list[_Person]:
    bureau = _body(
        BodyKind.INSURANCE_AUTHORITY, "青禾县医疗保障局", "Qinghe Healthcare Security Administration", region
    )
    health = _body(BodyKind.HEALTH_AUTHORITY, "青禾县卫生健康局", "Qinghe Health Commission", region)
    market = _body(BodyKind.MARKET, "青禾县市场监督管理局", "Qinghe Administration for Market Regulation", region)
    data = _body(BodyKind.DATA_AUTHORITY, "青禾县数据局", "Qinghe Data Bureau", region)
    staff = (DutyName.REVIEWER, DutyName.IMPORTER, DutyName.ANALYST)
    return [
        _Person("bureau-head", "林国平", "医疗保障局 局长", bureau, (DutyName.HEAD,)),
        _Person("reviewer", "周敏", "医疗保障局 审核员、数据员、分析员", bureau, staff),
        _Person("legal", "许安", "医疗保障局 法制审核员", bureau, (DutyName.LEGAL_REVIEWER,)),
        _Person("finance", "高洁", "医疗保障局 财务人员", bureau, (DutyName.FINANCE_OFFICER,)),
        _Person("health", "何静", "卫生健康局 分析员", health, (DutyName.ANALYST,)),
        _Person("health-head", "方致远", "卫生健康局 负责人", health, (DutyName.HEAD,)),
        _Person("health-office", "江岚", "卫生健康局 监管中心 经办人员", health, (DutyName.HANDLER,)),
        _Person("market", "秦越", "市场监督管理局 负责人", market, (DutyName.HEAD,)),
        _Person("system", "沈越", "数据局 系统管理员", data, (DutyName.ADMINISTRATOR,)),
        _Person("security", "孟岚", "数据局 安全管理员", data, (DutyName.SECURITY,)),
        _Person("audit", "严正", "数据局 安全审计员", data, (DutyName.AUDITOR,)),
    ]


def _local(rows: list[Mapping[str, Any]]) -> list[_Person]:
    people = []
    lead = next((row for row in rows if any(other.get("parent_id") == row["institution_id"] for other in rows)), None)
    if lead:
        body = _body(BodyKind.CONSORTIUM, f"{lead['name']}医共体", "", "", str(lead["institution_id"]))
        people.append(_Person("consortium", "吴桐", f"{body.name} 负责人", body, (DutyName.HEAD,)))
        people.append(_Person("vendor-office", "贺宁", f"{body.name} 服务监管办 经办人员", body, (DutyName.HANDLER,)))
        people.append(_Person("vendor-check", "罗成", f"{body.name} 服务监管办 审核员", body, (DutyName.REVIEWER,)))
    for login, name, kind, who in (
        ("hospital", "陈立", "hospital", "医保办"),
        ("township", "赵兰", "township_centre", "医保办"),
    ):
        if row := next((row for row in rows if row["kind"] == kind), None):
            body = _body(BodyKind.INSTITUTION, str(row["name"]), "", "", str(row["institution_id"]))
            people.append(_Person(login, name, f"{body.name} {who}", body, (DutyName.OFFICE,)))
    if row := next((row for row in rows if row["kind"] == "vendor"), None):
        body = _body(BodyKind.VENDOR, str(row["name"]), "", str(row["region"] or ""), str(row["institution_id"]))
        people.append(_Person("vendor", "丁一", f"{body.name} 负责人", body, (DutyName.HEAD,)))
    return people


def _body(kind: str, name: str, name_en: str, region: str, code: str = "") -> Body:
    found = Body.objects.filter(kind=kind, name=name).first()
    return found or actions.create_body(ACTOR, kind, name, code=code, region=region, name_en=name_en)


def _ensure(person: _Person, password: str) -> None:
    user = User.objects.filter(login__iexact=person.login).first()
    if user is None:
        user = actions.create_user(ACTOR, person.login, person.name, person.body, password)
        for duty in person.duties:
            actions.assign_duty(ACTOR, user, duty, SINCE)
    elif not user.check_password(password):
        actions.set_password(ACTOR, user, password)
