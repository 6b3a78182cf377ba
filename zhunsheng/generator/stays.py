"""Inpatient stays that are settled within a month, and transfers between township centres and county hospitals."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from zhunsheng.generator import months
from zhunsheng.generator.casemix import CONDITIONS, GROUP_OF, MEAN_DAYS, CaseMix
from zhunsheng.generator.county import COUNTY
from zhunsheng.generator.frames import DAY, HOUR, NONE, Encounters, Flags, Ints, full, joined, size, take
from zhunsheng.generator.months import Month
from zhunsheng.generator.pools import group_numbers
from zhunsheng.generator.world import World, any_seconds, days_by_weight, first_of_each, weighted

INPATIENT = 21
#: What people are sent back to their township centre for.
REHABILITATION = next(n for n, row in enumerate(CONDITIONS) if row["code"] == "Z50.900")
LONGEST_STAY = 30
#: Days between a stay and the next that is no transfer: who comes back sooner is a case for a rule. Around a chain of
#: transfers so many more that no quarter of a year holds more than four stays.
BETWEEN_STAYS, AROUND_CHAINS = 31, 60
TOWNSHIP_SHARE = 0.36
#: Shares of county stays that came from a township centre, and that go on to one for rehabilitation.
UP_SHARE, DOWN_SHARE = 0.06, 0.05


def make(world: World, month: Month, mix: CaseMix, count: int) -> Encounters:
    """Return about ``count`` stays, at most one chain of them per person, none touching the person's earlier care."""
    rng = world.rng(month.number, 1)
    stays = _draw(world, month, mix, rng, count)
    stays = take(stays, first_of_each(stays.person))
    stays = take(stays, _possible(world, month, stays))
    transfers = joined([_up(world, month, rng, stays), _down(world, month, rng, stays)])
    chained = joined([stays, transfers])
    np.maximum.at(world.people.last_day, chained.person, chained.end // DAY)
    np.maximum.at(world.people.last_stay, chained.person, chained.end // DAY)
    world.people.last_stay[np.unique(transfers.person)] += AROUND_CHAINS
    return chained


def _draw(world: World, month: Month, mix: CaseMix, rng: Generator, count: int) -> Encounters:
    people = world.people
    person = weighted(rng, people.stay_weight * ~people.planted, count)
    setting = np.where(rng.random(count) < TOWNSHIP_SHARE, months.STAY_TOWNSHIP, months.STAY_COUNTY)
    condition = mix.draw(rng, people, person, setting, month.first)
    home = people.township[person]
    hospitals = world.county.of_kind(COUNTY)
    strange = hospitals[rng.integers(0, len(hospitals), size=count)]
    lead = np.where(rng.random(count) < 0.85, world.county.lead[home], strange)
    institution = np.where(setting == months.STAY_TOWNSHIP, home, lead)
    left = days_by_weight(rng, month, setting)
    admitted = _admission_day(month, rng, left - _days(rng, condition), left)
    begin = admitted * DAY + any_seconds(rng, count, 8, 20)
    end = left * DAY + any_seconds(rng, count, 9, 16.5)
    return _stays(world, rng, person, setting, institution, condition, begin, end)


def _days(rng: Generator, condition: Ints) -> Ints:
    """Draw days in bed: at least one, spread around the mean of the condition, with a long tail."""
    days = MEAN_DAYS[condition] * rng.gamma(5.0, 1 / 5.0, size=len(condition))
    return np.clip(np.rint(days), 1, LONGEST_STAY).astype(np.int64)


def _admission_day(month: Month, rng: Generator, day: Ints, left: Ints) -> Ints:
    """Move some admissions from free days to the day after, so that weekends admit fewer."""
    inside = np.clip(day - month.first, 0, month.days - 1)
    quiet = (month.weights[months.STAY_COUNTY][inside] < 1) & (day >= month.first)
    later = day + (quiet & (rng.random(len(day)) < 0.45))
    return np.minimum(later, left - 1)


def _stays(
    world: World,
    rng: Generator,
    person: Ints,
    setting: Ints,
    institution: Ints,
    condition: Ints,
    begin: Ints,
    end: Ints,
) -> Encounters:
    count = len(person)
    department = world.county.department_for[institution, GROUP_OF[condition]]
    staff = world.county.staff(rng, department)
    settled = end + 300 + (rng.random(count) * 3_000).astype(np.int64)
    return Encounters(
        person,
        institution,
        department,
        staff,
        full(count, INPATIENT),
        setting,
        condition,
        begin,
        end,
        settled,
        full(count, NONE),
    )


def _possible(world: World, month: Month, stays: Encounters) -> Flags:
    """Whether the person was born, is seen after all earlier care, and the stay begins within the demo's period."""
    people, admitted = world.people, stays.begin // DAY
    born = admitted >= people.birth[stays.person]
    after = (admitted > people.last_day[stays.person] + 1) & (admitted > people.last_stay[stays.person] + BETWEEN_STAYS)
    return born & after & ((admitted >= month.first) | (month.number > 0))


def _up(world: World, month: Month, rng: Generator, stays: Encounters) -> Encounters:
    """Return township stays that end in a transfer: discharge first, admission at the hospital hours later."""
    chosen = (stays.setting == months.STAY_COUNTY) & (rng.random(size(stays)) < UP_SHARE)
    chosen &= (GROUP_OF[stays.condition] != _group("obst")) & (stays.begin % DAY >= 12 * HOUR)
    to = take(stays, chosen & _alone(world, stays))
    days = rng.integers(1, 4, size=size(to))
    end = to.begin - rng.integers(int(1.5 * HOUR), 3 * HOUR, size=size(to))
    begin = (end // DAY - days) * DAY + any_seconds(rng, size(to), 8, 20)
    setting = full(size(to), months.STAY_TOWNSHIP)
    made = _stays(world, rng, to.person, setting, world.people.township[to.person], to.condition, begin, end)
    return take(
        made, (end // DAY >= month.first) & (end // DAY < month.first + month.days) & _possible(world, month, made)
    )


def _down(world: World, month: Month, rng: Generator, stays: Encounters) -> Encounters:
    """Return township stays for rehabilitation that begin some hours after the hospital's discharge."""
    rehabilitation = np.isin(GROUP_OF[stays.condition], [_group(name) for name in ("neuro", "ortho", "trauma")])
    chosen = (stays.setting == months.STAY_COUNTY) & rehabilitation & (rng.random(size(stays)) < 4 * DOWN_SHARE)
    of = take(stays, chosen & (stays.end % DAY <= 15 * HOUR) & _alone(world, stays))
    begin = of.end + rng.integers(int(1.5 * HOUR), 3 * HOUR, size=size(of))
    days = rng.integers(4, 13, size=size(of))
    end = (begin // DAY + days) * DAY + any_seconds(rng, size(of), 9, 16)
    setting = full(size(of), months.STAY_TOWNSHIP)
    condition = full(size(of), REHABILITATION)
    made = _stays(world, rng, of.person, setting, world.people.township[of.person], condition, begin, end)
    return take(made, end // DAY < month.first + month.days)


def _alone(world: World, stays: Encounters) -> Flags:
    """Whether the person was in no hospital for long, so that a chain of transfers may begin."""
    return stays.begin // DAY > world.people.last_stay[stays.person] + BETWEEN_STAYS + AROUND_CHAINS


def _group(name: str) -> int:
    return group_numbers()[name]
