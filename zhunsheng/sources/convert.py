# ruff: noqa: S608 - names in this SQL come from mapping files of the package; values of files never enter it
"""Write the SQL that turns text columns into typed ones and says what is wrong with each value.

One select over all rows: a row either has its typed values or a code per faulty column. The names in the text come
from mapping files; values never enter it. Prefixes: ``t_`` text as sent, ``v_`` typed value, ``m_`` whether a
time of day was stated, ``e_`` number of the error code, 0 for none.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from zhunsheng.facts.schema import TABLES
from zhunsheng.facts.table import Kind
from zhunsheng.kernel.money import MAX_LINE_FEN
from zhunsheng.kernel.quantity import MAX_LINE_QUANTITY_E4
from zhunsheng.sources.mapping import Field, FileKind, Mapping, Recognised

#: Seconds by which Asia/Shanghai is ahead of UTC, without a change since 1991-09-15.
SHANGHAI = 28_800
_SINCE_FIXED = "TIMESTAMP '1991-09-16'"
_DATES = ("birth", "day", "last_day", "moment")
#: type -> (digits kept, width of the decimal that holds any allowed value, limit of the scaled value)
_SCALES = {"fen": (2, 12, MAX_LINE_FEN), "e4": (4, 10, MAX_LINE_QUANTITY_E4), "e6": (6, 14, MAX_LINE_FEN * 10_000)}
_TOO_FINE = {"fen": 102, "e4": 104, "e6": 104}
_NOT_NUMBER = {"fen": 101, "e4": 104, "e6": 104, "count": 104}
#: Types whose value enters the facts as a keyed pseudonym only.
_SECRET = ("person", "contact")
_BLANKS = " \t\u3000\u00a0\ufeff"
#: Totals of a settlement may be larger than one line may be.
_SETTLEMENT_FEN = 99_999_999_999


@dataclass(frozen=True, slots=True)
class Check:
    """A condition between columns that rejects a row: the column it is told on, its code, SQL for both."""

    field: str
    code: str
    condition: str
    value: str


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that does not reject a row and is counted in the report."""

    code: str
    condition: str


@dataclass(frozen=True, slots=True)
class Across:
    """A condition that needs rows of another file of the same folder, and rejects a row."""

    field: str
    code: str
    condition: str
    value: str
    table: str
    join: str = ""


@dataclass(frozen=True, slots=True)
class Derivation:
    """What a kind of file needs beyond one column to one column.

    ``columns``: fact columns by table, as SQL over the typed row ``w``. ``where``: which rows a table takes.
    ``extra``: columns added to ``w`` by a window. ``needs``: files of the same folder that are read beside this
    one, as ``look_<kind>``, and ``join`` how they come in.
    """

    columns: dict[str, dict[str, str]]
    checks: tuple[Check, ...] = ()
    notices: tuple[Notice, ...] = ()
    where: dict[str, str] = field(default_factory=dict)
    extra: str = ""
    needs: tuple[str, ...] = ()
    join: str = ""
    across: tuple[Across, ...] = ()


def typed(found: Recognised, table: Derivation, source: str, *, trim: bool) -> str:
    """Return the select from the columns c0, c1, ... of ``source`` to typed rows with a state.

    state: 0 good, 1 to be rejected, 2 blank, 3 a total. Rows that are not good keep their
    ``texts``, in the order of the mapping.
    """
    kind = found.kind
    read = ", ".join(f"{_text(found, one, trim=trim)} AS t_{one.name}" for one in kind.fields)
    bad = " OR ".join([f"e_{one.name} <> 0" for one in kind.fields] + [f"x_{i}" for i in range(len(table.checks))])
    blank = f"coalesce({', '.join(f't_{one.name}' for one in kind.fields)}) IS NULL"
    first = ", ".join(f"t_{one.name}" for one in sorted(kind.fields, key=lambda one: found.columns.get(one.name, 999)))
    words = "|".join(found.mapping.total_words)
    total = f"regexp_full_match(lower(coalesce({first})), '({words})[:：]?')"
    state = f"CASE WHEN NOT ({bad}) THEN 0 WHEN {blank} THEN 2 WHEN {total} THEN 3 ELSE 1 END"
    kept = ", ".join(f"t_{one.name}" for one in kind.fields)
    judged = judged_rows(found.mapping, kind, table, f"(SELECT {read} FROM {source})")
    return (
        f"SELECT {', '.join(_values(kind))}, state, CASE WHEN state <> 0 THEN [{kept}] END AS texts "
        f"FROM (SELECT *, CAST({state} AS TINYINT) AS state FROM ({judged}))"
    )


