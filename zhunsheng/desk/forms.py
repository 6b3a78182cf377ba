"""What one may ask the desk, in plain JSON: checked when read, every fault told with its place.

Numbers are text (``"1.5"``), so that no float ever holds a quantity or an amount. Days are ``2026-03-01``; a moment is
``2026-03-01T08:30``, in Asia/Shanghai unless it states an offset. What is left out is unknown, never a default.
"""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)

from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.quantity import scaled
from zhunsheng.kernel.time import SHANGHAI, epoch_seconds, parse_date

#: Characters of a number or a moment: what was read is remembered, and must not fill the memory.
LONGEST = 40
#: Rows of one request; an order with its history is far below.
MOST_LINES, MOST_HISTORY, MOST_STAYS, MOST_DIAGNOSES = 500, 5_000, 500, 100
FIRST_DAY, LAST_DAY = date(1992, 1, 1), date(2099, 12, 31)
FIRST_BIRTH = date(1850, 1, 1)
VisitType = Literal["outpatient", "emergency", "inpatient", "pharmacy", "internet"]
#: A day, and the epoch second where a time of day was stated.
When = tuple[date, int | None]


def moment_of(text: str) -> When:
    """Read a day or a moment. Raises ValueError for another text, or one outside 1992 to 2099."""
    day, at = (parse_date(text), None) if len(text) <= 10 else _moment(text)
    if not FIRST_DAY <= day <= LAST_DAY:
        raise ValueError(f"not between {FIRST_DAY} and {LAST_DAY}: {text}")
    return day, at


def _moment(text: str) -> When:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        return moment.date(), _midnight(moment.date()) + moment.hour * 3600 + moment.minute * 60 + moment.second
    local = moment.astimezone(SHANGHAI)
    return local.date(), epoch_seconds(local)


@lru_cache(maxsize=4096)
def _midnight(day: date) -> int:
    return epoch_seconds(datetime(day.year, day.month, day.day, tzinfo=SHANGHAI))


def _when(value: Any) -> When:
    if not isinstance(value, str) or len(value) > LONGEST:
        raise ValueError("a text such as 2026-03-01 or 2026-03-01T08:30 is needed")
    try:
        return _known_moment(value)
    except (Problem, OverflowError) as error:
        raise ValueError(f"no day or moment: {value}") from error


#: Moments and numbers repeat within an order and between orders: reading one again is most of what a request costs.
_known_moment = lru_cache(maxsize=16_384)(moment_of)
_known_number = lru_cache(maxsize=65_536)(scaled)


def _number(digits: int, most: int, *, positive: bool) -> Any:
    def read(value: Any) -> int:
        if not isinstance(value, str) or len(value) > LONGEST or "e" in value.lower():
            raise ValueError('a number written as text is needed, such as "1.50"')
        try:
            found = _known_number(value, digits)
        except Problem as problem:
            raise ValueError(problem.kind.message("en", problem.values)) from problem
        if not (1 if positive else 0) <= found <= most:
            raise ValueError(f"out of range: {value}")
        return found

    whole = len(str(most)) - digits
    pattern = rf"^{'(?=.*[1-9])' if positive else ''}[0-9]{{1,{whole}}}(\.[0-9]{{1,{digits}}})?$"
    return BeforeValidator(read), WithJsonSchema({"type": "string", "pattern": pattern})


def _born(day: date) -> date:
    if not FIRST_BIRTH <= day <= LAST_DAY:
        raise ValueError(f"not between {FIRST_BIRTH} and {LAST_DAY}")
    return day


#: Days of the calendar as a schema can say them; 29 February of a common year is refused all the same.
_DAY = "((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|[12][0-9]))"
_CLOCK = "([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?(Z|[+-](0[0-9]|1[0-3]):[0-5][0-9])?"
_TIME = f"^(199[2-9]|20[0-9][0-9])-{_DAY}(T{_CLOCK})?$"
Moment = Annotated[When, BeforeValidator(_when), WithJsonSchema({"type": "string", "pattern": _TIME})]
_BORN = f"^(18[5-9][0-9]|19[0-9][0-9]|20[0-9][0-9])-{_DAY}$"
Birth = Annotated[date, AfterValidator(_born), WithJsonSchema({"type": "string", "pattern": _BORN})]
Quantity = Annotated[int, *_number(4, 999_999_999, positive=True)]
Price = Annotated[int, *_number(6, 9_999_999_999_999, positive=False)]
Fen = Annotated[int, *_number(2, 999_999_999, positive=False)]
Identifier = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z][0-9A-Za-z._:/+\-]{0,63}$")]
Code = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z][0-9A-Za-z._+*/\-]{0,39}$")]
ServiceKind = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]


class Form(BaseModel):
    """Base of what is asked: unknown names are refused, so that a typing error is never a missing fact."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class PersonForm(Form):
    """The person: number as imports know it. Sex and birth date are taken where no import told them."""

    person_id: Identifier
    sex: Literal["M", "F"] | None = None
    birth_date: Birth | None = None


class DiagnosisForm(Form):
    """A diagnosis of an encounter."""

    code: Code
    principal: bool = False


class EncounterForm(Form):
    """An encounter; without ``institution_id`` it is of the institution that asks."""

    encounter_id: Identifier
    visit_type: VisitType
    start: Moment
    end: Moment | None = None
    institution_id: Identifier | None = None
    department_id: Identifier | None = None
    insurance_kind: Code | None = None
    diagnoses: tuple[DiagnosisForm, ...] = Field(default=(), max_length=MOST_DIAGNOSES)


class LineForm(Form):
    """A line: what is ordered, or was charged before (net of refunds). Without ``amount`` it is price x quantity.

    ``vendor_id`` and ``service_kind`` name the vendor that is to perform it and the service it enters by.
    """

    line_id: Identifier
    item_code: Code
    at: Moment
    quantity: Quantity
    unit_price: Price
    amount: Fen | None = None
    in_scope: Fen | None = None
    item_class: Code | None = None
    encounter_id: Identifier | None = None
    institution_id: Identifier | None = None
    department_id: Identifier | None = None
    practitioner_id: Identifier | None = None
    vendor_id: Identifier | None = None
    service_kind: ServiceKind | None = None

    @model_validator(mode="after")
    def _performer_whole(self) -> LineForm:
        if (self.vendor_id is None) != (self.service_kind is None):
            raise ValueError("vendor_id and service_kind are stated together")
        return self


class HistoryForm(Form):
    """What the asker knows of the person beside the order; ``complete`` takes the place of what the site knows."""

    complete: bool = False
    encounters: tuple[EncounterForm, ...] = Field(default=(), max_length=MOST_STAYS)
    lines: tuple[LineForm, ...] = Field(default=(), max_length=MOST_HISTORY)


class OrderForm(Form):
    """One order to be judged: a person, the encounter, its new lines, and the history where the asker gives one."""

    moment: Literal["before", "during"] = "before"
    language: Literal["zh", "en"] = "zh"
    person: PersonForm
    encounter: EncounterForm
    lines: tuple[LineForm, ...] = Field(max_length=MOST_LINES)
    history: HistoryForm | None = None

    @model_validator(mode="after")
    def _named_once(self) -> OrderForm:
        ids = [line.line_id for line in self.lines]
        if len(set(ids)) < len(ids):
            raise ValueError("two lines have the same line_id")
        return self
