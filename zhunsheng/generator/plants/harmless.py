"""What a case is silent about is chosen so that no other live rule has a say in it.

The rules of the case itself ask nothing here, and nothing is chosen that they look at.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from zhunsheng.generator.casemix import CONDITIONS
from zhunsheng.generator.county import REGISTERED_KINDS, within
from zhunsheng.generator.knowledge import Index, Need, NeedPoint
from zhunsheng.generator.plants.cases import Case

#: What a case would have to leave alone for each need, where its own rules look at it.
SEEN = {
    Need.DIAGNOSIS: {"diagnoses"},
    Need.SPECIALTY: {"department"},
    Need.LEVEL: {"institution"},
    Need.INSURANCE: {"insurance"},
    Need.REGISTERED: {"device", "facility"},
    Need.RECORD: {"use"},
}
CODES = tuple(row["code"] for row in CONDITIONS)


def asked(case: Case, index: Index, codes: Iterable[str], *kinds: Need) -> list[NeedPoint]:
    """Return what rules other than those of a case ask of some items, as far as the case is free."""
    own = {rule.id for rule in case.rules}
    found = [need for code in dict.fromkeys(codes) for need in index.needs.get(code, ()) if need.rule not in own]
    return [need for need in found if need.kind in kinds and not SEEN.get(need.kind, set()) & case.looked]


def diagnoses(needs: Sequence[NeedPoint]) -> tuple[str, ...]:
    """Return few diagnoses that suit all needs, none where nothing is asked."""
    chosen: list[str] = []
    for need in sorted(needs, key=lambda need: len(need.any_of)):
        if not any(code.startswith(need.any_of) for code in chosen):
            codes = [_code(text) for text in need.any_of]
            chosen.append(max(codes, key=lambda code: sum(code.startswith(other.any_of) for other in needs)))
    return tuple(chosen)


def _code(text: str) -> str:
    """Return a diagnosis that begins with a text: one of the county's conditions where there is one."""
    return next((code for code in CODES if code.startswith(text)), text)


def suits(kind: int, level: str | None, needs: Iterable[NeedPoint]) -> bool:
    """Whether the institutions of a kind have the level and the registered things that are asked for."""
    held = {Need.LEVEL: {level}, Need.REGISTERED: REGISTERED_KINDS[kind]}
    return all(held[need.kind] & set(need.any_of) for need in needs)


def specialty(needs: Sequence[NeedPoint]) -> str:
    """Return a specialty that suits as many needs as one can."""
    texts = [text for need in needs for text in need.any_of]
    return max(texts, key=lambda text: sum(within(text, need.any_of) for need in needs))
