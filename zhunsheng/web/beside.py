"""What stands beside a case: its visit, its samples, and what the institution had reported on itself before it."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from zhunsheng.book.lights import SCALE
from zhunsheng.casework.alerts import effects, library, sources
from zhunsheng.casework.cases import queries as cases
from zhunsheng.casework.cases.models import Case
from zhunsheng.casework.inspections import queries as inspections
from zhunsheng.casework.samples import policies, queries
from zhunsheng.casework.selfchecks.queries import self_reported
from zhunsheng.casework.trips import queries as trips
from zhunsheng.casework.trips.actions import CYCLE
from zhunsheng.kernel.time import SHANGHAI
from zhunsheng.lights.reasons import percent
from zhunsheng.lights.values import Value

#: Life-cycles that are opened on findings, and the one whose subject may be sampled on site.
ON_FINDINGS = ("clue", "fund_case")
#: What the figures before and after a rectification say.
OUTCOMES = {
    "better": gettext_lazy("好转，超出偶然"), "same": gettext_lazy("没有超出偶然的变化"),
    "worse": gettext_lazy("恶化，超出偶然"), "unknown": gettext_lazy("未知：月份未满或者例数不足"),
}  # fmt: skip


def beside(request: HttpRequest, case: Case) -> dict[str, Any]:
    """Return the context of what leads on from a case; empty to whom nothing of it is open."""
    named: set[str] = set()
    if case.cycle in ON_FINDINGS:
        for shown in cases.timeline(request.scope, case):
            named.update(str(one) for one in shown.fields.get("findings", ()) or ())
    reported = self_reported(sorted(named), case.opened_at.astimezone(SHANGHAI).date()) if named else {}
    samples = queries.of_case(request.scope, case.pk)
    own = case.body_id == request.user.body_id and case.closed_at is None and bool(case.institution_id)
    return {
        "visit": inspections.visit_of(request.scope, case.pk),
        "samples": list(samples),
        "may_sample": own and case.cycle in (*ON_FINDINGS, "inspection") and policies.may_draw(request.user),
        "self_reported": [one for one in reported.values() if one.institution_id == case.institution_id],
        "findings_named": len(named),
        "effect": _effect(request, case),
        "alarm": trips.of_case(request.scope, case) if case.cycle == CYCLE else None,
    }


def _effect(request: HttpRequest, case: Case) -> dict[str, Any] | None:
    """Return what a rectification changed on the indicator of its light, for who sees the counts; None without one."""
    light, file = effects.light_of(case), request.scope.file
    if light is None or file is None:
        return None
    as_of = date.fromisoformat(file.manifest["as_of"])
    found = effects.effect_of(case, sources.values(file, request.scope.readable), as_of)
    if found is None:
        return None
    sides = zip((_("下达前"), _("核实后")), (found.before, found.after), found.intervals, strict=True)
    return {
        "light": light,
        "outcome": OUTCOMES[found.outcome],
        "months": found.months,
        "rule": library.actions(),
        "rows": [{"side": side, "value": value, "shown": _shares(value, ends)} for side, value, ends in sides],
    }


def _shares(value: Value | None, ends: tuple[float, float] | None) -> str:
    """Return a share with its interval, or that it is unknown."""
    if value is None or ends is None:
        return _("未知")
    low, high = (percent(round(end * SCALE)) for end in ends)
    return f"{percent(value.numerator * SCALE // value.denominator)}（{low}–{high}）"
