"""What every pattern is made of: facts of one person, bindings, hits.

A pattern exists twice: ``<pattern>.sql`` judges sets, ``<pattern>.py`` judges one person. Both read the same
*binding* rows - a rule's dated parameters joined to its dated knowledge points - and both give the same *hits*:
one row per rule, subject and involved row. Grouping hits into findings is done once, in runs/assemble.

Patterns see charge lines net of refunds: a line that was taken back in full is not there, one that was
taken back in part carries what remains. ``amount_fen`` and ``quantity_e4`` are therefore positive.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from importlib import resources
from typing import Any, NamedTuple, TypeVar

from zhunsheng.kernel.outcome import Verdict
from zhunsheng.kernel.quantity import scaled
from zhunsheng.kernel.time import OPEN_END


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
    item_class: str | None = None
    in_scope_fen: int | None = None


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
    department_id: str | None = None
    insurance_kind: str | None = None
    practitioner_id: str | None = None


class Diagnosis(NamedTuple):
    """A diagnosis of an encounter as patterns see it (columns of facts.diagnosis)."""

    encounter_id: str
    code: str
    is_principal: bool


class Institution(NamedTuple):
    """One registration of an institution and the days on which it speaks; ``level`` is None when not registered.

    The rows of a case stand as ``registrations`` returns them.
    """

    institution_id: str
    kind: str
    level: str | None
    region: str | None
    valid_from: date = date.min
    valid_to: date = OPEN_END

    @property
    def key(self) -> tuple[str, ...]:
        """What is registered: the next registration of the same key takes over."""
        return (self.institution_id,)


class Department(NamedTuple):
    """One registration of a department; ``specialty`` is the national code (caty), None when not registered."""

    institution_id: str
    department_id: str
    name: str
    specialty: str | None
    valid_from: date = date.min
    valid_to: date = OPEN_END

    @property
    def key(self) -> tuple[str, ...]:
        """What is registered: the next registration of the same key takes over."""
        return self.institution_id, self.department_id


Registered = TypeVar("Registered", Institution, Department)


def registrations(stated: Iterable[Registered]) -> tuple[Registered, ...]:
    """Return registrations as stated with the days on which each speaks, in the order of their days.

    A registration speaks until its stated end or until the next one of its key begins. The first also speaks for the
    days before it: nothing else is known of them. Of two that begin on one day the later statement counts.
    """
    newest = {(one.key, one.valid_from): one for one in stated}
    by_key: dict[tuple[str, ...], list[Registered]] = {}
    for _, one in sorted(newest.items(), key=lambda item: item[0]):
        by_key.setdefault(one.key, []).append(one)
    found: list[Registered] = []
    for rows in by_key.values():
        ends = [following.valid_from for following in rows[1:]] + [OPEN_END]
        starts = [date.min] + [row.valid_from for row in rows[1:]]
        found += [
            row._replace(valid_from=start, valid_to=min(row.valid_to, end))
            for row, start, end in zip(rows, starts, ends, strict=True)
        ]
    return tuple(found)


class Order(NamedTuple):
    """A drug or treatment order as patterns see it (columns of facts.medical_order)."""

    order_id: str
    encounter_id: str
    person_id: str
    institution_id: str
    item_code: str | None
    ordered_on: date
    stopped_on: date | None
    quantity_e4: int | None
    supply_days: int | None


class UseRecord(NamedTuple):
    """What was performed or used, as patterns see it (columns of facts.use_record)."""

    record_id: str
    encounter_id: str
    person_id: str
    institution_id: str
    item_code: str
    performed_on: date
    quantity_e4: int
    performed_at: int | None = None
    practitioner_id: str | None = None


class Device(NamedTuple):
    """A registered device as patterns see it (columns of facts.device); in use on valid_from, no longer on valid_to."""

    institution_id: str
    device_class: str
    valid_from: date
    valid_to: date | None


class Facility(NamedTuple):
    """A registered functional place as patterns see it (columns of facts.facility)."""

    institution_id: str
    kind: str
    valid_from: date
    valid_to: date | None


class Licence(NamedTuple):
    """A licensed specialty of an institution as patterns see it (columns of facts.licence)."""

    institution_id: str
    specialty: str
    valid_from: date
    valid_to: date | None


class Practice(NamedTuple):
    """One period of a practitioner's registration at an institution (columns of facts.practitioner)."""

    practitioner_id: str
    institution_id: str
    title: str | None
    valid_from: date
    valid_to: date | None


class PaymentStatus(NamedTuple):
    """A period without full payment qualification, as patterns see it (columns of facts.payment_status).

    ``decision`` numbers the decision of this site; it is empty for what a register brought.
    """

    practitioner_id: str
    status: str
    valid_from: date
    valid_to: date | None
    decision: str = ""


class Procedure(NamedTuple):
    """An operation of an encounter as patterns see it (columns of facts.procedure); sequence 1 is the main one."""

    encounter_id: str
    sequence: int
    code: str
    performed_on: date | None


