"""The fleet: every device in view, worst first; one device; entering devices by form or file; what was not taken."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from zhunsheng.casework.bodies.permissions import Verb
from zhunsheng.casework.devices import actions, library, policies, queries
from zhunsheng.casework.devices.models import Device
from zhunsheng.casework.devices.states import DeviceKind
from zhunsheng.casework.readings import queries as readings
from zhunsheng.casework.readings.models import Quarantine
from zhunsheng.casework.trips import fleet, intake
from zhunsheng.casework.trips import queries as trips
from zhunsheng.casework.vendors import library as kinds
from zhunsheng.casework.vendors.queries import names_of
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.time import SHANGHAI, now, parse_date
from zhunsheng.telemetry.series import series
from zhunsheng.telemetry.use import use
from zhunsheng.web import exports, stripchart
from zhunsheng.web.access import page
from zhunsheng.web.narrowing import narrowed
from zhunsheng.web.paging import Pages, last_page, page_number
from zhunsheng.web.templatetags.words import label
from zhunsheng.web.views.errors import problem_context

ROWS = 50
#: Hours of the chart of a device.
SPANS = {"24": 24, "72": 72, "168": 168}
#: What is added to a device by the name in the address.
DEEDS: dict[str, Callable[..., Any]] = {
    "certificate": actions.add_certificate, "calibration": actions.add_calibration, "assignment": actions.assign,
}  # fmt: skip


@page(Verb.READ_CASES)
def fleet_list(request: HttpRequest) -> HttpResponse:
    """List the devices in view, the worst first."""
    wanted, every = _listed(request)
    rows = [one for one in every if fleet.Wanted(**wanted).holds(one)]
    pages = Pages(page_number(request), ROWS, len(rows))
    if elsewhere := last_page(request, pages):
        return elsewhere
    context = {
        "wanted": wanted,
        "lights": fleet.LIGHTS,
        "device_kinds": DeviceKind.choices,
        "orgs": _orgs(request, every),
        "counts": fleet.counts(every),
        "rows": rows[max(0, pages.first - 1) : pages.last],
        "pages": pages,
        "regimes": library.regimes(),
        "may_enter": policies.keeps(request.user, request.user.body.institution_code or _first(every)),
    }
    return render(request, "web/fleet.html", context)


def _first(rows: list[fleet.Row]) -> str:
    return rows[0].device.institution_id if rows else ""


def _listed(request: HttpRequest) -> tuple[dict[str, str], list[fleet.Row]]:
    """Return filter and rows. Raises Problem ZS709 for a word that is none."""
    every = fleet.rows(request.scope, now())
    known = {"light": fleet.LIGHTS, "kind": DeviceKind.values, "show": fleet.SHOWS, "org": _orgs(request, every)}
    return {name: value for name, value in narrowed(request, known).items() if value}, every


def _orgs(request: HttpRequest, rows: list[fleet.Row]) -> dict[str, str]:
    codes = {one.device.institution_id for one in rows}
    names = {one.institution_id: one.name for one in request.scope.places()} | names_of(codes)
    return {code: names.get(code, code) for code in sorted(codes)}


@page(Verb.READ_CASES, Verb.EXPORT_FINDINGS)
def export(request: HttpRequest, kind: str) -> HttpResponse:
    """Send the list of devices as it is filtered."""
    wanted, every = _listed(request)
    rows = [one for one in every if fleet.Wanted(**wanted).holds(one)]
    exports.check_size(len(rows))
    names = _orgs(request, every)

    def batches() -> Iterator[list[Any]]:
        yield [
            [one.device.device_id, one.device.name, one.device.get_kind_display(), names[one.device.institution_id],
             label(one.light, "fleet"), _when(one.came_at), _number(one.temperature), _number(one.battery), one.place,
             label(one.calibrated.mark, "calibrated"), len(one.alarms), one.trip.number if one.trip else ""]
            for one in rows
        ]  # fmt: skip

    sheet = exports.Sheet(
        title=_("车队与设备"),
        facts=[(_("条件"), "；".join(f"{name}={value}" for name, value in wanted.items()) or _("全部"))],
        head=[
            _("设备编号"), _("名称"), _("种类"), _("所属机构"), _("状态"), _("最近读数"), _("温度"), _("电量"),
            _("安装位置"), _("校准"), _("未结报警"), _("运输单号"),
        ],
        money=(),
        rows=batches(),
        totals=[_("合计"), len(rows), "", "", "", "", "", "", "", "", sum(len(one.alarms) for one in rows), ""],
    )  # fmt: skip
    return exports.respond(request, sheet, kind, "fleet", wanted)


def _when(moment: datetime | None) -> str:
    return f"{moment.astimezone(SHANGHAI):%Y-%m-%d %H:%M}" if moment else _("从未")


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"


def _owner(request: HttpRequest, code: str) -> str:
    places = {one.institution_id: one.name for one in request.scope.places()}
    return places.get(code) or names_of([code]).get(code) or code


def found_one(request: HttpRequest, pk: int) -> Device:
    """Return a device in view. Raises Problem ZS701."""
    found = queries.one(request.scope, pk)
    if found is None:
        raise Problem("ZS701")
    return found


@page(Verb.READ_CASES)
def device(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a device: its readings within the band of its own regime, alarms, faults, use, trips, papers."""
    return _shown(request, found_one(request, pk))


