"""QTY_VS_RECORD (T32): units charged by the day exceed the days of the stay. The discharge day does not count."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from zhunsheng.kernel.money import part
from zhunsheng.kernel.outcome import Verdict
from zhunsheng.patterns.base import BindingColumn, Bindings, Case, Hit, Line, Pattern, Stay

PATTERN = Pattern(
    name="units_vs_stay",
    template="T32",
    zh="按日计费数量与住院天数",
    en="Daily units against the days of the stay",
    kind="person",
    facts=("line", "encounter"),
    columns=(
        BindingColumn("item_code", "text", "knowledge", "an item priced by the day"),
        BindingColumn("unit_group", "text", "knowledge", "items of one group are charged once a day between them"),
    ),
    index=("item_code",),
    reasons={
        "over_stay": (
            "本次住院同类项目数量合计 {actual:e4}，住院天数 {expected:e4}（算头不算尾）",
            "Units of the kind in this stay: {actual:e4}; days of the stay, without the discharge day: {expected:e4}",
        ),
        "end_missing": (
            "数量合计 {actual:e4}，住院未见出院时间，无法判定住院天数",
            "Units: {actual:e4}; the stay has no discharge, so its days cannot be told",
        ),
        "encounter_missing": (
            "数量合计 {actual:e4}，未见所属就诊，无法判定住院天数",
            "Units: {actual:e4}; the encounter is not on record, so its days cannot be told",
        ),
    },
)
WHOLE = 10_000


def judge(case: Case, bindings: Bindings) -> Iterator[Hit]:
    """Yield the hits of one person."""
    stays = {stay.encounter_id: stay for stay in case.stays}
    groups: dict[tuple[str, str, str, str], dict[str, tuple[Line, str]]] = {}
    for line in case.lines:
        for row in bindings.valid("item_code", line.item_code, line.service_date):
            group = groups.setdefault((row.rule_id, row.verdict, row.unit_group, line.encounter_id), {})
            # an item that two points name counts once
            point = min(row.point_id, group[line.line_id][1]) if line.line_id in group else row.point_id
            group[line.line_id] = line, point
    for (rule_id, verdict, unit_group, encounter), group in groups.items():
        points = {line_id: point for line_id, (_, point) in group.items()}
        common = rule_id, f"{encounter}|{unit_group}", Verdict(verdict)
        yield from _group(common, stays.get(encounter), [line for line, _ in group.values()], points)


def _group(
    common: tuple[str, str, Verdict], stay: Stay | None, lines: list[Line], points: dict[str, str]
) -> Iterator[Hit]:
    rule_id, subject, verdict = common
    if stay is not None and stay.visit_type != "inpatient":
        return
    total = str(sum(line.quantity_e4 for line in lines))
    if stay is None or stay.end_date is None:
        verdict, reason, expected = Verdict.UNKNOWN, "encounter_missing" if stay is None else "end_missing", ""
        parts: Iterable[tuple[Line, int]] = [(line, line.quantity_e4) for line in lines]
    else:
        limit = max(1, (stay.end_date - stay.start_date).days) * WHOLE
        reason, expected, parts = "over_stay", str(limit), beyond(lines, limit)
    for line, excess in parts:
        role, amount = "subject" if excess else "other", part(line.amount_fen, excess, line.quantity_e4)
        told = (subject, verdict, reason, expected, total, role, "line", line.line_id, amount)
        yield Hit(rule_id, points[line.line_id], *told)


def beyond(lines: Iterable[Line], limit_e4: int) -> Iterator[tuple[Line, int]]:
    """Yield each line with what of it exceeds a limit, in order of time; nothing when the sum does not exceed it."""
    ordered = sorted(lines, key=lambda one: (one.service_date, one.service_at or 0, one.line_id))
    if sum(line.quantity_e4 for line in ordered) <= limit_e4:
        return
    so_far = 0
    for line in ordered:
        so_far += line.quantity_e4
        yield line, min(line.quantity_e4, max(0, so_far - limit_e4))
