"""What the worker opens each day of duties left undone and of a breach of the association's pact: a draft, no decision.

Each is a case of the table of sanctions, once for one cause; people notify the vendor of it, or say why they spare it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from zhunsheng.casework.alerts import sources
from zhunsheng.casework.bodies import lake, walls
from zhunsheng.casework.bodies.models import Body, BodyKind
from zhunsheng.casework.cases import actions as cases
from zhunsheng.casework.cases import queries as case_queries
from zhunsheng.casework.vendors import duties
from zhunsheng.casework.vendors.duties import Kept
from zhunsheng.casework.vendors.models import ServiceLine
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.ids import identity

#: The kind of an incident, and the act of the table, that is a breach of the pact.
PACT = "pact_breach"


def each_day(lines: Iterable[ServiceLine], day: date) -> int:
    """Open what a day asks for, of lines in service; on the same day again nothing is left to do.

    One that cannot be opened holds up no other: its failure is raised once all have had their turn.
    """
    first: dict[tuple[int, str], list[ServiceLine]] = {}
    for line in sorted(lines, key=lambda one: one.pk):
        first.setdefault((line.body_id, line.institution_id), []).append(line)
    opened, failures = 0, []
    for mine in first.values():
        for act, told, key in (*_undone(mine, day), *_breached(mine, day)):
            try:
                opened += _open(mine[0], act, told, key)
            except Problem as failure:
                failures.append(failure)
    if failures:
        raise failures[0]
    return opened


def _undone(mine: list[ServiceLine], day: date) -> Iterable[tuple[str, str, str]]:
    """Yield the duties of a vendor without a paper in force for longer than the days of grace."""
    entered = min((line.entered_on for line in mine if line.entered_on), default=None)
    grace = duties.duties().undone.days
    for one in duties.kept(mine[0].institution_id, [line.kind for line in mine], day):
        since = one.ends_on if one.mark == "ended" else entered if one.mark == "missing" else None
        if one.duty.act and since is not None and (day - since).days >= grace:
            yield one.duty.act, _told(one, since), f"{one.duty.id}-{since}"


def _told(one: Kept, since: date) -> str:
    how = f"材料已于 {since} 到期" if one.mark == "ended" else f"自 {since} 准入以来没有材料"
    return f"{one.duty.zh}：{how}，超过宽限期 {duties.duties().undone.days} 日仍未补齐。{one.duty.breach}"


def _breached(mine: list[ServiceLine], day: date) -> Iterable[tuple[str, str, str]]:
    """Yield the breaches of the pact that the run tells of a vendor, known by the day, of the last twelve months."""
    file, body, vendor = lake.current_run(), mine[0].body, mine[0].institution_id
    if file is None or "incident" not in file.tables:
        return
    with walls.within(walls.SITE):
        told = [one for one in sources.events(file, sources.overseen(file, body)) if one.kind == PACT]
    for one in told:
        if one.subject_id == vendor and day - timedelta(days=366) < one.known_on <= day:
            words = f"{one.happened_on} 违反行业自律公约（事件编号 {one.event_id}）；签署的公约见服务机构档案。"
            yield PACT, words, one.event_id


def _open(line: ServiceLine, act: str, told: str, cause: str) -> bool:
    """Open the draft of a sanction unless it was opened for this cause before; return whether it was."""
    key = f"undone-{line.body_id}-{identity('undone', line.institution_id, act, cause)}"
    if case_queries.opened_under("vendor_sanction", key):
        return False
    about = Body.objects.filter(kind=BodyKind.VENDOR, institution_code=line.institution_id).first()
    given = {"kind": line.kind, "act": act, "facts": told}
    cases.open_case(
        cases.CLOCK, "vendor_sanction", given, body=line.body, institution_id=line.institution_id, subject_body=about,
        key=key,
    )  # fmt: skip
    return True
