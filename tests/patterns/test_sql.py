"""The set form stays in the portable subset, and its plans filter lines by knowledge first."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest
import sqlglot
from sqlglot import exp

from zhunsheng.engines import dialect, duck
from zhunsheng.facts.schema import TABLES
from zhunsheng.kernel.time import OPEN_END
from zhunsheng.patterns import JUDGES, PATTERNS, Bindings, Case
from zhunsheng.patterns.base import Line, Stay
from zhunsheng.runs import serving

TEXTS = [
    (name, kind, text) for name, p in PATTERNS.items() for kind, text in zip(("hits", "count"), p.texts, strict=True)
]
#: Measured to change meaning, type or to fail between DuckDB and Spark: AVG gives a DOUBLE here and a DECIMAL there,
#: CONCAT passes over NULL here and is NULL there. What picks any row gives another one each time.
REFUSED = (
    exp.DayOfWeek,
    exp.DayOfWeekIso,
    exp.Quantile,
    exp.PercentileCont,
    exp.ArrayAgg,
    exp.List,
    exp.Avg,
    exp.ToDays,
    exp.Median,
    exp.Mode,
    exp.AnyValue,
    exp.First,
    exp.Last,
    exp.Concat,
    exp.TimeToStr,
    exp.CurrentDate,
    exp.CurrentTimestamp,
    exp.Rand,
)
REFUSED_NAMES = {
    "HASH", "TO_DAYS", "LEN", "LIST", "ISODOW", "DAYOFWEEK", "QUANTILE_CONT", "DATE_SUB", "RANDOM", "NOW",
    "CURRENT_DATE",
}  # fmt: skip
DAYS = {column.name for table in TABLES.values() for column in table.columns if column.kind == "date"}


def is_refused(node: exp.Expr) -> str:
    """Return what is wrong with a part of a text, empty when nothing is."""
    if isinstance(node, REFUSED) and not isinstance(node, exp.ConcatWs):
        return type(node).__name__
    if isinstance(node, exp.DateDiff) and str(node.args.get("unit")).strip("'").upper() != "DAY":
        return "DATE_DIFF unit"
    if isinstance(node, exp.Anonymous) and node.name.upper() in REFUSED_NAMES:
        return node.name
    if isinstance(node, exp.Join) and str(node.args.get("method") or "").upper() == "ASOF":
        return "ASOF"
    if isinstance(node, exp.Length) and isinstance(node.this, (exp.Array, exp.Split, exp.ArrayAgg)):
        return "the length of a list"
    if isinstance(node, exp.Div) and not isinstance(node.parent, exp.Floor):
        return "a fraction that is not floored at once: its type differs, and so does its way to a whole number"
    if isinstance(node, exp.Interval) and not isinstance(node.this, exp.Literal):
        return "an interval that is not constant"
    if isinstance(node, exp.Sub) and {node.left.name, node.right.name} <= DAYS:
        return "days subtracted: a number here, an interval there"
    return ""


def faults(text: str) -> list[str]:
    """Return what of a text lies outside the portable subset."""
    return [fault for node in sqlglot.parse_one(text, dialect="duckdb").walk() if (fault := is_refused(node))]


@pytest.mark.parametrize(("name", "kind", "text"), TEXTS)
def test_patterns_stay_in_the_portable_subset(name, kind, text):
    assert faults(text) == []


@pytest.mark.parametrize("name", dialect.statements(serving.made()))
def test_facts_stay_in_the_portable_subset(name):
    """They are made by both engines, too."""
    assert faults(dialect.statements(serving.made())[name].sql("duckdb")) == []


@pytest.mark.parametrize(
    "text",
    [
        "SELECT DATE_DIFF('month', a, b) FROM t",
        "SELECT HASH(a) FROM t",
        "SELECT LIST(a ORDER BY b) FROM t",
        "SELECT ISODOW(a) FROM t",
        "SELECT * FROM a ASOF JOIN b ON a.t >= b.t",
        "SELECT DATE_DIFF('year', a, b) FROM t",
        "SELECT DAYOFWEEK(a) FROM t",
        "SELECT LEN(LIST(a)) FROM t",
        "SELECT QUANTILE_CONT(a, 0.5) FROM t",
        "SELECT LEN(STRING_SPLIT(a, ' ')) FROM t",
        "SELECT LEN([a, b]) FROM t",
        "SELECT AVG(a) FROM t",
        "SELECT MEDIAN(a) FROM t",
        "SELECT MODE(a) FROM t",
        "SELECT ANY_VALUE(a) FROM t",
        "SELECT FIRST(a) FROM t",
        "SELECT LAST(a) FROM t",
        "SELECT CONCAT(a, b) FROM t",
        "SELECT STRFTIME(a, '%Y-%m') FROM t",
        "SELECT CAST(a AS DECIMAL(18, 2)) / b FROM t",
        "SELECT CURRENT_DATE",
        "SELECT NOW()",
        "SELECT RANDOM()",
        "SELECT CAST(a / b AS BIGINT) FROM t",
        "SELECT a + INTERVAL (b) DAY FROM t",
        "SELECT a + TO_DAYS(b) FROM t",
        "SELECT DATE_SUB('day', a, b) FROM t",
        "SELECT service_date - start_date FROM t",
    ],
)
def test_the_check_refuses_what_engines_disagree_about(text):
    assert faults(text)


@pytest.fixture(scope="module")
def loaded():
    """A load large enough that a plan which meets knowledge with people first would show."""
    draw = random.Random(7)
    start = date(2026, 1, 1)
    people = []
    for number in range(300):
        person = f"P{number}"
        lines = tuple(
            Line(f"{person}-{i}", f"{person}-E", person, "A", "D", None, f"{draw.randrange(400):03}",
                 start + timedelta(days=draw.randrange(90)), None, 10_000, 1_000_000, 100)
            for i in range(60)
        )  # fmt: skip
        stays = (Stay(f"{person}-E", person, "A", "inpatient", start, None, None, None),)
        people.append(Case(person, "M", date(1980, 1, 1), lines, stays))
    with duck.connect(threads=1) as con:
        duck.load_cases(con, people)
        duck.load_bindings(con, {name: Bindings(PATTERNS[name], _rows(PATTERNS[name])) for name in JUDGES})
        yield con


def _rows(pattern):
    names = {
        "item_code": 0,
        "main_code": 0,
        "sub_code": 40,
        "need_code": 40,
        "code": 0,
        "first_code": 40,
        "second_code": 0,
        "bundle_code": 0,
        "part_code": 40,
    }
    values = {name: lambda i, n=number: f"{i + n:03}" for name, number in names.items()}
    fixed = {"sex": "F", "min_age": 0, "max_age": 14, "age_unit": "year", "time_window": "day", "transfer_day": "judge",
             "cap_e4": 10_000, "tolerance_hours": 24, "dx_codes": "J18 I10", "within_days": 30, "scope": "paid",
             "prior_codes": "00012 00013", "allowed_visits": "inpatient", "min_level": 2, "specialties": "A03 A04.03",
             "insurance_kinds": "410", "refused": "alone",
             "period": "day", "period_days": 7, "counts": "lines",
             "reach": "person", "item_group": "g", "max_days": 3, "gap_days": 7, "min_interval": 2, "need_set": "n",
             "region": "", "level": "2", "ceiling_e6": 1, "incision_group": "g", "second_percent": 50,
             "full_price_e6": 1, "cap_fen": 100, "bundle_name": "n", "min_parts": 2, "bundle_price_fen": 0,
             "item_class": "10", "max_kinds": 20,
             "edge": "after", "tolerance_days": 0, "drug_tolerance_days": 1,
             "interval_days": 15, "shared_characters": 3, "planned_categories": "Z51", "allowed_types": "emergency",
             "first_days": 1, "last_days": 1, "unit_group": "bed", "tolerance_e4": 0, "register": "facility",
             "accepted_kinds": "recovery_room", "asks": "sex", "needs": "item", "need_codes": "001 002",
             "visit_types": "inpatient outpatient", "max_events": 2, "daily_max_e4": 1, "factor_percent": 100,
             "drug_class": "k", "max_drugs": 1, "titles": "主任医师", "barring": "suspended", "exempt": "03",
             "failing": "differed",
             "visit_type": "outpatient", "compares": "invoice", "op_codes": "06. 53.", "treat_classes": "05 06",
             "check_classes": "03 04", "check_percent": 50, "min_score": 4, "idle_days": 3, "quiet_classes": "01 07",
             "checks": "class_missing", "ordered": "any_day", "fee_classes": "09"}  # fmt: skip
    for i in range(40 if pattern.uses_knowledge else 1):
        cells = [values[c.name](i) if c.name in values else fixed[c.name] for c in pattern.columns]
        yield pattern.row("R", f"p{i}", "violation", date(2021, 5, 1), OPEN_END, *cells)


@pytest.mark.parametrize("name", [name for name in JUDGES if PATTERNS[name].uses_knowledge])
def test_plans_filter_lines_by_knowledge_first(loaded, name):
    """No join by nested loop, no product: the join that costs twelve times the time has that mark."""
    plan = loaded.execute(f"EXPLAIN {PATTERNS[name].sql}").fetchone()[1]
    assert "NESTED_LOOP_JOIN" not in plan
    assert "CROSS_PRODUCT" not in plan
    assert "BLOCKWISE_NL_JOIN" not in plan


def test_the_plan_check_notices_the_plain_join(loaded):
    plain = """
        SELECT l.line_id FROM line AS l, person AS p, b_item_sex AS b WHERE p.sex <> b.sex
    """
    plan = loaded.execute(f"EXPLAIN {plain}").fetchone()[1]
    assert "NESTED_LOOP_JOIN" in plan or "CROSS_PRODUCT" in plan or "BLOCKWISE_NL_JOIN" in plan