class NursingRecord(NamedTuple):
    """What the ward wrote down, as patterns see it (columns of facts.nursing_record)."""

    record_id: str
    encounter_id: str
    person_id: str
    institution_id: str
    observed_on: date
    level: str | None


class IdentityCheck(NamedTuple):
    """A check of identity as patterns see it (columns of facts.identity_check)."""

    check_id: str
    encounter_id: str
    person_id: str
    institution_id: str
    checked_on: date
    checked_at: int | None
    result: str


class Settlement(NamedTuple):
    """A settlement as patterns see it (columns of facts.settlement)."""

    settlement_id: str
    encounter_id: str
    person_id: str
    institution_id: str
    settled_on: date
    total_fen: int
    invoice_code: str | None
    invoice_number: str | None


class Death(NamedTuple):
    """One statement of a person's death as patterns see it (columns of facts.death)."""

    person_id: str
    died_on: date


@dataclass(frozen=True, slots=True)
class Case:
    """All that is known of one person. ``sex`` and ``birth_date`` are None when unknown.

    ``institutions``, ``departments``, ``devices``, ``facilities``, ``licences``, ``practices`` and ``payment_statuses``
    hold what is registered of those that the person's rows name, each with its days. ``deaths`` is empty while none is
    registered, and holds several where statements were made repeatedly.
    """

    person_id: str
    sex: str | None = None
    birth_date: date | None = None
    lines: tuple[Line, ...] = ()
    stays: tuple[Stay, ...] = ()
    diagnoses: tuple[Diagnosis, ...] = ()
    institutions: tuple[Institution, ...] = ()
    departments: tuple[Department, ...] = ()
    orders: tuple[Order, ...] = ()
    use_records: tuple[UseRecord, ...] = ()
    devices: tuple[Device, ...] = ()
    facilities: tuple[Facility, ...] = ()
    deaths: tuple[Death, ...] = ()
    licences: tuple[Licence, ...] = ()
    practices: tuple[Practice, ...] = ()
    payment_statuses: tuple[PaymentStatus, ...] = ()
    procedures: tuple[Procedure, ...] = ()
    nursing_records: tuple[NursingRecord, ...] = ()
    identity_checks: tuple[IdentityCheck, ...] = ()
    settlements: tuple[Settlement, ...] = ()

    @property
    def died(self) -> tuple[date, date] | None:
        """First and last day stated for the death, between which it lies; None while none is registered."""
        days = [death.died_on for death in self.deaths]
        return (min(days), max(days)) if days else None

    def institution_on(self, institution_id: str, day: date) -> Institution | None:
        """Return the registration of an institution that held on a day; None where none did."""
        held = (one for one in self.institutions if one.institution_id == institution_id)
        return next((one for one in held if one.valid_from <= day < one.valid_to), None)

    def department_on(self, institution_id: str, department_id: str, day: date) -> Department | None:
        """Return the registration of a department that held on a day; None where none did."""
        held = (one for one in self.departments if one.key == (institution_id, department_id))
        return next((one for one in held if one.valid_from <= day < one.valid_to), None)


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
    row_kind: (
        str  # line, encounter, stock_move, ... (runs/sql/assemble); institution, practitioner: a place and a period
    )
    row_id: str
    amount_fen: int

    @classmethod
    def of_line(cls, row: Any, line: Line, verdict: Verdict, reason: str, expected: str, actual: str) -> Hit:
        """Return the hit of a line that is a subject by itself."""
        return cls(
            row.rule_id,
            row.point_id,
            line.line_id,
            verdict,
            reason,
            expected,
            actual,
            "subject",
            "line",
            line.line_id,
            line.amount_fen,
        )

    @classmethod
    def of_stay(cls, row: Any, key: str, stay_id: str, said: tuple[Verdict, str, str, str], amount: int = 0) -> Hit:
        """Return the hit of an encounter that is a subject by itself; ``said``: verdict, reason, expected, actual."""
        return cls(row.rule_id, row.point_id, key, *said, "subject", "encounter", stay_id, amount)


@dataclass(frozen=True, slots=True)
class BindingColumn:
    """One column of a pattern's binding table, beyond the common ones.

    ``source``: ``knowledge`` (column of the knowledge list), ``parameter`` (dated parameter of the rule) or
    ``either`` (the knowledge point speaks; where it is silent, the rule's parameter does).
    ``kind`` is ``text``, ``integer`` or ``set``; an integer with ``digits`` is a decimal scaled by 10^digits.
    A set is words parted by single spaces, each one of ``codes`` where given, at least ``least`` characters long.
    ``reads`` names the column of the list or the parameter where it differs; of several names, divided by spaces,
    the first that speaks is taken. ``absent`` is taken where nobody speaks; without it the rule does not load.
    ``only`` limits the column to rows whose earlier column holds one of the values: elsewhere it is empty.
    ``step`` is the least change of a stated number, in the scaled unit (a price: fen). ``is_rank``: only order counts.
    """

    name: str
    kind: str
    source: str
    meaning: str
    codes: tuple[str, ...] = ()
    digits: int = 0
    reads: str = ""
    absent: str | None = None
    only: tuple[str, tuple[str, ...]] | None = None
    step: int = 1
    least: int = 1
    is_rank: bool = False

    @property
    def silent(self) -> int | str:
        """What a row holds where nobody speaks: no boundary, nothing that an example could notice."""
        return scaled(self.absent or "0", self.digits) if self.kind == "integer" else self.absent or ""


