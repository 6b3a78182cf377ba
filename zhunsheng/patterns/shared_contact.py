"""OUTLIER_PATTERN (T33), shared contact: one phone or account behind many insured persons."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date

from zhunsheng.kernel.outcome import Verdict
from zhunsheng.patterns.base import BindingColumn, Bindings, Hit, Pattern
from zhunsheng.patterns.clues import row_of
from zhunsheng.patterns.population import EVIDENCE, Contact, Load, Measure, Outlier, month

PATTERN = Pattern(
    name="shared_contact",
    template="T33",
    zh="共用联系方式或账户",
    en="Shared phone or account",
    kind="population",
    facts=("contact", "encounter", "institution"),
    columns=(
        BindingColumn("contact", "text", "parameter", "phone or account", codes=("phone", "account")),
        BindingColumn("max_people", "integer", "parameter", "people of a year whom one key may stand for"),
    ),
    reasons={
        "many_people": (
            "本年内 {actual} 人使用同一联系方式，上限 {expected} 人",
            "{actual} people of the year share it; up to {expected} are ordinary",
        ),
    },
    family="event",
)
Met = tuple[date, str, Contact]


def measures(load: Load, bindings: Bindings) -> Iterator[Measure]:
    """Yield per key and year how many people it stands for, where they are more than half of what is ordinary."""
    for row in bindings.rows:
        for key, met in _by_key(load, row.contact).items():
            held = [one for one in met if row.valid_from <= one[0] < row.valid_to]
            for year in sorted({one[0].year for one in held}):
                of_year = [one for one in held if one[0].year == year]
                count = Counter(one[2].institution_id for one in of_year)
                place = min(count, key=lambda one: (-count[one], one))
                people = len({one[2].person_id for one in of_year})
                last = max(one[0] for one in of_year if one[2].institution_id == place)
                if 2 * people > row.max_people:
                    named = (row.rule_id, row.point_id, "institution", place, place, month(last), key)
                    yield Measure(*named, load.group(place, month(last)), people, 1, 1, "")


def judge(load: Load, bindings: Bindings, found: list[Measure], _outliers: list[Outlier]) -> Iterator[Hit]:
    """Yield the hits: the place, and the first encounters of the year that name the key."""
    for one in found:
        row = row_of(one, bindings)
        if row is None or one.numerator <= row.max_people:
            continue
        told = (one.rule_id, one.point_id, one.row_id, Verdict(row.verdict), "many_people")
        said = (str(row.max_people), str(one.numerator))
        yield Hit(*told, *said, "subject", "institution", one.row_id, 0)
        met = [m for m in _by_key(load, row.contact)[one.item_code] if f"{m[0].year:04d}" == one.period[:4]]
        for _, encounter, _ in sorted(met, key=lambda m: m[:2])[:EVIDENCE]:
            yield Hit(*told, *said, "other", "encounter", encounter, 0)


def _by_key(load: Load, contact: str) -> dict[str, list[Met]]:
    found: dict[str, list[Met]] = defaultdict(list)
    for one in load.contacts:
        key = one.phone_key if contact == "phone" else one.account_key
        if key is not None and one.encounter_id in load.stay:
            found[key].append((load.stay[one.encounter_id].start_date, one.encounter_id, one))
    return found
