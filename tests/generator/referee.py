"""The six rules by brute force over plain rows, written for the tests: what each finds, as sets of subject rows.

It shares nothing with the patterns of the product, so that neither can cover for the other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from itertools import combinations

from tests.generator.county_files import CountyFiles, Fee, net_fees
from zhunsheng.generator import Knowledge

SEX, AGE, PAIR = "fund/sex-limited-service", "fund/age-limited-service", "fund/duplicate-charge"
CAP, CLAIM, STAYS = "fund/daily-quantity-cap", "fund/duplicate-claim", "fund/overlapping-stays"
RULES = (SEX, AGE, PAIR, CAP, CLAIM, STAYS)
Found = dict[tuple[str, frozenset[str]], str]
TOLERANCE = timedelta(hours=24)


def judge(files: CountyFiles, knowledge: Knowledge) -> Found:
    """Return violation or unknown by rule and subject rows."""
    fees = net_fees(files)
    people = {row["psn_no"]: row for row in files.settlements}
    found: Found = {}
    for rule in (_sex(fees, people, knowledge), _age(fees, people, knowledge), _pairs(fees, knowledge)):
        found |= rule
    return found | _caps(fees, knowledge) | _claims(fees) | _stays(files.encounters)


def valid(day: date, start: date, end: date | None) -> bool:
    return start <= day and (end is None or day < end)


def by_code(rows: Iterable[tuple]) -> dict[str, list[tuple]]:
    """Return the rows of a list by their first column."""
    found: dict[str, list[tuple]] = defaultdict(list)
    for row in rows:
        found[row[0]].append(row)
    return found


def _sex(fees: list[Fee], people: dict[str, dict[str, str]], knowledge: Knowledge) -> Found:
    found: Found = {}
    points = by_code(knowledge.sex)
    for fee in fees:
        for _, _, sex, start, end in points[fee.item]:
            if valid(fee.day, start, end):
                known = {"1": "M", "2": "F"}.get(people[fee.person]["gend"])
                if known != sex:
                    found[SEX, frozenset([fee.line_id])] = "unknown" if known is None else "violation"
    return found


def completed(birth: date, day: date, unit: str) -> int:
    if unit == "day":
        return (day - birth).days
    months = (day.year - birth.year) * 12 + day.month - birth.month - (day.day < birth.day)
    return months if unit == "month" else months // 12


def _age(fees: list[Fee], people: dict[str, dict[str, str]], knowledge: Knowledge) -> Found:
    found: Found = {}
    points = by_code(knowledge.age)
    for fee in fees:
        for _, _, low, high, unit, start, end in points[fee.item]:
            if not valid(fee.day, start, end):
                continue
            text = people[fee.person]["brdy"]
            if not text or date.fromisoformat(text) > fee.day:
                found[AGE, frozenset([fee.line_id])] = "unknown"
                continue
            years = completed(date.fromisoformat(text), fee.day, unit)
            if not (low or 0) <= years <= (10_000 if high is None else high):
                found[AGE, frozenset([fee.line_id])] = "violation"
    return found


def _pairs(fees: list[Fee], knowledge: Knowledge) -> Found:
    by_person: dict[tuple[str, str], list[Fee]] = defaultdict(list)
    codes = {code for row in knowledge.pairs for code in (row[0], row[2])}
    for fee in fees:
        if fee.item in codes:
            by_person[fee.person, fee.institution].append(fee)
    found: Found = {}
    for lines in by_person.values():
        for main_code, _, sub_code, _, window, start, end in knowledge.pairs:
            mains = [fee for fee in lines if fee.item == main_code]
            for sub in (fee for fee in lines if fee.item == sub_code and valid(fee.day, start, end)):
                verdicts = {_meets(main, sub, window) for main in mains}
                key = (PAIR, frozenset([sub.line_id]))
                if "violation" in verdicts:
                    found[key] = "violation"
                elif "unknown" in verdicts:
                    found.setdefault(key, "unknown")
    return found


def _meets(main: Fee, sub: Fee, window: str) -> str:
    if window == "day":
        known = "violation" if main.department and sub.department else "unknown"
        return known if main.day == sub.day else ""
    if window == "encounter":
        return "violation" if main.encounter == sub.encounter else ""
    if main.at is None or sub.at is None:
        near = abs((main.day - sub.day).days) <= (1 if window == "6h" else 0)
        return "unknown" if near else ""
    if window == "6h":
        return "violation" if abs(main.at - sub.at) < timedelta(hours=6) else ""
    return "violation" if main.at.replace(minute=0, second=0) == sub.at.replace(minute=0, second=0) else ""


def _caps(fees: list[Fee], knowledge: Knowledge) -> Found:
    groups: dict[tuple[str, str, str, date], list[Fee]] = defaultdict(list)
    for fee in fees:
        groups[fee.person, fee.institution, fee.item, fee.day].append(fee)
    found: Found = {}
    points = by_code(knowledge.caps)
    for (_, _, item, day), lines in groups.items():
        for _, _, cap_e4, start, end in points[item]:
            if valid(day, start, end) and sum(fee.quantity for fee in lines) * 10_000 > cap_e4:
                found[CAP, frozenset(fee.line_id for fee in lines)] = "violation"
    return found


def _claims(fees: list[Fee]) -> Found:
    groups: dict[object, list[Fee]] = defaultdict(list)
    for fee in fees:
        groups[fee.person, fee.item, fee.day, fee.quantity, fee.price].append(fee)
    found: Found = {}
    for lines in (lines for lines in groups.values() if len(lines) > 1):
        moments: dict[datetime, list[Fee]] = defaultdict(list)
        for fee in lines:
            if fee.at is not None:
                moments[fee.at].append(fee)
        for same in (same for same in moments.values() if len(same) > 1):
            found[CLAIM, frozenset(fee.line_id for fee in same)] = "violation"
        if any(fee.at is None for fee in lines):
            found[CLAIM, frozenset(fee.line_id for fee in lines)] = "unknown"
    return found


def _stays(encounters: Iterable[dict[str, str]]) -> Found:
    by_person: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in encounters:
        if row["med_type"] in ("21", "22", "23", "24", "52"):
            by_person[row["psn_no"]].append(row)
    found: Found = {}
    for rows in by_person.values():
        for first, second in combinations(sorted(rows, key=lambda row: row["begntime"]), 2):
            verdict = _overlap(first, second)
            if verdict:
                found[STAYS, frozenset([first["mdtrt_id"], second["mdtrt_id"]])] = verdict
    return found


def _overlap(first: dict[str, str], second: dict[str, str]) -> str:
    """Return the verdict on a stay and a later one; a day without a time is any moment of it."""
    if not first["endtime"]:
        return "unknown"
    least = min(_low(first["endtime"]), _low(second["endtime"])) - _high(second["begntime"])
    most = min(_high(first["endtime"]), _high(second["endtime"])) - _low(second["begntime"])
    return "violation" if least > TOLERANCE else "unknown" if most > TOLERANCE else ""


def _low(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _high(text: str) -> datetime:
    return datetime.fromisoformat(text) + (timedelta(days=1) if len(text) <= 10 else timedelta(0))