def _shown(request: HttpRequest, found: Device, problem: Problem | None = None, form: str = "") -> HttpResponse:
    told = problem_context(problem) if problem else {"status": 200}
    scope, day = request.scope, now().astimezone(SHANGHAI).date()
    only = {"institution_id": found.institution_id, "device": found.device_id}
    last = readings.latest(scope, **only).get((found.institution_id, found.device_id))
    span = narrowed(request, {"span": SPANS}, span=_reaching(last[0].at if last else None))["span"]
    context = {
        **told,
        "device": found,
        "span": span,
        "spans": SPANS,
        "last": last[0] if last else None,
        "owner": _owner(request, found.institution_id),
        "calibrated": queries.calibrated([found], day)[found.pk],
        "place": queries.places([found], day).get(found.pk, ""),
        "calibrations": queries.calibrations(scope, found),
        "certificates": queries.certificates(scope, found),
        "barred": queries.is_barred(found, day),
        "assignments": queries.assignments(scope, found),
        "alarms": trips.of_device(scope, found)[:20],
        "trips": trips.trips(scope).filter(device=found)[:20],
        "keeps": policies.keeps(request.user, found.institution_id),
        "given": request.POST if problem else {},
        "form": form,
        "today": day,
        **_charted(request, found, SPANS[span]),
    }
    return render(request, "web/device.html", context, status=told["status"])


def _reaching(at: datetime | None) -> str:
    """Return the shortest span that holds a moment; the shortest of all where none does."""
    ago = now() - at if at else timedelta()
    return next((name for name, hours in SPANS.items() if ago < timedelta(hours=hours)), next(iter(SPANS)))


def _charted(request: HttpRequest, found: Device, hours: int) -> dict[str, Any]:
    """Return the chart of the last hours, the band of the device's own regime, faults and nodes told in them."""
    until = now()
    since = until - timedelta(hours=hours)
    asked = request.scope, found.institution_id, found.device_id, since, until
    told, nodes = series(readings.of_device(*asked)), readings.of_device(*asked, "node").to_pylist()
    regime = library.regimes().get(found.regime)
    limits = regime.on(until.astimezone(SHANGHAI).date()) if regime else None
    setting = "store" if found.kind == DeviceKind.FRIDGE else "transport"
    hold = float(limits.hold_seconds(setting)) if limits else 3600.0
    return {
        "regime": regime,
        "limits": limits,
        "chart": stripchart.temperature(told, limits, since.timestamp(), until.timestamp(), hold),
        "faults": [(datetime.fromtimestamp(moment, SHANGHAI), words) for moment, words in reversed(told.faults)][:20],
        "nodes": nodes[::-1][:20],
        "use": use(told),
    }