COMMON = ("rule_id", "point_id", "verdict", "valid_from", "valid_to")


@dataclass(frozen=True)
class Pattern:
    """The declaration of a pattern: name, template number of the national scheme, facts, binding columns.

    ``index`` names the binding columns by which the one-person form looks candidates up.
    ``reasons`` gives each reason code its sentence (Chinese, English); ``{expected}`` and ``{actual}`` may
    carry a format of patterns/words: ``sex``, ``age``, ``band``, ...
    """

    name: str
    template: str
    zh: str
    en: str
    kind: str  # line, person or population
    facts: tuple[str, ...]
    columns: tuple[BindingColumn, ...]
    reasons: dict[str, tuple[str, str]]
    index: tuple[str, ...] = ()
    #: How clues.decide reads measures: share, rate, growth, past; event: the set form decides; rows: without measures.
    family: str = ""
    #: What a population pattern judges one by one: its measures, or what their denominators count.
    counts: str = "measures"

    @property
    def is_population(self) -> bool:
        """Whether the pattern looks at everyone at once, so that no one person can be judged by it."""
        return self.kind == "population"

    @property
    def uses_knowledge(self) -> bool:
        """Whether the pattern needs a knowledge list."""
        return any(column.source != "parameter" for column in self.columns)

    @cached_property
    def row(self) -> Any:
        """The named tuple of one binding row: COMMON, then the pattern's columns."""
        return namedtuple(f"{self.name}_binding", [*COMMON, *(c.name for c in self.columns)])

    @property
    def table(self) -> str:
        """Name of the binding table in the set form."""
        return f"b_{self.name}"

    @property
    def sql(self) -> str:
        """The set form: one SELECT that yields hits."""
        return _text(f"{self.name}.sql")

    @property
    def count_sql(self) -> str:
        """One SELECT of (rule_id, candidates): how many rows each rule judged. A population pattern counts measures."""
        return _text(f"{self.name}.count.sql")

    @property
    def measure_sql(self) -> str:
        """The measures of a population pattern as a set: one SELECT of the columns of population.Measure."""
        return _text(f"{self.name}.measure.sql")

    @property
    def texts(self) -> tuple[str, str]:
        """Both SQL texts of the set form."""
        return self.sql, self.measure_sql if self.is_population and self.family != "rows" else self.count_sql


class Bindings:
    """The binding rows of one pattern, found by the value of an index column."""

    def __init__(self, pattern: Pattern, rows: Iterable[Any]) -> None:
        self.pattern = pattern
        self.rows = tuple(rows)
        self._index: dict[str, dict[str, list[Any]]] = {column: {} for column in pattern.index}
        for row in self.rows:
            for column, found in self._index.items():
                found.setdefault(getattr(row, column), []).append(row)

    def valid(self, column: str, value: str, day: date) -> list[Any]:
        """Return the rows whose column has the value and whose period holds the day."""
        rows = self._index[column].get(value)
        return [row for row in rows if row.valid_from <= day < row.valid_to] if rows else []

    def on(self, day: date) -> list[Any]:
        """Return all rows whose period holds the day: for patterns without an item."""
        return [row for row in self.rows if row.valid_from <= day < row.valid_to]


#: A limit on what the fund pays binds only lines that state a share within policy scope; a limit on use binds all.
SCOPE = BindingColumn(
    "scope",
    "text",
    "parameter",
    "paid: lines with a share within policy scope; all: every line",
    codes=("paid", "all"),
)
SCOPE_MISSING = (
    "条件不符，但该行未载明政策范围内金额，无法判定是否纳入基金结算",
    "The condition is not met, but the line does not state its share within policy scope",
)


def is_self_paid(line: Line, scope: str) -> bool:
    """Whether a limit on payment leaves the line alone, because nothing of it lies within policy scope."""
    return scope == "paid" and line.in_scope_fen == 0


def as_paid(row: Any, line: Line, reason: str) -> tuple[Verdict, str]:
    """Return verdict and reason of a broken condition: unknown where it cannot be told whether the fund paid."""
    if row.scope == "paid" and line.in_scope_fen is None:
        return Verdict.UNKNOWN, "scope_missing"
    return Verdict(row.verdict), reason


@cache
def _text(name: str) -> str:
    return resources.files("zhunsheng.patterns").joinpath(name).read_text("utf-8")
