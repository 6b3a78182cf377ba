"""Charge lines of stays: daily fees, infusions, drugs, tests, operation, monitoring, drugs taken home.

The admission day counts, the discharge day does not. An item stands at most once a day in a stay.
"""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from zhunsheng.generator import months
from zhunsheng.generator.casemix import CONDITIONS, GROUP_OF, OPERATION_SHARE
from zhunsheng.generator.county import TIER_OF
from zhunsheng.generator.frames import (
    DAY,
    HOUR,
    NONE,
    Encounters,
    Flags,
    Ints,
    Lines,
    Procedures,
    full,
    joined,
    size,
    spread,
    take,
)
from zhunsheng.generator.screen import screened
from zhunsheng.generator.visit_lines import lines_of, quantities, recipe
from zhunsheng.generator.world import World, first_of_each

#: Seconds of the day at which daily fees are posted, and from which the daily round of drugs is given.
POSTED, ROUND, SAMPLES = 23 * HOUR, int(8.4 * HOUR), int(6.5 * HOUR)
IMPLANTS = tuple(row["implant"] for row in CONDITIONS)


def make(world: World, rng: Generator, stays: Encounters) -> tuple[Lines, Procedures]:
    """Return the lines and the operations of stays."""
    operated = rng.random(size(stays)) < OPERATION_SHARE[stays.condition]
    severe = ~operated & (rng.random(size(stays)) < np.where(stays.setting == months.STAY_COUNTY, 0.14, 0.03))
    parts = [_fees(world, stays, severe | operated), _infusions(world, rng, stays), _drugs(world, rng, stays)]
    parts += [_tests(world, rng, stays), _follow_up_tests(world, rng, stays), _imaging(world, rng, stays)]
    parts += [_treatments(world, rng, stays), _monitoring(world, stays, severe), _taken_home(world, rng, stays)]
    theatre, procedures = _operations(world, rng, stays, operated)
    lines = joined([*parts, theatre])
    first_day = int(stays.begin.min(initial=0) // DAY)
    lines = take(lines, first_of_each(lines.encounter, lines.item, lines.at // DAY - first_day))
    return screened(world, stays, lines), procedures


def _nights(stays: Encounters) -> Ints:
    return stays.end // DAY - stays.begin // DAY


def _moment(stays: Encounters, owner: Ints, day: Ints, first: Ints, later: Ints) -> Ints:
    """Return when something happens on a day of the stay: after admission on day 0, at a second of the day later on."""
    return np.where(day == 0, stays.begin[owner] + first, (stays.begin[owner] // DAY + day) * DAY + later)


def _fees(world: World, stays: Encounters, intensive: Flags) -> Lines:
    """Return consultation, bed, nursing and seasonal fees, one of each per day, posted late in the evening."""
    owner, day = spread(_nights(stays))
    posted = (stays.begin[owner] // DAY + day) * DAY + POSTED + (stays.person[owner] % 2_400)
    county = stays.setting[owner] == months.STAY_COUNTY
    only = world.catalogue.only
    first_class = intensive[owner] & (day < 3)
    lower = np.where(county, only("nursing_2"), only("nursing_3"))
    chosen = [full(len(owner), only("consult_stay")), np.where(county, only("bed_county"), only("bed_township"))]
    chosen += [np.where(first_class, only("nursing_1"), lower), _seasonal(world, posted // DAY)]
    one = full(len(owner), 10_000)
    return joined([lines_of(world, stays, owner, item, one, posted + 60 * n) for n, item in enumerate(chosen)])


def _seasonal(world: World, day: Ints) -> Ints:
    """Return heating from 15 November to 15 March, cooling from mid-June to mid-September, NONE between."""
    dates = day.astype("datetime64[D]")
    of_year = (dates - dates.astype("datetime64[Y]")).astype(np.int64)
    cold, hot = (of_year >= 318) | (of_year < 74), (of_year >= 165) & (of_year < 258)
    return np.where(cold, world.catalogue.only("heating"), np.where(hot, world.catalogue.only("cooling"), NONE))


def _infusions(world: World, rng: Generator, stays: Encounters) -> Lines:
    """Return the daily infusion and its set for three stays of four."""
    owner, day = spread(np.where(rng.random(size(stays)) < 0.75, _nights(stays), 0))
    at = _moment(stays, owner, day, 3_000 + owner % 600, ROUND + 900 + owner % 1_200)
    one = full(len(owner), 10_000)
    parts = [full(len(owner), world.catalogue.only(name)) for name in ("infusion", "infusion_set")]
    return joined([lines_of(world, stays, owner, item, one, at + 60 * n) for n, item in enumerate(parts)])


def _drugs(world: World, rng: Generator, stays: Encounters) -> Lines:
    """Return drugs of the stay, each given daily from its first to its last day."""
    courses, _ = spread(_between(rng, stays, "drug"))
    item = _pick(world, rng, stays, courses, "drug")
    nights = _nights(stays)[courses]
    first = (rng.random(len(courses)) ** 2 * np.minimum(nights, 3)).astype(np.int64)
    length = 1 + (rng.random(len(courses)) * (nights - first)).astype(np.int64)
    course, step = spread(length)
    owner, day = courses[course], first[course] + step
    quantity = quantities(world, rng, item, "day_quantity")[course]
    at = _moment(stays, owner, day, 3_600 + course % 2_400, ROUND + course % 5_400)
    return lines_of(world, stays, owner, item[course], quantity, at)


def _treatments(world: World, rng: Generator, stays: Encounters) -> Lines:
    """Return one or two treatments given every day from the second one on."""
    share = recipe("treat_share")[stays.setting]
    courses, _ = spread(np.where(rng.random(size(stays)) * 10_000 < share, rng.integers(1, 3, size=size(stays)), 0))
    item = _pick(world, rng, stays, courses, "treat")
    quantity = quantities(world, rng, item, "day_quantity")
    course, step = spread(_nights(stays)[courses] - 1)
    owner = courses[course]
    at = (stays.begin[owner] // DAY + step + 1) * DAY + 10 * HOUR + course % 5_400
    return lines_of(world, stays, owner, item[course], quantity[course], at)


def _tests(world: World, rng: Generator, stays: Encounters) -> Lines:
    """Return the laboratory panel of the admission day."""
    owner, _ = spread(_between(rng, stays, "lab"))
    return _single(world, rng, stays, owner, "lab", full(len(owner), 0), 1_200)


def _follow_up_tests(world: World, rng: Generator, stays: Encounters) -> Lines:
    """Return a few tests on every third day."""
    owner, position = spread((_nights(stays) - 1) // 3 * 2)
    return _single(world, rng, stays, owner, "lab", 3 * (position // 2 + 1), 1_200)


def _imaging(world: World, rng: Generator, stays: Encounters) -> Lines:
    share = recipe("imaging_share")[stays.setting]
    counts = (rng.random(size(stays)) * 10_000 < share) + rng.integers(0, 3, size=size(stays))
    owner, _ = spread(counts)
    day = (rng.random(len(owner)) < 0.4) & (_nights(stays)[owner] > 1)
    return _single(world, rng, stays, owner, "imaging", day.astype(np.int64), 5_400)


def _single(
    world: World, rng: Generator, stays: Encounters, owner: Ints, category: str, day: Ints, after: int
) -> Lines:
    """Return one line per element, some time after admission or in the morning of a later day."""
    item = _pick(world, rng, stays, owner, category)
    spell = (rng.random(len(owner)) * 1_500).astype(np.int64)
    at = _moment(stays, owner, day, after + spell, SAMPLES + after + spell)
    return lines_of(world, stays, owner, item, full(len(owner), 10_000), at)


def _monitoring(world: World, stays: Encounters, severe: Flags) -> Lines:
    """Return hourly monitoring of the first days: what is left of the first day, then 24 hours."""
    owner, day = spread(np.where(severe, np.minimum(_nights(stays), 3), 0))
    hours = np.where(day == 0, np.maximum(1, (DAY - stays.begin[owner] % DAY) // HOUR - 1), 24)
    posted = (stays.begin[owner] // DAY + day) * DAY + POSTED + 1_200 + stays.person[owner] % 900
    return lines_of(world, stays, owner, full(len(owner), world.catalogue.only("monitor")), hours * 10_000, posted)


def _taken_home(world: World, rng: Generator, stays: Encounters) -> Lines:
    """Return drugs handed out before discharge."""
    owner, _ = spread(np.where(rng.random(size(stays)) < 0.55, rng.integers(1, 4, size=size(stays)), 0))
    group, tier = GROUP_OF[stays.condition[owner]], TIER_OF[world.county.kind[stays.institution[owner]]]
    item = world.pools.draw(rng, "retail", group, tier)
    at = stays.end[owner] - 1_200 + (rng.random(len(owner)) * 600).astype(np.int64)
    return lines_of(world, stays, owner, item, quantities(world, rng, item, "visit_quantity"), at)


def _operations(world: World, rng: Generator, stays: Encounters, operated: Flags) -> tuple[Lines, Procedures]:
    """Return operation, anaesthesia, implant and materials on the day after admission, or at once in a short stay."""
    owner = np.flatnonzero(operated)
    day = np.minimum(1, _nights(stays)[owner] - 1)
    at = _moment(stays, owner, day, 5_400 + owner % 900, int(9.5 * HOUR) + owner % 9_000)
    chosen = [_named(world, "operation_item")[stays.condition[owner]], _anaesthesia(world, rng, len(owner))]
    chosen += [_named(world, "implant")[stays.condition[owner]]]
    parts = [_one(world, stays, owner, item, at + 300 * n) for n, item in enumerate(chosen)]
    bags, _ = spread(rng.integers(2, 6, size=len(owner)))
    material = _pick(world, rng, stays, owner[bags], "material")
    amount = quantities(world, rng, material, "day_quantity")
    parts.append(lines_of(world, stays, owner[bags], material, amount, at[bags] + 1_200))
    return joined(parts), Procedures(owner, stays.condition[owner], at // DAY, stays.practitioner[owner])


def _one(world: World, stays: Encounters, owner: Ints, item: Ints, at: Ints) -> Lines:
    return lines_of(world, stays, owner, item, full(len(owner), 10_000), at)


def _named(world: World, column: str) -> Ints:
    """Return by condition the position of the item that a column names, NONE where it names none."""
    return np.array([world.catalogue.named(row[column]) if row[column] else NONE for row in CONDITIONS], dtype=np.int64)


def _anaesthesia(world: World, rng: Generator, count: int) -> Ints:
    kinds = [world.catalogue.named(name) for name in ("全身麻醉", "椎管内麻醉", "局部浸润麻醉")]
    return np.array(kinds, dtype=np.int64)[rng.integers(0, len(kinds), size=count)]


def _between(rng: Generator, stays: Encounters, category: str) -> Ints:
    low, high = recipe(f"{category}_low")[stays.setting], recipe(f"{category}_high")[stays.setting]
    return low + (rng.random(size(stays)) * (high - low + 1)).astype(np.int64)


def _pick(world: World, rng: Generator, stays: Encounters, owner: Ints, category: str) -> Ints:
    tier = TIER_OF[world.county.kind[stays.institution[owner]]]
    return world.pools.draw(rng, category, GROUP_OF[stays.condition[owner]], tier)
