"""Reads what is sent for the register of devices. Everything sent is hostile until read; a fault names its field."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from zhunsheng.casework.cases.words import said
from zhunsheng.casework.devices import library
from zhunsheng.casework.devices.states import DeviceKind
from zhunsheng.casework.vendors import library as kinds
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.text import kept
from zhunsheng.kernel.typed import Typed

#: As the wire names organisations and devices.
NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z_.\-]{0,63}")
#: How long a code may be that is not one of an organisation, as the register keeps them.
LONGEST = {"device_id": 64}
PHONE = re.compile(r"\+?[0-9][0-9 \-]{4,24}")
FINGERPRINT = re.compile(r"[0-9a-f]{64}")
ANSWERS = {"是": True, "合格": True, "true": True, "1": True, "否": False, "不合格": False, "false": False, "0": False}

Given = Mapping[str, str]
TYPED = Typed("ZS885", most=120)


def wrong(field: tuple[str, str], reason: tuple[str, str]) -> Problem:
    """Return the Problem of a field that cannot be taken, in both languages."""
    return Problem("ZS885", field=said(*field), reason=said(*reason))


def code(given: Given, name: str, field: tuple[str, str]) -> str:
    """Return a code as topics of readings carry it."""
    told, most = kept(given.get(name, "")), LONGEST.get(name, 40)
    if not NAME.fullmatch(told) or len(told) > most:
        zh, en = f"只能是字母、数字和 - _ .，不超过 {most} 位", f"takes letters, digits and - _ . , at most {most}"
        raise wrong(field, (zh, en))
    return told


def day(given: Given, name: str, field: tuple[str, str]) -> date:
    """Return a day."""
    return TYPED.day(said(*field), given.get(name, ""))


def text(given: Given, name: str, field: tuple[str, str], *, least: int = 1, most: int = 120) -> str:
    """Return a text."""
    told = kept(given.get(name, ""))
    if not least <= len(told) <= most:
        raise wrong(field, (f"须为 {least} 至 {most} 字", f"takes {least} to {most} characters"))
    return told


def after(since: date, until: date | None) -> date | None:
    """Return an end that lies after its beginning."""
    if until is not None and until <= since:
        raise wrong(("失效日期", "Valid to"), ("须晚于生效日期", "lies after the first day"))
    return until


def chosen(given: Given, name: str, known: Mapping[str, Any], field: tuple[str, str], *, least: bool = True) -> str:
    """Return one of some known words; nothing where nothing need be chosen."""
    told = kept(given.get(name, ""))
    if told not in known and (told or least):
        raise wrong(field, ("不在可选项中", "is none of the choices"))
    return told


def device(given: Given) -> dict[str, Any]:
    """Return the fields of a device. Raises Problem ZS885."""
    names = {str(one.label): one.value for one in DeviceKind} | {one.value: one.value for one in DeviceKind}
    since = day(given, "valid_from", ("启用日期", "In use from"))
    until = day(given, "valid_to", ("停用日期", "In use until")) if kept(given.get("valid_to", "")) else None
    services = {one.id: one for one in kinds.kinds().kinds}
    return {
        "institution_id": code(given, "institution_id", ("所属机构代码", "Organisation")),
        "device_id": code(given, "device_id", ("设备编号", "Device")),
        "kind": names[chosen(given, "kind", names, ("设备种类", "Kind"))],
        "name": text(given, "name", ("名称", "Name")),
        "model": text(given, "model", ("型号", "Model"), least=0),
        "service_kind": chosen(given, "service_kind", services, ("服务种类", "Kind of service"), least=False),
        "regime": chosen(given, "regime", library.regimes(), ("贮运条件", "Regime"), least=False),
        "valid_from": since,
        "valid_to": after(since, until),
    }


def certificate(given: Given) -> dict[str, Any]:
    """Return the fields of a certificate. Raises Problem ZS885."""
    told = re.sub(r"[: ]", "", kept(given.get("fingerprint", ""))).lower()
    if not FINGERPRINT.fullmatch(told):
        raise wrong(("证书指纹", "Fingerprint"), ("须为 SHA-256 指纹（64 位十六进制）", "takes SHA-256: 64 hex digits"))
    since = day(given, "valid_from", ("生效日期", "Valid from"))
    until = after(since, day(given, "valid_to", ("失效日期", "Valid to")))
    return {"fingerprint": told, "valid_from": since, "valid_to": until}


def calibration(given: Given, today: date) -> dict[str, Any]:
    """Return the fields of a calibration. Raises Problem ZS885."""
    done = day(given, "done_on", ("校准日期", "Calibrated on"))
    if done > today:
        raise wrong(("校准日期", "Calibrated on"), ("不得晚于今日", "does not lie ahead"))
    answer = chosen(given, "passed", ANSWERS, ("校准结论", "Outcome"))
    return {
        "done_on": done,
        "valid_to": after(done, day(given, "valid_to", ("失效日期", "Valid to"))),
        "number": text(given, "number", ("证书编号", "Number")),
        "issuer": text(given, "issuer", ("校准机构", "Issuer")),
        "passed": ANSWERS[answer],
    }


def assignment(given: Given) -> dict[str, Any]:
    """Return the fields of where a device is mounted. Raises Problem ZS885."""
    return {
        "place": text(given, "place", ("安装位置", "Place")),
        "valid_from": day(given, "valid_from", ("自何日起", "From")),
    }


def contact(given: Given) -> dict[str, Any]:
    """Return the fields of a contact. Raises Problem ZS885."""
    phone = kept(given.get("phone", ""))
    if not PHONE.fullmatch(phone):
        raise wrong(("电话", "Phone"), ("须为电话号码", "takes a telephone number"))
    known = library.roles()
    names = {words[0]: name for name, words in known.items()} | {name: name for name in known}
    position = kept(given.get("position", "")) or "1"
    if not re.fullmatch(r"[1-9][0-9]?", position):
        raise wrong(("呼叫次序", "Order"), ("须为 1 至 99", "takes 1 to 99"))
    return {
        "institution_id": code(given, "institution_id", ("所属机构代码", "Organisation")),
        "role": names[chosen(given, "role", names, ("职责", "Role"))],
        "name": text(given, "name", ("姓名", "Name"), most=60),
        "phone": phone,
        "position": int(position),
        "valid_from": day(given, "valid_from", ("自何日起", "From")),
    }
