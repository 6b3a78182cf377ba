"""An order as it is typed into the page: what is filled in becomes what may be asked, faults keep their place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext_lazy
from pydantic import ValidationError

from zhunsheng.desk.forms import OrderForm

#: Rows for lines: shown at first, and the most that a page takes.
ROWS, MOST_ROWS = 4, 40
PERSON = ("person_id", "sex", "birth_date")
ENCOUNTER = ("encounter_id", "visit_type", "start", "end", "department_id", "insurance_kind", "diagnoses")
#: What holds for the whole order: who gives it, for which institution, at which moment, and which vendor performs it.
ORDER = ("practitioner_id", "moment", "institution", "outside")
LINE = ("item_code", "at", "quantity", "unit_price", "in_scope", "item_class")
#: What a row needs before it is judged; a row that is still being typed waits.
NEEDED = ("item_code", "quantity", "unit_price")

#: How the page calls a field.
WORDS = {
    "person_id": gettext_lazy("人员编号"),
    "sex": gettext_lazy("性别"),
    "birth_date": gettext_lazy("出生日期"),
    "encounter_id": gettext_lazy("就诊ID"),
    "visit_type": gettext_lazy("就医方式"),
    "start": gettext_lazy("就诊或入院日期"),
    "end": gettext_lazy("出院日期"),
    "department_id": gettext_lazy("科室编码"),
    "practitioner_id": gettext_lazy("开单人员编码"),
    "insurance_kind": gettext_lazy("险种代码"),
    "diagnoses": gettext_lazy("诊断"),
    "item_code": gettext_lazy("项目编码或名称"),
    "at": gettext_lazy("日期"),
    "quantity": gettext_lazy("数量"),
    "unit_price": gettext_lazy("单价（元）"),
    "in_scope": gettext_lazy("政策范围内（元）"),
    "vendor_id": gettext_lazy("外送机构"),
    "service_kind": gettext_lazy("外送机构"),
    "item_class": gettext_lazy("费用类别"),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """A field whose content cannot be read: the row of a line, or None, and the word of the field."""

    row: int | None
    field: str


def typed(data: QueryDict, today: str) -> dict[str, Any]:
    """Return what was typed, by field, with what an empty page begins with."""
    given = {name: data.get(name, "").strip() for name in (*PERSON, *ENCOUNTER, *ORDER)}
    if not data:
        given |= {"visit_type": "outpatient", "start": today, "encounter_id": "E1", "insurance_kind": "310"}
    given["moment"] = given["moment"] if given["moment"] in ("before", "during") else "before"
    columns = {name: data.getlist(name) for name in LINE}
    wanted = max([ROWS, *(len(column) for column in columns.values())]) + (ROWS if "more" in data else 0)
    rows = [
        {name: column[number].strip() if number < len(column) else "" for name, column in columns.items()}
        for number in range(min(wanted, MOST_ROWS))
    ]
    return {**given, "lines": rows}


def ready(given: dict[str, Any]) -> bool:
    """Whether there is something to judge."""
    return bool(given["person_id"]) and any(_whole(row) for row in given["lines"])


def order(given: dict[str, Any], language: str) -> tuple[OrderForm | None, list[Fault]]:
    """Return the order, or the faults where it cannot be read."""
    person = {name: given[name] for name in PERSON if given[name]}
    encounter = {name: given[name] for name in ENCOUNTER if given[name] and name != "diagnoses"}
    codes = given["diagnoses"].replace("，", " ").replace(",", " ").split()
    encounter["diagnoses"] = [{"code": code, "principal": place == 0} for place, code in enumerate(codes)]
    rows = [(number, row) for number, row in enumerate(given["lines"], 1) if _whole(row)]
    prescriber = {"practitioner_id": given["practitioner_id"]} if given["practitioner_id"] else {}
    code, _, kind = given["outside"].partition(" ")
    performer = {"vendor_id": code, "service_kind": kind} if code else {}
    lines = [
        {
            **prescriber,
            **performer,
            "line_id": f"{given['encounter_id'] or 'E1'}-{number}",
            "at": row["at"] or given["start"],
            **{name: row[name] for name in LINE if row[name] and name != "at"},
        }
        for number, row in rows
    ]
    asked = {
        "moment": given["moment"],
        "language": language,
        "person": person,
        "encounter": encounter,
        "lines": lines,
    }
    try:
        return OrderForm.model_validate(asked), []
    except ValidationError as error:
        return None, [_fault(one, [number for number, _ in rows]) for one in error.errors()]


def _whole(row: dict[str, str]) -> bool:
    return all(row[name] for name in NEEDED)


def _fault(error: Any, numbers: list[int]) -> Fault:
    place = [str(step) for step in error["loc"]]
    row = numbers[int(place[1])] if place[0] == "lines" and len(place) > 1 else None
    name = next((step for step in reversed(place) if step in WORDS), "")
    return Fault(row, str(WORDS[name]) if name else " ".join(place))
