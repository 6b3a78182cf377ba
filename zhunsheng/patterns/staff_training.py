"""STAFF_TRAINING: on duty after a failed training, or with fewer hours of training than a year asks for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from typing import Any

from zhunsheng.patterns.base import BindingColumn, Bindings, Hit, Pattern
from zhunsheng.patterns.population import Load, Measure, Outlier, month, place
from zhunsheng.patterns.services import Said, Training, found, gaps, no_measures

#: Days back from the last day on duty in a month within which hours count.
YEAR = 365
PATTERN = Pattern(
    name="staff_training",
    template="T29",
    zh="培训不足或不合格上岗",
    en="On duty without the training",
    kind="population",
    facts=("service_event", "vendor_staff", "training"),
    columns=(
        BindingColumn("min_hours", "integer", "parameter", "hours of training that a year asks for"),
        BindingColumn("organisers", "set", "parameter", "whose courses count", codes=("consortium", "vendor", "other")),
    ),
    reasons={
        "training_failed": (
            "{expected} 的培训考核不合格，此后未补考合格即上岗",
            "Failed the training of {expected} and was on duty before passing another",
        ),
        "hours_short": (
            "此前 365 日内培训 {actual} 学时，少于 {expected} 学时",
            "{actual} hours of training in the 365 days before, fewer than {expected}",
        ),
        "hours_missing": (
            "{actual} 人有培训未载明学时，无法判定是否达到要求",
            "{actual} persons have courses without stated hours",
        ),
        "joined_unknown": (
            "{actual} 名上岗人员没有登记，无法判定是否满一年",
            "{actual} persons on duty are not registered, so that their year cannot be told",
        ),
        "training_missing": (
            "没有该机构的任何培训记录，{actual} 人无法判定",
            "There is no record of training of this vendor; {actual} persons cannot be told",
        ),
    },
    family="rows",
)
measures = no_measures
Person = tuple[str, str]


def judge(load: Load, bindings: Bindings, _found: list[Measure], _outliers: list[Outlier]) -> Iterator[Hit]:
    """Yield persons on duty without the training, month by month, and what cannot be told."""
    courses: dict[Person, list[Training]] = defaultdict(list)
    for one in load.trainings:
        courses[one.vendor_id, one.practitioner_id].append(one)
    days: dict[tuple[str, str, str], set[date]] = defaultdict(set)
    for event in load.service_events:
        if event.practitioner_id is not None:
            days[event.vendor_id, event.practitioner_id, month(event.happened_on)].add(event.happened_on)
    hits, unclear = set(), []
    for (vendor, who, period), on_duty in days.items():
        where = place(vendor, period, "", who)
        for day in on_duty:
            failed = _failed(courses[vendor, who], day)
            if failed:
                said = Said("training_failed", str(failed))
                hits |= {found(row, where, said, ("institution", where)) for row in bindings.on(day)}
        for row in bindings.on(max(on_duty)):
            reason, hours = _year(load, row, (vendor, who), courses[vendor, who], max(on_duty))
            if reason == "hours_short":
                hits.add(found(row, where, Said(reason, str(row.min_hours), str(hours)), ("institution", where)))
            elif reason:
                unclear.append((row, place(vendor, period), reason))
    yield from hits
    yield from gaps(unclear)


def _failed(courses: list[Training], day: date) -> date | None:
    """Return the day of the last test up to a day, where nothing was passed on it."""
    tested = [one for one in courses if one.passed is not None and one.held_on <= day]
    last = max((one.held_on for one in tested), default=None)
    return None if any(one.passed for one in tested if one.held_on == last) else last


def _year(load: Load, row: Any, person: Person, courses: list[Training], day: date) -> tuple[str, int]:
    """Return what is wrong with the hours of the year up to a day, and the hours; nothing before a year."""
    vendor = person[0]
    first = min(one.happened_on for one in load.service_events if one.vendor_id == vendor)
    joined = [one.valid_from for one in load.vendor_staff if (one.vendor_id, one.practitioner_id) == person]
    if (day - first).days < YEAR or (joined and (day - min(joined)).days < YEAR):
        return "", 0
    if all(one.vendor_id != vendor for one in load.trainings):
        return "training_missing", 0
    if not joined:
        return "joined_unknown", 0
    counted = [
        one
        for one in courses
        if one.organiser in row.organisers.split() and one.passed is not False and 0 <= (day - one.held_on).days < YEAR
    ]
    hours = sum(one.hours_e4 or 0 for one in counted)
    if hours >= row.min_hours * 10_000:
        return "", 0
    return ("hours_missing" if any(one.hours_e4 is None for one in counted) else "hours_short"), hours // 10_000
