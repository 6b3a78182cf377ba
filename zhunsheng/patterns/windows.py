"""Lines that share a window: gathered by the limit that they share, told once per institution that answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from zhunsheng.kernel.outcome import Verdict
from zhunsheng.kernel.time import OPEN_END
from zhunsheng.patterns.base import Bindings, Case, Hit, Line


class Member(NamedTuple):
    """A line of a window. Where several points of one limit name it, the least point and verdict speak."""

    line: Line
    point_id: str
    verdict: str


class Share(NamedTuple):
    """What a line of a window answers for: whether it is at stake and with which amount in fen."""

    member: Member
    at_stake: bool
    amount_fen: int


def gathered(
    case: Case, bindings: Bindings, code: str, key: Callable[[Line, Any], tuple[str, ...]]
) -> dict[tuple[Any, ...], list[Member]]:
    """Return the lines of each limit and key, first to last.

    Rows that differ in item, point, verdict and end alone state one limit: the first part of a key is that row
    without them. ``code`` names the column of the item; ``key`` gives the further parts.
    """
    found: dict[tuple[Any, ...], dict[str, Member]] = {}
    for line in case.lines:
        for row in bindings.valid(code, line.item_code, line.service_date):
            limit = row._replace(point_id="", verdict="", valid_to=OPEN_END, **{code: ""})
            members = found.setdefault((limit, *key(line, row)), {})
            known = members.get(line.line_id, Member(line, row.point_id, row.verdict))
            least = Member(line, min(known.point_id, row.point_id), min(known.verdict, row.verdict))
            members[line.line_id] = least
    return {window: sorted(members.values(), key=in_order) for window, members in found.items()}


def in_order(member: Member) -> tuple[Any, ...]:
    """Order of charging: day, moment (midnight where none is stated), identity."""
    line = member.line
    return line.service_date, line.service_at or 0, line.line_id


def above(members: Iterable[Member], cap: int, measure: Callable[[Line], int]) -> Iterator[tuple[Member, int]]:
    """Yield each line with what of its measure lies above the cap, when the lines are added up in their order."""
    so_far = 0
    for member in members:
        own = measure(member.line)
        so_far += own
        yield member, min(own, max(0, so_far - cap))


def told(
    rule_id: str, subject: str, shares: list[Share], reason: str, compared: tuple[str, str], *, unknown: bool = False
) -> Iterator[Hit]:
    """Yield the hits of a window: one subject per institution, the lines of others beside it without amount."""
    for institution in sorted({share.member.line.institution_id for share in shares if share.at_stake}):
        for member, at_stake, amount in shares:
            own = at_stake and member.line.institution_id == institution
            yield Hit(
                rule_id,
                member.point_id,
                f"{subject}|{institution}",
                Verdict.UNKNOWN if unknown else Verdict(member.verdict),
                reason,
                *compared,
                "subject" if own else "other",
                "line",
                member.line.line_id,
                amount if own else 0,
            )
