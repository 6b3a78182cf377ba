"""What every pattern is made of: facts of one person, bindings, hits.

A pattern exists twice: ``<pattern>.sql`` judges sets, ``<pattern>.py`` judges one person. Both read the same
*binding* rows - a rule's dated parameters joined to its dated knowledge points - and both give the same *hits*:
one row per rule, subject and involved row. Grouping hits into findings is done once, in runs/assemble.

Patterns see charge lines net of refunds: a line that was taken back in full is not there, one that was
taken back in part carries what remains. ``amount_fen`` and ``quantity_e4`` are therefore positive.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from zhunsheng.kernel.outcome import Verdict


class Line(NamedTuple):
    """A charge line as patterns see it (columns of facts.charge_line, net of refunds)."""

    line_id: str
    encounter_id: str
    person_id: str
    institution_id: str
    department_id: str | None
    practitioner_id: str | None
    item_code: str
    service_date: date
    service_at: int | None
    quantity_e4: int
    unit_price_e6: int
    amount_fen: int


class Stay(NamedTuple):
    """An encounter as patterns see it (columns of facts.encounter)."""

    encounter_id: str
    person_id: str
    institution_id: str
    visit_type: str
    start_date: date
    start_at: int | None
    end_date: date | None
    end_at: int | None


@dataclass(frozen=True, slots=True)
class Case:
    """All that is known of one person. ``sex`` and ``birth_date`` are None when unknown."""

    person_id: str
    sex: str | None = None
    birth_date: date | None = None
    lines: tuple[Line, ...] = ()
    stays: tuple[Stay, ...] = ()


class Hit(NamedTuple):
    """One row involved in one subject of one rule. Equal hits from both forms are the promise of a pattern.

    ``subject_key`` names the subject stably across runs. ``role`` is ``subject`` for the rows at stake and
    ``other`` for rows that explain. ``expected`` and ``actual`` hold the compared values as plain text
    (codes, scaled integers, ISO dates), formatted for people only on pages. ``amount_fen`` is what this
    row adds to the amount at stake: zero for ``other`` rows and for stays.
    """

    rule_id: str
    point_id: str
    subject_key: str
    verdict: Verdict
    reason: str
    expected: str
    actual: str
    role: str
    row_kind: str  # "line" or "encounter"
    row_id: str
    amount_fen: int


@dataclass(frozen=True, slots=True)
class BindingColumn:
    """One column of a pattern's binding table, beyond rule_id, point_id, verdict, valid_from, valid_to.

    ``source``: ``knowledge`` (column of the knowledge list), ``parameter`` (dated parameter of the rule) or
    ``either`` (the knowledge point speaks; where it is silent, the rule's parameter does).
    ``kind`` is ``text`` or ``integer``. ``required`` columns may not stay empty.
    """

    name: str
    kind: str
    source: str
    meaning: str
    required: bool = True


@dataclass(frozen=True, slots=True)
class Pattern:
    """The declaration of a pattern: its name, template number, facts and binding columns."""

    name: str
    template: str
    zh: str
    kind: str  # line, person or population
    facts: tuple[str, ...]
    columns: tuple[BindingColumn, ...]
    uses_knowledge: bool = True
    reasons: dict[str, tuple[str, str]] = field(default_factory=dict)  # code -> (zh, en) sentence templates
