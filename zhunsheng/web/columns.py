"""Columns of the findings list that a reader may add, and those of the export."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from zhunsheng.web.templatetags.words import label, tongue

CHOICE = ("institution", "department", "practitioner", "person", "scope", "rows")
DEFAULT = ("institution",)


def chosen(request: HttpRequest) -> dict[str, Any]:
    """Return which columns are shown: from the address, else the default."""
    asked = request.GET.get("cols")
    shown = DEFAULT if asked is None else tuple(name for name in asked.split("-") if name in CHOICE)
    names = {
        "institution": _("机构"), "department": _("科室"), "practitioner": _("医师"), "person": _("参保人"),
        "scope": _("政策范围内金额"), "rows": _("涉及行数"),
    }  # fmt: skip
    options = [
        {"name": name, "label": names[name], "shown": name in shown, "cols": "-".join(_toggled(shown, name))}
        for name in CHOICE
    ]
    return {"shown": dict.fromkeys(shown, True), "options": options, "cols": None if asked is None else "-".join(shown)}


def _toggled(shown: tuple[str, ...], name: str) -> list[str]:
    return [c for c in CHOICE if (c in shown) != (c == name)]


def export_head() -> list[str]:
    """Return the head of the export."""
    return [
        _("疑点标识"), _("判定"), _("规则编码"), _("规则"), _("机构编码"), _("机构"), _("科室"), _("参保人假名"),
        _("项目编码"), _("项目"), _("服务日期"), _("涉及金额（元）"), _("政策范围内金额（元）"), _("状态"),
    ]  # fmt: skip


def export_row(row: dict[str, Any]) -> list[Any]:
    """Return a finding as cells of the export; the fact that the rule is a local default is said beside its name."""
    ground = "" if row["ground"] in ("published", None) else f"（{label(row['ground'], 'ground')}）"
    return [
        row["finding_id"],
        label(row["verdict"], "verdict"),
        row["rule_code"],
        f"{tongue(row, 'rule_name') or row['rule_id']}{ground}",
        row["institution_id"],
        row["institution_name"],
        row["department_name"],
        row["person_id"],
        row["item_code"],
        row["item_name"],
        row["service_date"].isoformat() if row["service_date"] else "",
        row["amount_fen"],
        row["in_scope_fen"],
        label(row["state"], "state"),
    ]
