"""The papers of the vendors: registration, devices, staff, training, prices, scope, holdings, relatives."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from zhunsheng.generator.county import REGION
from zhunsheng.generator.months import Month
from zhunsheng.generator.vendors.profiles import Holding, Member, Relative, ServiceItem, Vendor, day_of
from zhunsheng.generator.vendors.quality import Rows

SINCE, REGISTERED, KIND = "2023-01-01", "2020-01-01", "第三方服务机构"
PROFESSIONS = {
    "physician": "医师",
    "technician": "技师",
    "nurse": "护士",
    "driver": "驾驶员",
    "therapist": "治疗师",
    "manager": "管理人员",
}
#: Months in which the consortium teaches, and for how many hours: 48 a year.
COURSES, HOURS = {0: "质量与安全", 3: "数据安全", 6: "服务规范", 9: "应急演练"}, "12"


def registrations(vendors: tuple[Vendor, ...]) -> Rows:
    """Return the vendors as institutions."""
    return [[one.id, one.name, KIND, "", "", str(REGION), SINCE, ""] for one in vendors]


def devices(vendors: tuple[Vendor, ...], months: list[Month]) -> Rows:
    """Return the analysers that controls are run on, from their first day on."""
    rows: Rows = []
    for one in vendors:
        for device in dict.fromkeys(control.device for control in one.controls):
            since = next(control.since for control in one.controls if control.device == device)
            first = str(day_of(months, since)) if since else SINCE
            rows.append([one.id, device, "other", "全自动生化分析仪", first, ""])
    return rows


def staff(vendor: Vendor, months: list[Month]) -> Rows:
    """Return a row per person and certificate period; the last day is held."""
    rows: Rows = []
    for one in vendor.staff:
        ended = "" if one.until is None else str(day_of(months, one.until) - timedelta(days=1))
        rows.append(_certificate(vendor, one, f"{one.id}-01", SINCE, ended))
        if one.renewed:
            rows.append(_certificate(vendor, one, f"{one.id}-02", str(day_of(months, one.renewed)), ""))
    return rows


def _certificate(vendor: Vendor, one: Member, number: str, first: str, last: str) -> list[str]:
    shown = "" if one.certificate == "none" else number
    profession = PROFESSIONS[one.profession]
    return [vendor.id, one.id, one.name, profession, one.title, one.certificate, shown, first, last]


def training(vendor: Vendor, months: list[Month]) -> Rows:
    """Return the courses that everybody of a vendor attended."""
    held = [(day_of(months, (month, 20)), course) for month, course in COURSES.items() if month < len(months)]
    return [
        [vendor.id, one.id, str(day), course, HOURS, "consortium", "是"] for one in vendor.staff for day, course in held
    ]


def price_of(item: ServiceItem, means: Mapping[str, int], month: int) -> int:
    """Return the price in yuan x 10^6 that holds in a month; ``means`` are those of the public hospitals."""
    if not item.of_mean:
        return e6(item.price)
    told = item.of_mean if item.since is None or month >= item.since[0] else item.usual
    return means.get(item.code, 0) * told // 1000


def e6(price: str) -> int:
    """Return yuan as text in yuan x 10^6."""
    yuan, _, rest = price.partition(".")
    return int(yuan) * 10**6 + int(f"{rest:0<6}"[:6])


def prices(vendor: Vendor, means: Mapping[str, int], months: list[Month]) -> Rows:
    """Return the filings: one from the start, and another where the price changed."""
    rows: Rows = []
    for one in vendor.items:
        changed = str(day_of(months, one.since)) if one.since and one.of_mean else ""
        before = str(day_of(months, one.since) - timedelta(days=1)) if one.since and one.of_mean else ""
        first = price_of(one, means, -1)
        rows.append([vendor.id, one.code, one.name, _yuan(first), SINCE, before])
        if changed:
            rows.append([vendor.id, one.code, one.name, _yuan(price_of(one, means, 99)), changed, ""])
    return rows


def _yuan(price_e6: int) -> str:
    return f"{price_e6 // 10**6}.{price_e6 % 10**6:06d}"


def scope(vendor: Vendor) -> Rows:
    """Return the items that the licence covers."""
    number = f"PDY{vendor.id[-6:]}"
    return [[vendor.id, one.code, number, REGISTERED, ""] for one in vendor.items if not one.unlicensed]


def ownership(held: tuple[Holding, ...], people: Mapping[str, str]) -> Rows:
    """Return shares and posts; ``people`` gives the codes that stand for the names in braces."""
    return [
        [
            people.get(one.holder, one.holder),
            people.get(one.company, one.company),
            one.role,
            one.name,
            one.kind,
            "" if one.share is None else str(one.share),
            one.first,
            one.last,
        ]
        for one in held
    ]


def kinship(told: tuple[Relative, ...], people: Mapping[str, str], months: list[Month]) -> Rows:
    """Return the relatives as they were declared."""
    return [
        [
            people.get(one.a, one.a),
            people.get(one.b, one.b),
            one.relation,
            str(day_of(months, one.declared)),
            str(day_of(months, one.recused)) if one.recused else "",
        ]
        for one in told
    ]