@page(Verb.READ_CASES)
@require_POST
def add(request: HttpRequest, pk: int, what: str) -> HttpResponse:
    """Add a certificate, a calibration or a place to a device, or take it out of use."""
    found = found_one(request, pk)
    given = {name: value for name, value in request.POST.items() if isinstance(value, str)}
    if what != "end" and what not in DEEDS:
        raise Problem("ZS701")
    try:
        if what == "end":
            actions.end_device(request.user, found, parse_date(given.get("valid_to", "")))
        else:
            DEEDS[what](request.user, found, given)
    except Problem as problem:
        return _shown(request, found, problem, what)
    return redirect("device", pk=pk)


@page(Verb.READ_CASES)
@require_POST
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """Revoke a certificate of a device."""
    found = queries.certificate(request.scope, pk)
    if found is None:
        raise Problem("ZS701")
    actions.revoke_certificate(request.user, found)
    return redirect("device", pk=found.device_id)


@page(Verb.READ_CASES)
def enter(request: HttpRequest) -> HttpResponse:
    """Show the forms that enter a device or a contact, or a file of many; or take one."""
    if request.method != "POST":
        return _enter(request)
    given = {name: value for name, value in request.POST.items() if isinstance(value, str)}
    what = given.get("what", "")
    try:
        if what == "file":
            return _enter(request, report=_taken(request), form=what)
        if what == "contact":
            actions.add_contact(request.user, given)
            return redirect("device-enter")
        made = actions.add_device(request.user, given)
    except Problem as problem:
        return _enter(request, problem, form=what)
    return redirect("device", pk=made.pk)


def _taken(request: HttpRequest) -> intake.Report:
    sent = request.FILES.get("file")
    if sent is None or (sent.size or 0) > intake.MOST_BYTES:
        raise Problem("ZS892", file=sent.name[:120] if sent else "-", reason=_("请选择不超过 2 MB 的 CSV 文件"))
    return intake.take(request.user, sent.name or "file.csv", sent.read())


def _enter(
    request: HttpRequest, problem: Problem | None = None, report: intake.Report | None = None, form: str = ""
) -> HttpResponse:
    told = problem_context(problem) if problem else {"status": 200 if report is None or report.taken else 400}
    own = request.user.body.institution_code if request.user.body.kind in ("vendor", "institution") else ""
    context = {
        **told,
        "form": form,
        "report": report,
        "refused": problem_context(report.problem)["problem"] if report and report.problem else None,
        "given": request.POST if problem else {"institution_id": own},
        "device_kinds": DeviceKind.choices,
        "regimes": library.regimes(),
        "services": kinds.kinds().kinds,
        "roles": library.roles(),
        "file_kinds": intake.KINDS,
        "contacts": queries.contacts_in_view(request.scope, _codes(request, own)),
    }
    return render(request, "web/device_enter.html", context, status=told["status"])


def _codes(request: HttpRequest, own: str) -> list[str]:
    return [own] if own else sorted({one.institution_id for one in queries.devices(request.scope)})


@page(Verb.READ_CASES)
@require_POST
def end_contact(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a contact off the list."""
    found = queries.contact(request.scope, pk)
    if found is None:
        raise Problem("ZS701")
    actions.end_contact(request.user, found)
    return redirect("device-enter")


def _samples(row: Quarantine) -> list[str]:
    """Return the last sample of what was not taken, and the first where it is another one."""
    kept = dict.fromkeys((bytes(row.last_sample), bytes(row.first_sample)))
    return [one[:400].decode("utf-8", "replace") for one in kept if one]


@page(Verb.READ_CASES)
def quarantine(request: HttpRequest) -> HttpResponse:
    """Show what senders in view sent that was not taken: why, how often, and what it looked like."""
    found = readings.quarantine(request.scope)
    pages = Pages(page_number(request), ROWS, found.count())
    if elsewhere := last_page(request, pages):
        return elsewhere
    shown = found[max(0, pages.first - 1) : pages.last]
    context = {
        "rows": [
            {"row": one, "problem": Problem(one.code, detail=one.detail).as_dict(),
             "first": datetime.fromtimestamp(one.first_at / 1e6, SHANGHAI),
             "last": datetime.fromtimestamp(one.last_at / 1e6, SHANGHAI),
             "samples": _samples(one)}
            for one in shown
        ],
        "total": found.aggregate(all=Sum("count"))["all"] or 0,
        "pages": pages,
    }  # fmt: skip
    return render(request, "web/quarantine.html", context)
