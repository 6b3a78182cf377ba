"""Twelve rules written by hand in Polars, as an analyst at a hospital would, to stand beside the rule book's SQL.

Each takes the facts and returns the lines at stake: those that the rule's own hits name as subjects, whatever the
verdict. What a rule's parameters fix is written down as fixed (a daily cap, the moment as window); knowledge points
arrive as rows. What cannot be told (no sex, no birth date, no level) is at stake as well: it is not a pass.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import duckdb
import polars as pl

from zhunsheng.book.models import Book
from zhunsheng.patterns.bind import bind


class Facts(NamedTuple):
    """What the rules read: the facts of a run, and the binding rows of each rule by its id."""

    line: pl.DataFrame
    person: pl.DataFrame
    encounter: pl.DataFrame
    institution_registration: pl.DataFrame
    points: dict[str, pl.DataFrame]


def facts(con: duckdb.DuckDBPyConnection) -> dict[str, pl.DataFrame]:
    """Fetch the fact tables of a connection as frames by name: all that Facts holds but its points."""
    return {name: con.execute(f"SELECT * FROM {name}").pl() for name in Facts._fields if name != "points"}


def points(book: Book) -> dict[str, pl.DataFrame]:
    """Return the binding rows of the twelve rules as frames."""
    bindings = bind(book)
    found = {}
    for rule in TWELVE:
        whole = bindings[book.rules[rule].pattern]
        rows = [row for row in whole.rows if row.rule_id == rule]
        found[rule] = pl.DataFrame(rows, schema=list(whole.pattern.row._fields), orient="row")
    return found


def _listed(rule: str, known: Facts) -> pl.LazyFrame:
    """Lines whose item a point of the rule names on the day of service."""
    return (
        known.line.lazy()
        .join(known.points[rule].lazy(), on="item_code")
        .filter(pl.col("service_date").is_between("valid_from", "valid_to", closed="left"))
    )


def _paid(rule: str, known: Facts) -> pl.LazyFrame:
    """Listed lines but those of which nothing lies within policy scope; where the share is not stated they stay."""
    return _listed(rule, known).filter(pl.col("in_scope_fen").ne_missing(0))


def _lines(at_stake: pl.LazyFrame) -> pl.DataFrame:
    return at_stake.select("line_id").unique().collect()


def _other_sex(rule: str, known: Facts) -> pl.DataFrame:
    """Items limited to one sex, for someone of the other or of a sex that is not registered."""
    person = known.person.lazy().select("person_id", registered="sex")
    found = _listed(rule, known).join(person, on="person_id", how="left")
    return _lines(found.filter(pl.col("registered").ne_missing(pl.col("sex"))))


def _other_age(rule: str, known: Facts) -> pl.DataFrame:
    """Items limited to an age band, for someone outside it or born on a day unknown or after the service."""
    day, born, unit = pl.col("service_date"), pl.col("birth_date"), pl.col("age_unit")
    person = known.person.lazy().select("person_id", "birth_date")
    # a month is complete on the day of birth; whoever was born on the 31st has to wait for the next month to begin
    begun = (day.dt.day() < born.dt.day()).cast(pl.Int64)
    months = (day.dt.year() - born.dt.year()) * 12 + day.dt.month() - born.dt.month() - begun
    days = (day - born).dt.total_days()
    age = pl.when(unit == "day").then(days).when(unit == "month").then(months).otherwise(months // 12)
    found = _listed(rule, known).join(person, on="person_id", how="left")
    return _lines(found.filter(born.is_null() | (born > day) | ~age.is_between("min_age", "max_age")))


def _not_payable(rule: str, known: Facts) -> pl.DataFrame:
    """Items that are never paid for, of which a share lies within policy scope or may."""
    return _lines(_paid(rule, known))


def _low_level(rule: str, known: Facts) -> pl.DataFrame:
    """Items limited to a level upwards, where on the day of service no level as high was registered."""
    level, day = pl.col("level").cast(pl.Int64), pl.col("service_date")
    days = {"since": "valid_from", "to": "valid_to"}
    registered = known.institution_registration.lazy().select("institution_id", "level", **days)
    found = _paid(rule, known)
    held = day.is_between("since", "to", closed="left") & (level >= pl.col("min_level"))
    high = found.join(registered, on="institution_id").filter(held).select("line_id", "point_id")
    return _lines(found.join(high, on=["line_id", "point_id"], how="anti"))


def _other_encounter(rule: str, known: Facts, stated: str, allowed: str) -> pl.DataFrame:
    """Items limited to kinds of encounter or insurance, in an encounter of another kind, of none or not on record."""
    encounter = known.encounter.lazy().select("encounter_id", "person_id", stated)
    found = _paid(rule, known).join(encounter, on=["encounter_id", "person_id"], how="left")
    agrees = pl.col(allowed).str.split(" ").list.contains(pl.col(stated))
    return _lines(found.filter(pl.col(stated).is_null() | ~agrees))


def _above_daily_cap(rule: str, known: Facts) -> pl.DataFrame:
    """Lines with which the quantity of an item on one day at one institution passes its cap."""
    day = ["point_id", "valid_from", "person_id", "institution_id", "item_code", "service_date"]
    # a line without a moment counts as charged at the start of its day
    ordered = _listed(rule, known).sort(pl.col("service_at").fill_null(0), "line_id")
    return _lines(ordered.filter(pl.col("quantity_e4").cum_sum().over(day) > pl.col("cap_e4")))


def _claimed_again(rule: str, known: Facts) -> pl.DataFrame:
    """Lines that repeat item, moment, quantity and price of another line of the person; the least id stands."""
    equal = ["person_id", "item_code", "service_date", "quantity_e4", "unit_price_e6"]
    line = known.line.lazy().select("line_id", "service_at", *equal)
    # group the whole table counting only: few lines share their day, and the windows below need to see no others
    shared = line.group_by(equal).len().filter(pl.col("len") > 1)
    covered = (
        line.join(shared, on=equal, how="semi")
        .join(known.points[rule].lazy().select("valid_from", "valid_to"), how="cross")
        .filter(pl.col("service_date").is_between("valid_from", "valid_to", closed="left"))
    )
    moment = pl.col("service_at")
    again = pl.col("line_id") != pl.col("line_id").min().over(*equal, "service_at")
    # beside a line with a moment, one without may be the same service
    may_be = moment.is_null() & (moment.count().over(equal) > 0)
    return _lines(covered.filter(again | may_be))


#: By id of the rule: the function that gives its lines at stake, in one column ``line_id``, each once.
TWELVE: dict[str, Callable[[Facts], pl.DataFrame]] = {
    "fund/sex-limited-service": partial(_other_sex, "fund/sex-limited-service"),
    "fund/sex-limited-drug": partial(_other_sex, "fund/sex-limited-drug"),
    "fund/sex-limited-consumable": partial(_other_sex, "fund/sex-limited-consumable"),
    "fund/age-limited-service": partial(_other_age, "fund/age-limited-service"),
    "fund/child-limited-drug": partial(_other_age, "fund/child-limited-drug"),
    "fund/newborn-limited-drug": partial(_other_age, "fund/newborn-limited-drug"),
    "fund/never-paid-herb": partial(_not_payable, "fund/never-paid-herb"),
    "fund/level-limited-drug": partial(_low_level, "fund/level-limited-drug"),
    "fund/visit-type-drug": partial(
        _other_encounter, "fund/visit-type-drug", stated="visit_type", allowed="allowed_visits"
    ),
    "fund/work-injury-drug": partial(
        _other_encounter, "fund/work-injury-drug", stated="insurance_kind", allowed="insurance_kinds"
    ),
    "fund/daily-quantity-cap": partial(_above_daily_cap, "fund/daily-quantity-cap"),
    "fund/duplicate-claim": partial(_claimed_again, "fund/duplicate-claim"),
}
