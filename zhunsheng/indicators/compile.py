"""Indicators of one table as one query: every row is met once, whatever the number of indicators.

Each distinct test becomes one digit of a number; rows are grouped by subject, month and these numbers, and what the
indicators say of a group is worked out once per group. So the cost of a pass grows with tests, not with indicators.
Trees are built, no text is put together; the result stays in the subset that other engines read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlglot import exp

from zhunsheng.book.indicators import SUBJECTS, Condition, Count, Indicator
from zhunsheng.facts.table import Kind
from zhunsheng.facts.wide import COUNTED
from zhunsheng.indicators.lists import Held
from zhunsheng.kernel.time import OPEN_END

#: Tests to a number: two bits each, within a signed integer of 64 bits.
DIGITS = 31
#: What a row is to an indicator, in the order of ``Outcome``.
OUT, EXCLUDED, UNKNOWN, NEITHER, NUMERATOR, DENOMINATOR, BOTH = range(7)
FIGURES = ("numerator", "denominator", "excluded", "unknown", "rows")
_BIGINT = exp.DataType.build("BIGINT")


@dataclass(frozen=True, slots=True)
class Pass:
    """Indicators that one query counts: of one table, by one day and subject, telling apart the values of ``key``."""

    table: str
    date: str
    subject: tuple[str, ...]
    key: str
    indicators: tuple[Indicator, ...]


def passes(indicators: Iterable[Indicator]) -> list[Pass]:
    """Return the queries that count indicators: sums and rows of a table together, each distinct column by itself."""
    found: dict[tuple[str, str, tuple[str, ...], str], list[Indicator]] = {}
    for one in sorted(indicators, key=lambda i: i.id):
        counts = [one.numerator, *([one.denominator] if one.denominator else [])]
        key = next((count.distinct for count in counts if count.distinct), "")
        found.setdefault((one.table, one.date, SUBJECTS[one.subject], key), []).append(one)
    return [Pass(*place, tuple(those)) for place, those in sorted(found.items())]


@dataclass(slots=True)
class Tests:
    """The distinct tests and sums of a pass, each with its place."""

    day: str
    table: str
    lists: Callable[[Condition], Held]
    tests: dict[str, tuple[str, exp.Expr]] = field(default_factory=dict)
    sums: dict[tuple[str, str], str] = field(default_factory=dict)

    def condition(self, said: Condition) -> exp.Expr:
        """Return the column that holds the answer to a condition: the same one for the same condition."""
        key = said.model_dump_json(exclude_defaults=True)
        if key not in self.tests:
            kind = COUNTED[self.table].column(said.column).kind
            self.tests[key] = f"t{len(self.tests)}", _test(said, self.day, kind, self.lists)
        return exp.column(self.tests[key][0])

    def filled(self, columns: Iterable[str]) -> exp.Expr:
        """Return whether columns are filled."""
        return _and(*(self.condition(Condition(column=name, empty=False)) for name in columns))

    @property
    def answers(self) -> list[exp.Expr]:
        """The tests in the order of their places."""
        return [test for _name, test in self.tests.values()]

    def summed(self, count: Count) -> str:
        """Return the name of what a sum adds up."""
        return self.sums.setdefault((count.sum, count.less), f"s{len(self.sums)}")


def query(one: Pass, lists: Callable[[Condition], Held]) -> exp.Select:
    """Return the select of (indicator_id, subject_id, institution_id, month, figures ...) of a pass.

    ``lists`` gives the values of the list that a condition names.
    """
    tests = Tests(one.date, one.table, lists)
    outcomes = [_outcome(tests, indicator) for indicator in one.indicators]
    values = [_figures(tests, number, indicator, one.key) for number, indicator in enumerate(one.indicators)]
    base = _met(one, tests) if one.key else _grouped(one, tests)
    keys = [exp.column(name) for name in (*_subject(one), "m")]
    told = exp.select(*keys, *([exp.column("k")] if one.key else []), "c", *tests.sums.values()).select(
        *(exp.alias_(outcome, f"o{n}", copy=False) for n, outcome in enumerate(outcomes))
    ).from_(base.subquery("answered", copy=False), copy=False)
    if one.key:
        told = _by_key(told, keys, values)
        values = [_added(number) for number in range(len(values))]
    counted = exp.select(*keys, *(exp.alias_(v, f"{name}_{n}", copy=False) for n, each in enumerate(values) for name, v in each.items()))
    counted = counted.from_(told.subquery("told", copy=False), copy=False).group_by(*keys, copy=False)
    return _long(one, counted)


def _test(said: Condition, day: str, kind: Kind, lists: Callable[[Condition], Held]) -> exp.Expr:
    """Return a condition as an expression that is NULL where a column that it needs is empty."""
    column = exp.column(said.column)
    if said.empty is not None:
        return column.is_(exp.null()) if said.empty else _filled(said.column)
    if said.equals is not None:
        return column.eq(_literal(said.equals))
    if said.any_of or said.none_of:
        found = column.isin(*(_literal(value) for value in said.any_of or said.none_of))
        return exp.not_(found) if said.none_of else found
    if said.starts:
        return _or(*(exp.StartsWith(this=column.copy(), expression=_literal(text)) for text in said.starts))
    if said.listed:
        return _listed(column, day, lists(said))
    if said.not_above or said.above:
        return _compared(column, said, kind)
    low = [exp.GTE(this=column.copy(), expression=_literal(said.at_least))] if said.at_least is not None else []
    high = [exp.LTE(this=column.copy(), expression=_literal(said.at_most))] if said.at_most is not None else []
    return _and(*low, *high)


def _compared(column: exp.Column, said: Condition, kind: Kind) -> exp.Expr:
    other: exp.Expr = exp.column(said.not_above or said.above)
    if said.plus and kind is Kind.DATE:
        other = exp.cast(exp.Add(this=other, expression=exp.Interval(this=_literal(str(said.plus)), unit=exp.var("DAY"))), "DATE")
    elif said.plus:
        other = exp.Add(this=other, expression=_literal(said.plus))
    compare = exp.LTE if said.not_above else exp.GT
    return compare(this=column, expression=other)


def _listed(column: exp.Column, day: str, held: Held) -> exp.Expr:
    """A list that holds nothing answers nothing: without it nobody can tell."""
    if not held:
        return exp.cast(exp.null(), "BOOLEAN")
    parts = []
    for period, values in held.items():
        within = [exp.GTE(this=exp.column(day), expression=_day(period.start))]
        if period.end != OPEN_END:
            within.append(exp.LT(this=exp.column(day), expression=_day(period.end)))
        parts.append(_and(column.isin(*(_literal(value) for value in sorted(values))), *within))
    return _or(*parts)


def _outcome(tests: Tests, one: Indicator) -> exp.Expr:
    """Return what a row is to an indicator, as a small number. Tests that are NULL leave it unknown."""
    universe = _all(tests, one.universe)
    excluded = _or(*(tests.condition(said) for said in one.exclusions)) if one.exclusions else exp.false()
    upper, lower = _all(tests, one.numerator.where), exp.false()
    known = [tests.filled(one.needs), _settled(upper, tests.filled(one.numerator.columns))]
    if one.denominator is not None:
        lower = _all(tests, one.denominator.where)
        known.append(_settled(lower, tests.filled(one.denominator.columns)))
    counted = _and(universe, exp.not_(excluded, copy=False))
    return (
        exp.case()
        .when(_and(universe.copy(), excluded.copy()), _literal(EXCLUDED), copy=False)
        .when(exp.not_(counted.copy(), copy=False), _literal(OUT), copy=False)
        .when(_and(counted.copy(), *known, upper.copy(), lower.copy()), _literal(BOTH), copy=False)
        .when(_and(counted.copy(), *(k.copy() for k in known), upper.copy()), _literal(NUMERATOR), copy=False)
        .when(_and(counted.copy(), *(k.copy() for k in known), lower.copy()), _literal(DENOMINATOR), copy=False)
        .when(_and(counted.copy(), *(k.copy() for k in known)), _literal(NEITHER), copy=False)
        .else_(_literal(UNKNOWN), copy=False)
    )


def _settled(part: exp.Expr, filled: exp.Expr) -> exp.Expr:
    """Whether it is known that a row does not belong to a side, or that it does and its value is there."""
    return _or(_and(part.copy(), filled), exp.not_(part.copy(), copy=False))


def _all(tests: Tests, conditions: Sequence[Condition]) -> exp.Expr:
    return _and(*(tests.condition(said) for said in conditions))


def _grouped(one: Pass, tests: Tests) -> exp.Select:
    """Rows grouped by the answers to all tests, the answers then taken apart again."""
    answers = tests.answers
    words = [answers[start : start + DIGITS] for start in range(0, len(answers), DIGITS)]
    packed = exp.select(*_keys(one), exp.alias_(exp.Count(this=exp.Star()), "c"))
    for n, word in enumerate(words):
        packed.select(exp.alias_(_word(word), f"w{n}", copy=False), copy=False)
    for (column, less), name in tests.sums.items():
        packed.select(exp.alias_(exp.Sum(this=_value(column, less)), name, copy=False), copy=False)
    names = [*_subject(one), "m", *(f"w{n}" for n in range(len(words)))]
    packed = packed.from_(exp.to_table(one.table)).group_by(*(_literal(n) for n in range(1, len(_subject(one)) + 2)))
    packed = packed.group_by(*(f"w{n}" for n in range(len(words))))
    apart = exp.select(*(exp.column(name) for name in names[: len(_subject(one)) + 1]), "c", *tests.sums.values())
    for number in range(len(answers)):
        apart.select(exp.alias_(_digit(number), f"t{number}", copy=False), copy=False)
    return apart.from_(packed.subquery("packed", copy=False), copy=False)


def _met(one: Pass, tests: Tests) -> exp.Select:
    """Rows as they are, each with the answers to all tests and the value that is told apart."""
    sums = (exp.alias_(_value(*pair), name) for pair, name in tests.sums.items())
    answers = (exp.alias_(test.copy(), f"t{number}") for number, test in enumerate(tests.answers))
    row = exp.select(*_keys(one), exp.alias_(exp.column(one.key), "k"), exp.alias_(_literal(1), "c"), *sums, *answers)
    return row.from_(exp.to_table(one.table))


def _word(tests: Sequence[exp.Expr]) -> exp.Expr:
    """Return answers as digits of base 4: 0 no, 1 yes, 2 not known."""
    total: exp.Expr = _literal(0)
    for place, test in enumerate(tests):
        digit = exp.Coalesce(this=exp.cast(test.copy(), "BIGINT"), expressions=[_literal(2)])
        total = exp.Add(this=total, expression=exp.Mul(this=digit, expression=_literal(4**place)))
    return total


def _digit(number: int) -> exp.Expr:
    word, place = divmod(number, DIGITS)
    shifted = exp.IntDiv(this=exp.column(f"w{word}"), expression=_literal(4**place))
    digit = exp.Mod(this=exp.Paren(this=shifted), expression=_literal(4))
    return exp.case(digit).when(_literal(1), exp.true()).when(_literal(0), exp.false())


def _figures(tests: Tests, number: int, one: Indicator, key: str) -> dict[str, exp.Expr]:
    """Return the five figures of an indicator over groups of rows."""
    outcome = exp.column(f"o{number}")
    sides = {
        "numerator": (one.numerator, (NUMERATOR, BOTH)),
        "denominator": (one.denominator or Count(rows=True), (DENOMINATOR, BOTH)),
    }
    found = {}
    for name, (count, wanted) in sides.items():
        value = exp.column(tests.summed(count)) if count.sum else _literal(1) if count.distinct else exp.column("c")
        found[name] = _over(exp.Max if key and count.distinct else exp.Sum, value, outcome, wanted)
    rows = {"excluded": (EXCLUDED,), "unknown": (UNKNOWN,), "rows": (NEITHER, NUMERATOR, DENOMINATOR, BOTH)}
    return found | {name: _over(exp.Sum, exp.column("c"), outcome, wanted) for name, wanted in rows.items()}


def _over(how: type[exp.AggFunc], value: exp.Expr, outcome: exp.Expr, wanted: Sequence[int]) -> exp.Expr:
    picked = exp.case().when(outcome.copy().isin(*map(_literal, wanted)), value)
    return exp.cast(exp.Coalesce(this=how(this=picked), expressions=[_literal(0)]), _BIGINT.copy())


def _by_key(told: exp.Select, keys: list[exp.Column], values: list[dict[str, exp.Expr]]) -> exp.Select:
    """Each value told apart counts once, however many rows hold it."""
    each = exp.select(*(key.copy() for key in keys), exp.column("k"))
    each = each.select(*(exp.alias_(v, f"{name}_{n}", copy=False) for n, one in enumerate(values) for name, v in one.items()))
    return each.from_(told.subquery("met")).group_by(*(key.copy() for key in keys), exp.column("k"))


def _added(number: int) -> dict[str, exp.Expr]:
    return {name: exp.cast(exp.Sum(this=exp.column(f"{name}_{number}")), _BIGINT.copy()) for name in FIGURES}


def _long(one: Pass, counted: exp.Select) -> exp.Select:
    """Turn a row per subject and month into a row per indicator, subject and month; what met no row has none."""
    parts: list[exp.Select] = []
    for number, indicator in enumerate(one.indicators):
        figures = [exp.column(f"{name}_{number}") for name in FIGURES]
        some = exp.Add(this=exp.Add(this=figures[2].copy(), expression=figures[3].copy()), expression=figures[4].copy())
        head = (_literal(indicator.id).as_("indicator_id"), _literal(indicator.subject).as_("subject_kind"))
        place = (exp.alias_(_subject_id(one), "subject_id"), exp.alias_(exp.column("g0"), "institution_id"))
        told = exp.select(*head, *place, exp.alias_(_month(), "month"))
        told = told.select(*(exp.alias_(figure, name) for figure, name in zip(figures, FIGURES, strict=True)))
        parts.append(told.from_("counted").where(exp.GT(this=exp.Paren(this=some), expression=_literal(0))))
    whole: exp.Expr = parts[0]
    for part in parts[1:]:
        whole = exp.union(whole, part, distinct=False, copy=False)
    long = exp.select("*").from_(whole.subquery("long", copy=False), copy=False)
    return long.with_("counted", as_=counted, materialized=True, copy=False)


def _keys(one: Pass) -> list[exp.Expr]:
    subject = [exp.alias_(exp.column(column), name) for column, name in zip(one.subject, _subject(one), strict=True)]
    day = exp.column(one.date)
    year = exp.Mul(this=exp.Year(this=day), expression=_literal(12))
    return [*subject, exp.alias_(exp.Add(this=year, expression=exp.Month(this=day.copy())), "m")]


def _subject(one: Pass) -> list[str]:
    return [f"g{n}" for n in range(len(one.subject))]


def _subject_id(one: Pass) -> exp.Expr:
    if len(one.subject) == 1:
        return exp.column("g0")
    rest = exp.Coalesce(this=exp.column("g1"), expressions=[_literal("")])
    return exp.DPipe(this=exp.DPipe(this=exp.column("g0"), expression=_literal("/")), expression=rest)


def _month() -> exp.Expr:
    """Return the month counted since the year 0 as text: 2026-03."""
    before = exp.Paren(this=exp.Sub(this=exp.column("m"), expression=_literal(1)))
    year = exp.cast(exp.IntDiv(this=before, expression=_literal(12)), "VARCHAR")
    number = exp.Add(this=exp.Mod(this=before.copy(), expression=_literal(12)), expression=_literal(101))
    two = exp.Substring(this=exp.cast(exp.Paren(this=number), "VARCHAR"), start=_literal(2), length=_literal(2))
    return exp.DPipe(this=exp.DPipe(this=year, expression=_literal("-")), expression=two)


def _value(column: str, less: str) -> exp.Expr:
    value = exp.cast(exp.column(column), _BIGINT.copy())
    return exp.Sub(this=value, expression=exp.cast(exp.column(less), _BIGINT.copy())) if less else value


def _filled(name: str) -> exp.Expr:
    return exp.Not(this=exp.column(name).is_(exp.null()))


def _day(day: date) -> exp.Expr:
    return exp.cast(exp.Literal.string(day.isoformat()), "DATE")


def _and(*parts: exp.Expr) -> exp.Expr:
    """All of some parts; the trees are taken as they are, which spares most of the time of building."""
    return exp.and_(*parts, copy=False) if parts else exp.true()


def _or(*parts: exp.Expr) -> exp.Expr:
    return exp.or_(*parts, copy=False)


def _literal(value: bool | int | str | None) -> exp.Expr:
    return exp.convert(value)


def drill(one: Indicator, lists: Callable[[Condition], Held], source: exp.Expr | None = None) -> exp.Select:
    """Return the select of the rows of an indicator with what each is to it (``outcome``, a number), outsiders left out.

    ``source`` is the query that makes its table where that is a view of the pass alone.
    """
    tests = Tests(one.date, one.table, lists)
    said = _outcome(tests, one)
    answers = dict(tests.tests.values())
    said = said.transform(lambda node: exp.Paren(this=answers[node.name].copy()) if isinstance(node, exp.Column) and node.name in answers else node)
    columns = dict.fromkeys((*SUBJECTS[one.subject], one.date, *COUNTED[one.table].key, *one.columns))
    month = exp.TimeToStr(this=exp.column(one.date), format=_literal("%Y-%m"))
    rows = exp.select(*(exp.column(name) for name in columns), exp.alias_(said, "outcome"), exp.alias_(month, "told_month"))
    rows = rows.from_(exp.to_table(one.table) if source is None else source.subquery(one.table))
    return exp.select("*").from_(rows.subquery("drilled")).where(exp.NEQ(this=exp.column("outcome"), expression=_literal(OUT)))