def texts(kind: FileKind) -> str:
    """Return the ``t_`` columns of a kept row."""
    return ", ".join(f"texts[{place}] AS t_{one.name}" for place, one in enumerate(kind.fields, 1))


def judged_rows(source: Mapping, kind: FileKind, table: Derivation, rows: str) -> str:
    """Return the select that adds values and error numbers to rows of ``t_`` columns."""
    values = ", ".join(expression for one in kind.fields for expression in _value(one))
    faults = ", ".join(f"CAST({_fault(source, one)} AS SMALLINT) AS e_{one.name}" for one in kind.fields)
    crossed = "".join(f", coalesce({one.condition}, false) AS x_{i}" for i, one in enumerate(table.checks))
    return f"SELECT *{crossed} FROM (SELECT *, {faults} FROM (SELECT *, {values} FROM {rows}))"


def reasons(source: Mapping, kind: FileKind, table: Derivation, rows: str) -> str:
    """Return the select of one row per reason (f, r, field, code, value) from rows of ``t_`` columns."""
    shown = {one.name: "'…'" if one.type == "contact" else f"t_{one.name}" for one in kind.fields}
    entries = [f"{{'field': '{name}', 'code': e_{name}, 'value': {value}}}" for name, value in shown.items()] + [
        f"{{'field': '{one.field}', 'code': CASE WHEN x_{i} THEN {int(one.code[2:])} ELSE 0 END, 'value': {one.value}}}"
        for i, one in enumerate(table.checks)
    ]
    judged = judged_rows(source, kind, table, rows)
    return (
        "SELECT f, r, s.field AS field, 'ZS' || s.code AS code, s.value AS value FROM ("
        f"SELECT f, r, unnest([{', '.join(entries)}]) AS s FROM ({judged})) WHERE s.code <> 0"
    )


def targets(kind: FileKind, table: Derivation, name: str) -> dict[str, str]:
    """Return an expression over typed rows ``w`` for every column of a fact table, origin columns aside."""
    columns: dict[str, str] = {}
    for one in kind.fields:
        for target, column in one.to:
            if target == name:
                columns[column] = _target(one, TABLES[name].column(column).kind)
    columns.update(table.columns.get(name, {}))
    return {one.name: columns.get(one.name, "NULL") for one in TABLES[name].columns}


def persons(kind: FileKind) -> list[str]:
    """Return the columns of a kind that become pseudonyms: people, and by what they are reached."""
    return [one.name for one in kind.fields if one.type in _SECRET]


def _text(found: Recognised, one: Field, *, trim: bool) -> str:
    place = found.columns.get(one.name)
    if place is None:
        return "CAST(NULL AS VARCHAR)"
    return f"nullif(trim(c{place}, '{_BLANKS}'), '')" if trim else f"c{place}"


def _values(kind: FileKind) -> list[str]:
    names = [f"v_{one.name}" for one in kind.fields]
    return names + [f"m_{one.name}" for one in kind.fields if one.type == "moment"]


def _value(one: Field) -> list[str]:
    text = f"t_{one.name}"
    if one.type in _SCALES:
        digits, width, _ = _SCALES[one.type]
        number = f"TRY_CAST({text} AS DECIMAL({width},{digits})) * CAST({10**digits} AS DECIMAL({digits + 1},0))"
        return [f"CAST({number} AS BIGINT) AS v_{one.name}"]
    if one.type == "count":
        return [f"TRY_CAST({text} AS BIGINT) AS v_{one.name}"]
    if one.type == "code":
        cases = " ".join(f"WHEN '{key}' THEN {repr(value) if value else 'NULL'}" for key, value in one.codes.items())
        return [f"CASE {text} {cases} END AS v_{one.name}"]
    if one.type in _DATES:
        moment = (
            f"COALESCE(TRY_CAST({text} AS TIMESTAMP), try_strptime({text}, ['%Y%m%d', '%Y%m%d%H%M%S', '%Y%m%d%H%M']))"
        )
        zoned = f"length({text}) > 16 AND regexp_matches({text}, '([zZ]|[+-][0-9]{{2}}(:?[0-9]{{2}})?)$')"
        # the connection's zone is Asia/Shanghai: a moment with a zone of its own becomes local time there
        local = f"CAST(TRY_CAST({text} AS TIMESTAMPTZ) AS TIMESTAMP)"
        either = f"CASE WHEN {zoned} THEN {local} ELSE {moment} END AS v_{one.name}"
        return [either] + ([f"length({text}) > 10 AS m_{one.name}"] if one.type == "moment" else [])
    if one.type == "contact":
        # written in many ways, one key; what was masked before it came here would make one key of many people
        bare = f"regexp_replace({text}, '[^0-9A-Za-z]', '', 'g')"
        key = f"'contact:' || regexp_replace({bare}, '^86(1[0-9]{{10}})$', '\\1')"
        return [
            f"CASE WHEN NOT regexp_matches({text}, '[*xX]{{2}}') THEN nullif({key}, 'contact:') END AS v_{one.name}"
        ]
    return [f"{text} AS v_{one.name}"]


