"""What the fields of a step offer: vendors with rating, light and what bars new work; bodies that sit at a meeting."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from zhunsheng.casework.bodies.scope import Scope
from zhunsheng.casework.cases.models import Case
from zhunsheng.casework.cases.words import said
from zhunsheng.casework.oversight.states import MEETING
from zhunsheng.casework.ratings import designation
from zhunsheng.casework.ratings.designation import Place
from zhunsheng.kernel.time import now
from zhunsheng.web.caseforms import PREFIX, Shown
from zhunsheng.web.templatetags.words import label, service_kind


def name_of(one: Place, *, kind: bool = True) -> str:
    """Return how a list names who may be chosen: vendor, kind of service, rating, light, and what bars new work."""
    standing = label(one.standing, "rating") if one.standing != "unrated" else said("未评级", "unrated")
    light = said("预警未知", "light unknown") if one.light == "unknown" else label(one.light, "light")
    words = [one.line.vendor.name, *([service_kind(one.line.kind)] if kind else []), str(standing), str(light)]
    if one.bar:
        words.append(str(said(f"不接新业务：{one.bar.zh}", f"takes no new work: {one.bar.en}")))
    return " · ".join(words)


def narrowed(scope: Scope, case: Case, fields: list[Shown]) -> list[Shown]:
    """Return the fields of a step with what this very case lets one choose."""
    return _at_table(case, fields) if case.cycle == MEETING else _with_successors(scope, case, fields)


def _at_table(case: Case, fields: list[Shown]) -> list[Shown]:
    """Who was present was invited; what is decided falls to one of those, or to the body that called the meeting."""
    opened: Any = case.events.order_by("sequence").first()
    invited = {str(pk) for pk in opened.fields["invited"]}
    table = {f"{PREFIX}present": invited, f"{PREFIX}owner": invited | {str(case.body_id)}}
    return [
        replace(one, options=tuple(pair for pair in one.options if pair[0] in table.get(one.id, {pair[0]})))
        for one in fields
    ]


def _with_successors(scope: Scope, case: Case, fields: list[Shown]) -> list[Shown]:
    """Return the fields of a step; who takes over from a vendor that leaves is chosen and not typed."""
    name = f"{PREFIX}successor"
    if case.cycle != "vendor_exit" or all(one.id != name for one in fields):
        return fields
    opened: Any = case.events.order_by("sequence").first()
    known = designation.choices(scope, now().date(), kind=opened.fields["kind"])
    offered = [one for one in known if one.line.institution_id != case.institution_id]
    options = tuple((one.line.institution_id, name_of(one, kind=False)) for one in offered)
    return [replace(one, kind="choice", options=options) if one.id == name else one for one in fields]
