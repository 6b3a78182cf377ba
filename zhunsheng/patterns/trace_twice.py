"""DUP_CLAIM (T31) of trace codes: one package settled for more than one encounter."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from zhunsheng.kernel.outcome import Verdict
from zhunsheng.kernel.time import parse_date
from zhunsheng.patterns.base import Bindings, Hit, Pattern
from zhunsheng.patterns.population import Load, Measure, Outlier, TraceCode, month

PATTERN = Pattern(
    name="trace_twice",
    template="T31",
    zh="追溯码重复结算",
    en="Trace code settled again",
    kind="population",
    facts=("trace_code", "line", "institution"),
    columns=(),
    reasons={
        "code_again": (
            "追溯码 {actual} 此前已在就诊 {expected} 结算",
            "Trace code {actual} was settled before, in encounter {expected}",
        ),
    },
    family="event",
    counts="denominator",
)


def measures(load: Load, bindings: Bindings) -> Iterator[Measure]:
    """Yield per institution and month how many codes were settled, and how many of them had been before."""
    counted: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for codes in _sold(load).values():
        for one in codes:
            found = counted[one.institution_id, month(one.settled_on)]
            found[0] += one.encounter_id != codes[0].encounter_id
            found[1] += 1
    for (place, period), (again, settled) in counted.items():
        for row in bindings.on(parse_date(f"{period}-01")):
            named = (row.rule_id, row.point_id, "institution", place, place, period, "", load.group(place, period))
            yield Measure(*named, again, settled, settled, "")


def judge(load: Load, bindings: Bindings, _found: list[Measure], _outliers: list[Outlier]) -> Iterator[Hit]:
    """Yield the hits: each later encounter, beside the first one."""
    amounts = {line.line_id: line.amount_fen for line in load.lines}
    for code, codes in _sold(load).items():
        first = codes[0].encounter_id
        later: dict[str, list[TraceCode]] = defaultdict(list)
        for one in codes:
            if one.encounter_id != first:
                later[one.encounter_id].append(one)
        for encounter, read in later.items():
            for row in bindings.on(min(one.settled_on for one in read)):
                told = (
                    row.rule_id,
                    row.point_id,
                    f"{code}|{encounter}",
                    Verdict(row.verdict),
                    "code_again",
                    first,
                    code,
                )
                amount = sum(amounts.get(one.line_id or "", 0) for one in read)
                yield Hit(*told, "subject", "encounter", encounter, amount)
                yield Hit(*told, "other", "encounter", first, 0)


def _sold(load: Load) -> dict[str, list[TraceCode]]:
    """Return the packages by code, first settled first; what was charged and taken back in full was not sold."""
    charged = {line.line_id for line in load.lines}
    found: dict[str, list[TraceCode]] = defaultdict(list)
    for one in sorted(load.trace_codes, key=lambda one: (one.settled_on, one.encounter_id, one.trace_id)):
        if one.line_id is None or one.line_id in charged:
            found[one.trace_code].append(one)
    return found