def _fault(source: Mapping, one: Field) -> str:
    text = f"t_{one.name}"
    absent = f"WHEN {text} IS NULL THEN {220 if one.required else 0}"
    if one.type in _SCALES:
        return f"CASE {absent} {_number_faults(one)} END"
    if one.type == "count":
        good = f"regexp_full_match({text}, '[0-9]{{1,9}}') AND v_{one.name} >= 1"
        return f"CASE {absent} WHEN {good} THEN 0 ELSE 104 END"
    if one.type == "code":
        listed = ", ".join(f"'{key}'" for key in one.codes)
        return f"CASE {absent} WHEN {text} NOT IN ({listed}) THEN 221 ELSE 0 END"
    if one.type in _DATES:
        return f"CASE {absent} {_date_faults(source, one)} ELSE 0 END"
    faults = f"{absent} WHEN length({text}) > {one.length} THEN 231"
    if one.type in ("id", "person"):
        faults += f" WHEN contains({text}, 'E+') AND regexp_full_match({text}, '[0-9]([.][0-9]+)?E[+][0-9]+') THEN 233"
    return f"CASE {faults} ELSE 0 END"


def _number_faults(one: Field) -> str:
    text, value = f"t_{one.name}", f"v_{one.name}"
    digits, _, limit = _SCALES[one.type]
    if one.type == "fen" and any(table == "settlement" for table, _ in one.to):
        limit = _SETTLEMENT_FEN
    exact = f"regexp_full_match({text}, '[+-]?[0-9]{{0,12}}[.]?[0-9]{{0,{digits}}}0{{0,{6 - digits}}}')"
    sign = f" AND {value} >= 0" if one.sign == "positive" else ""
    plain = f"regexp_full_match({text}, '[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)')"
    return (
        f"WHEN {exact} AND {value} BETWEEN -{limit} AND {limit}{sign} THEN 0 "
        f"WHEN NOT {plain} THEN {_NOT_NUMBER[one.type]} "
        f"WHEN {value} IS NULL OR {value} NOT BETWEEN -{limit} AND {limit} THEN 234 "
        f"WHEN NOT {exact} THEN {_TOO_FINE[one.type]} ELSE 235"
    )


def _date_faults(source: Mapping, one: Field) -> str:
    text, value = f"t_{one.name}", f"v_{one.name}"
    first = "1890-01-01" if one.type in ("birth", "day", "last_day") else source.since.isoformat()
    last = "10000-01-01" if one.type == "last_day" else "2100-01-01"
    faults = (
        f"WHEN {value} IS NULL OR NOT {text}[1] BETWEEN '0' AND '9' THEN 105 "
        f"WHEN {value} < TIMESTAMP '{first}' OR {value} >= TIMESTAMP '{last}' THEN 222"
    )
    if one.after:
        faults += f" WHEN {value} < v_{one.after} THEN 223"
    return faults


def _target(one: Field, kind: Kind) -> str:
    value = f"w.v_{one.name}"
    if one.type in _SECRET:
        return f"p_{one.name}.person_id"
    if one.type == "last_day":
        return f"CASE WHEN {value} < TIMESTAMP '2099-01-01' THEN CAST({value} AS DATE) + 1 END"
    if kind is Kind.DATE:
        return f"CAST({value} AS DATE)"
    if kind is Kind.MOMENT:
        fixed = f"epoch_us({value}) // 1000000 - {SHANGHAI}"
        summer = f"epoch_us(timezone('Asia/Shanghai', {value})) // 1000000"
        return f"CASE WHEN w.m_{one.name} THEN CASE WHEN {value} >= {_SINCE_FIXED} THEN {fixed} ELSE {summer} END END"
    if kind is Kind.FLAG:
        return f"{value} = 'true'"
    return value
