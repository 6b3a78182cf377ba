"""CODED FACTS OF A PERSON (T01, T02): a diagnosis or an operation that does not occur at the person's sex or age."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from zhunsheng.kernel.outcome import Verdict
from zhunsheng.kernel.time import age
from zhunsheng.patterns.base import BindingColumn, Bindings, Case, Hit, Pattern, Stay

PATTERN = Pattern(
    name="code_person",
    template="T01",
    zh="编码限定性别年龄",
    en="Code limited to a sex or an age band",
    kind="person",
    facts=("encounter", "diagnosis", "procedure", "person"),
    columns=(
        BindingColumn("code", "text", "knowledge", "beginning of the code, three characters or more"),
        BindingColumn("register", "text", "parameter", "whose code it is", codes=("diagnosis", "procedure")),
        BindingColumn("asks", "text", "parameter", "what it is limited by", codes=("sex", "age")),
        BindingColumn("sex", "text", "either", "the only sex", codes=("M", "F"), only=("asks", ("sex",))),
        BindingColumn("min_age", "integer", "either", "lowest completed age, included", only=("asks", ("age",))),
        BindingColumn("max_age", "integer", "either", "highest completed age, included", only=("asks", ("age",))),
        BindingColumn(
            "age_unit",
            "text",
            "either",
            "unit of completed age",
            codes=("year", "month", "day"),
            only=("asks", ("age",)),
        ),
    ),
    index=("code",),
    reasons={
        "sex_conflict": (
            "编码 {actual} 仅见于{expected:sex}，与登记性别不符",
            "Code {actual} occurs in {expected:sex} only; the registered sex differs",
        ),
        "sex_missing": (
            "编码 {actual} 仅见于{expected:sex}，参保人性别未登记或登记不一致",
            "Code {actual} occurs in {expected:sex} only; the sex is not registered, or registered in two ways",
        ),
        "age_conflict": (
            "编码 {actual} 仅见于{expected:band}，与就诊时的年龄不符",
            "Code {actual} occurs at {expected:band} only; the age at the encounter differs",
        ),
        "birth_missing": (
            "编码 {actual} 仅见于{expected:band}，出生日期未登记或晚于就诊",
            "Code {actual} occurs at {expected:band} only; the birth date is not registered, or later",
        ),
    },
)


def judge(case: Case, bindings: Bindings) -> Iterator[Hit]:
    """Yield the hits of one person."""
    coded = {(one.encounter_id, "diagnosis", one.code) for one in case.diagnoses}
    coded |= {(one.encounter_id, "procedure", one.code) for one in case.procedures}
    stays = {stay.encounter_id: stay for stay in case.stays}
    for encounter, register, code in sorted(coded):
        stay = stays.get(encounter)
        if stay is None:
            continue
        for length in range(3, len(code) + 1):
            for row in bindings.valid("code", code[:length], stay.start_date):
                if row.register == register:
                    yield from _told(case, stay, code, row)


def _told(case: Case, stay: Stay, code: str, row: Any) -> Iterator[Hit]:
    key, told = f"{stay.encounter_id}|{code}", Verdict(row.verdict)
    if row.asks == "sex":
        if case.sex is None:
            yield Hit.of_stay(row, key, stay.encounter_id, (Verdict.UNKNOWN, "sex_missing", row.sex, code))
        elif case.sex != row.sex:
            yield Hit.of_stay(row, key, stay.encounter_id, (told, "sex_conflict", row.sex, code))
        return
    band = f"{row.min_age}..{row.max_age} {row.age_unit}"
    if case.birth_date is None or case.birth_date > stay.start_date:
        yield Hit.of_stay(row, key, stay.encounter_id, (Verdict.UNKNOWN, "birth_missing", band, code))
    elif not row.min_age <= age(case.birth_date, stay.start_date, row.age_unit) <= row.max_age:
        yield Hit.of_stay(row, key, stay.encounter_id, (told, "age_conflict", band, code))
