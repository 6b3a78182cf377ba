"""Where in the county's period a case may lie: its days move as one block, so that what it tests stays true.

A block moves by whole weeks. Every day stays on its side of each day on which something about the rule begins or ends;
days of one month, or of one year, stay together; completed ages stay what they were, the day before and after as well.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import date, timedelta
from itertools import pairwise

from zhunsheng.generator.plants.cases import Case
from zhunsheng.kernel.time import completed_months, completed_years, parse_date

DAY = timedelta(days=1)


def days_of(case: Case) -> list[date]:
    """Return the days that a case names, each once, in order."""
    texts = [line.at for line in case.facts.lines]
    texts += [text for stay in case.facts.stays for text in (stay.start, stay.end) if text]
    texts += [check.at for check in case.facts.checks]
    further = [day for order in case.facts.orders for day in (order.start, order.stop) if day]
    further += [use.day for use in case.facts.uses] + list(case.facts.person.died_on)
    further += [one.day for one in case.facts.procedures if one.day]
    further += [one.day for part in (case.facts.nursing, case.facts.settlements) for one in part]
    return sorted({parse_date(text) for text in texts} | set(further))


def moves(case: Case, first: date, last: date) -> list[int]:
    """Return by how many days a case may move so as to lie between two days (both held), the earliest first.

    A case that stands at a turn of its rule stays where it is; one that cannot be moved inside has no move.
    """
    days, turns = days_of(case), turns_of(case)
    if not days:
        return []
    whole_weeks = range(-((days[0] - first).days // 7) * 7, (last - days[-1]).days + 1, 7)
    births = [case.facts.person.birth_date] if case.facts.person.birth_date else []
    fitting = [move for move in whole_weeks if _same(days, move, turns) and _as_old(births, days, move)]
    at_turn = any(day in turns or day + DAY in turns for day in days)
    return [0] if at_turn and 0 in fitting else fitting


def turns_of(case: Case) -> list[date]:
    """Return the days on which something begins or ends for what a case names."""
    facts = case.facts
    named = {line.item for line in facts.lines} | {code for stay in facts.stays for code in stay.diagnoses}
    named |= {one.code for one in facts.procedures}
    named |= {code[:length] for code in named for length in range(3, len(code))}
    of_rules = {turn.day for rule in case.rules for turn in rule.turns if not turn.texts or turn.texts & named}
    registers = ("devices", "facilities", "licences", "institutions", "departments", "practitioners", "decisions")
    held = [one for part in registers for one in getattr(facts, part)]
    return sorted(of_rules | {day for one in held for day in (one.valid_from, one.valid_to) if day})


def _same(days: list[date], move: int, turns: list[date]) -> bool:
    moved = [day + timedelta(days=move) for day in days]
    sides = all(bisect_right(turns, a) == bisect_right(turns, b) for a, b in zip(days, moved, strict=True))
    return sides and _together(days) == _together(moved)


def _together(days: list[date]) -> list[tuple[bool, bool]]:
    """Whether each day shares year and month with the next one."""
    return [(a.year == b.year, (a.year, a.month) == (b.year, b.month)) for a, b in pairwise(days)]


def _as_old(births: list[date], days: list[date], move: int) -> bool:
    by = timedelta(days=move)
    around = [(birth, day + n * DAY) for birth in births for day in days for n in (-1, 0, 1)]
    return all(
        completed_years(birth, day) == completed_years(birth + by, day + by)
        and completed_months(birth, day) == completed_months(birth + by, day + by)
        for birth, day in around
    )
