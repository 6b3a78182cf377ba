"""The four verdicts of the rule book and three-valued answers that carry a reason.

Missing input never becomes a pass: it becomes ``unknown`` and says what is missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """What a rule says of a subject. A finding is a lead until a person confirms it."""

    VIOLATION = "violation"  # 明确违规
    SUSPECTED = "suspected"  # 可疑
    UNKNOWN = "unknown"  # 不明
    PASS = "pass"  # noqa: S105 - 合格, no password

    @property
    def rank(self) -> int:
        """Order of severity: 0 is the most severe."""
        return list(Verdict).index(self)


@dataclass(frozen=True, slots=True)
class Answer:
    """True, false or unknown (``value is None``), with the reason code in every case."""

    value: bool | None
    reason: str

    def __post_init__(self) -> None:
        if not self.reason:
            raise ValueError("an answer states its reason")

    @property
    def known(self) -> bool:
        """Whether the input sufficed to decide."""
        return self.value is not None


def every(answers: list[Answer]) -> Answer:
    """Kleene conjunction: one false decides; else one unknown leaves it open."""
    for wanted in (False, None):
        for answer in answers:
            if answer.value is wanted:
                return answer
    return answers[0] if answers else Answer(value=True, reason="nothing_required")


def some(answers: list[Answer]) -> Answer:
    """Kleene disjunction: one true decides; else one unknown leaves it open."""
    for wanted in (True, None):
        for answer in answers:
            if answer.value is wanted:
                return answer
    return answers[0] if answers else Answer(value=False, reason="nothing_offered")
