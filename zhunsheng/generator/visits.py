"""Outpatient, emergency, chronic and pharmacy encounters of a month."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from zhunsheng.generator import months
from zhunsheng.generator.casemix import GROUP_OF, CaseMix
from zhunsheng.generator.county import COUNTY, EMERGENCY, PHARMACY, TOWNSHIP
from zhunsheng.generator.frames import DAY, NONE, Encounters, Flags, Ints, full, joined, take
from zhunsheng.generator.months import Month
from zhunsheng.generator.people import People
from zhunsheng.generator.world import World, any_seconds, days_by_weight, first_of_each, office_seconds, weighted

OUTPATIENT, EMERGENCY_TYPE, CHRONIC_TYPE, PHARMACY_TYPE = 11, 13, 14, 41
#: Shares of village, township, county, emergency and pharmacy among the encounters that nobody scheduled.
SHARES = np.array([0.37, 0.23, 0.23, 0.06, 0.11])
SETTING_OF_SHARE = np.array([0, 1, 2, 3, months.RETAIL], dtype=np.int64)
#: How long an encounter lasts, in seconds, from and to, by setting.
LASTS = np.array([(1500, 2400), (3600, 5400), (4500, 7200), (5400, 7500), (0, 0), (0, 0), (3600, 5400), (240, 600)])


def make(world: World, month: Month, mix: CaseMix, count: int, stays: Encounters) -> Encounters:
    """Return about ``count`` encounters, none during a stay of ``stays``, one per person and day."""
    rng = world.rng(month.number, 2)
    made = joined([_scheduled(world, month, rng), _unscheduled(world, month, mix, rng, count)])
    made = take(made, _free(world.people, made, stays))
    made = take(made, first_of_each(made.person, made.begin // DAY - month.first))
    np.maximum.at(world.people.last_day, made.person, made.begin // DAY)
    return made


def _scheduled(world: World, month: Month, rng: Generator) -> Encounters:
    """Return the regular visits of people enrolled with a chronic condition, around their usual day."""
    people = world.people
    person = np.flatnonzero((people.chronic != NONE) & (rng.random(len(people)) < 0.62))
    usual = people.number[person] // 9_973 % 28 + rng.integers(-2, 3, size=len(person))
    day = month.first + _to_open_day(month, np.clip(usual, 0, month.days - 1))
    setting = full(len(person), months.CHRONIC)
    at_county = rng.random(len(person)) < 0.3
    institution = np.where(at_county, world.county.lead[people.township[person]], people.township[person])
    return _encounters(world, rng, person, setting, institution, people.chronic[person], day)


def _to_open_day(month: Month, day: Ints) -> Ints:
    """Move a day of the month to the next day on which chronic clinics are open, or to the last open one."""
    is_open = month.weights[months.CHRONIC] >= 1.0
    if not is_open.any():
        return day
    open_days = np.flatnonzero(is_open)
    return open_days[np.minimum(np.searchsorted(open_days, day), len(open_days) - 1)]


def _unscheduled(world: World, month: Month, mix: CaseMix, rng: Generator, count: int) -> Encounters:
    people = world.people
    person = weighted(rng, people.visit_weight, count)
    setting = SETTING_OF_SHARE[weighted(rng, SHARES, count)]
    met = np.where(setting == months.RETAIL, months.VILLAGE_VISIT, setting)
    condition = mix.draw(rng, people, person, met, month.first)
    day = days_by_weight(rng, month, setting)
    return _encounters(world, rng, person, setting, _institution(world, rng, person, setting), condition, day)


def _institution(world: World, rng: Generator, person: Ints, setting: Ints) -> Ints:
    """Choose where: the own clinic, mostly the own township, mostly the community's hospital, any pharmacy."""
    people, county = world.people, world.county
    count = len(person)
    home = people.township[person]
    other = county.of_kind(TOWNSHIP)[rng.integers(0, len(county.of_kind(TOWNSHIP)), size=count)]
    hospitals = county.of_kind(COUNTY)
    lead = np.where(rng.random(count) < 0.8, county.lead[home], hospitals[rng.integers(0, len(hospitals), size=count)])
    shops = county.of_kind(PHARMACY)
    shop = shops[(rng.random(count) ** 1.7 * len(shops)).astype(np.int64)]
    by_setting = [people.clinic[person], np.where(rng.random(count) < 0.9, home, other), lead]
    emergency = np.where(rng.random(count) < 0.8, by_setting[2], home)
    return np.select([setting == 0, setting == 1, setting == 2, setting == 3], [*by_setting, emergency], shop)


def _encounters(
    world: World, rng: Generator, person: Ints, setting: Ints, institution: Ints, condition: Ints, day: Ints
) -> Encounters:
    count = len(person)
    group = np.where(setting == months.EMERGENCY_VISIT, EMERGENCY, GROUP_OF[condition])
    department = world.county.department_for[institution, group]
    hours = [office_seconds(rng, count), any_seconds(rng, count, 0.5, 21.5), any_seconds(rng, count, 8, 20)]
    second = np.where(
        setting == months.EMERGENCY_VISIT, hours[1], np.where(setting == months.RETAIL, hours[2], hours[0])
    )
    begin = day * DAY + second
    low, high = LASTS[setting].T
    end = begin + low + (rng.random(count) * (high - low)).astype(np.int64)
    types = {months.EMERGENCY_VISIT: EMERGENCY_TYPE, months.CHRONIC: CHRONIC_TYPE, months.RETAIL: PHARMACY_TYPE}
    visit_type = full(count, OUTPATIENT)
    for number, code in types.items():
        visit_type[setting == number] = code
    settled = end + 120 + (rng.random(count) * 600).astype(np.int64)
    staff = world.county.staff(rng, department)
    return Encounters(
        person, institution, department, staff, visit_type, setting, condition, begin, end, settled, full(count, NONE)
    )


def _free(people: People, made: Encounters, stays: Encounters) -> Flags:
    """Whether a person is born, not in hospital, and not set aside for a planted case."""
    admitted, left = full(len(people), 2**40), full(len(people), -1)
    np.minimum.at(admitted, stays.person, stays.begin // DAY)
    np.maximum.at(left, stays.person, stays.end // DAY)
    day, person = made.begin // DAY, made.person
    at_home = (day < admitted[person]) | (day > left[person])
    apart = (day >= people.aside_from[person]) & (day <= people.aside_to[person])
    return at_home & (day >= people.birth[person]) & ~apart
