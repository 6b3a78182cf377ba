"""What a round of draws gives each check: members and people by the seed, and who was left out with the reason."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from zhunsheng.casework.oversight.models import PoolMember, Round
from zhunsheng.sampling import draws


@dataclass(frozen=True, slots=True)
class Drawn:
    """Members and people that a seed draws for a check, and the people recused, code -> reason."""

    places: list[str]
    people: list[str]
    recused: dict[str, str]


def committed(held: Round, secret: str) -> dict[str, Any]:
    """Return all that a round rests on and that is fixed before its draw, as it is digested."""
    return {"secret": secret, "subjects": held.subjects, "people": held.people}


def drawn(held: Round, check: str) -> Drawn:
    """Return what the seed of a round draws for a check. Raises KeyError for a check that is not in it.

    The order of places and people is that of the seed followed by 0x1F and the code of the check, so that each check
    has an order of its own; whoever has a tie with the vendor is left out before.
    """
    subject = next((one for one in held.subjects if one["check"] == check), None)
    if subject is None:
        raise KeyError(check)
    seed = f"{held.seed}{draws.SEPARATOR}{check}"
    people, recused = [], {}
    for word, count in sorted(subject["people"].items()):
        pool = {one["code"]: one["ties"] for one in held.people if one["as"] == word}
        team = draws.team(pool, seed, subject["vendor"], count)
        people += team.drawn
        recused |= team.recused
    return Drawn(draws.draw(subject["places"], seed, subject["count"]), people, recused)


def ties(member: PoolMember, vendors: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return why a person may not judge which of some vendors (code, name): declared, or of that very vendor."""
    found = dict(member.ties)
    for code, name in vendors:
        own = member.user is not None and member.user.body is not None and member.user.body.institution_code == code
        if own or (member.unit and member.unit in (code, name)):
            found.setdefault(code, "任职于该供应商")
    return found
