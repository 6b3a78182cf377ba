"""A small county built by the real stages: facts by hand, judged by the real rule book, as one serving file.

Six institutions in two regions. Each prints its own mark into names, departments, practitioners and items, so that
a page which shows a mark of an institution outside the reader's scope is caught wherever it does.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from zhunsheng.book import keep, load
from zhunsheng.engines import duck
from zhunsheng.facts.schema import TABLES
from zhunsheng.kernel.files import canonical, write_whole
from zhunsheng.kernel.home import ROOT, Home
from zhunsheng.kernel.ids import identity
from zhunsheng.kernel.time import SHANGHAI
from zhunsheng.patterns.bind import bind
from zhunsheng.runs import serving, store

AS_OF = date(2026, 10, 31)
EARLIER, CURRENT = "r20261002-aaaaaaaaaaaa", "r20261031-bbbbbbbbbbbb"
FINISHED = int(datetime(2026, 11, 2, 3, 14, tzinfo=SHANGHAI).timestamp())


@dataclass(frozen=True)
class Place:
    id: str
    mark: str
    name: str
    kind: str
    level: str
    parent: str | None
    region: str


LEAD = Place("H33078100001", "松", "青禾县人民医院松", "hospital", "2", None, "330781")
TOWN = Place("H33078100002", "竹", "青禾县竹溪镇卫生院竹", "township_centre", "1", LEAD.id, "330781")
VILLAGE = Place("H33078100003", "梅", "竹溪镇梅村卫生室梅", "village_clinic", "0", TOWN.id, "330781")
OTHER = Place("H33078100004", "兰", "青禾县中医院兰", "hospital", "2", None, "330781")
PHARMACY = Place("P33078100005", "荷", "仁和药房荷", "pharmacy", "0", None, "330781")
FAR = Place("H33080200006", "枫", "远山市医院枫", "hospital", "3", None, "330802")
PLACES = (LEAD, TOWN, VILLAGE, OTHER, PHARMACY, FAR)

PLAIN_ITEMS = (
    ("001201000050000", "Ⅲ级护理", "9.00"),
    ("002501010010000", "血常规", "18.00"),
    ("001101000010000", "一般诊查费", "10.00"),
)
WOMB, CHILD = ("002101030300000", "子宫造影"), ("003105120040000", "儿童前牙树脂冠修复")
WATCH, BED, STAY_FEE = (
    ("001103000010000", "急诊监护费"),
    ("001109000010000", "普通病房床位费"),
    ("001102000050000", "住院诊查费"),
)


@dataclass
class County:
    """Rows of the fact tables as dictionaries."""

    rows: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {name: [] for name in TABLES})
    number: int = 0

    def next(self) -> int:
        self.number += 1
        return self.number

    def add(self, table: str, **values: Any) -> None:
        origin = {"batch": f"b-{table}", "source_row": len(self.rows[table]) + 2, "recorded_at": FINISHED - 86400}
        self.rows[table].append({**dict.fromkeys(TABLES[table].names), **origin, **values})


def places(county: County) -> None:
    for place in PLACES:
        since = date(2020, 1, 1)
        county.add("institution", institution_id=place.id, name=place.name, kind=place.kind, level=place.level,
                   parent_id=place.parent, region=place.region, valid_from=since)  # fmt: skip
        for code in ("D1", "D2"):
            county.add("department", institution_id=place.id, department_id=code,
                       name=f"{'内科' if code == 'D1' else '外科'}{place.mark}", valid_from=since)  # fmt: skip
            county.add("practitioner", practitioner_id=f"D{place.id[-4:]}{code}", institution_id=place.id,
                       department_id=code, name=f"医师{place.mark}", valid_from=since)  # fmt: skip


def person(county: County, sex: str | None = "F", birth: date | None = date(1980, 5, 4)) -> str:
    key = identity("person", county.next())
    county.add("person", person_id=key, sex=sex, birth_date=birth)
    return key


def stay(
    county: County, place: Place, who: str, day: date, days: int = 0, kind: str = "outpatient", **more: Any
) -> str:
    key = f"M{place.id[-4:]}{county.next():06d}"
    end = None if more.get("open") else day + timedelta(days=days)
    start_at = int(datetime(day.year, day.month, day.day, 8, 0, tzinfo=SHANGHAI).timestamp())
    county.add("encounter", encounter_id=key, person_id=who, institution_id=place.id, department_id="D1",
               practitioner_id=f"D{place.id[-4:]}D1", visit_type=kind, insurance_kind="390", start_date=day,
               start_at=start_at, end_date=end, end_at=start_at + days * 86400 + 3600 if end else None,
               principal_diagnosis="J18.900")  # fmt: skip
    county.add("diagnosis", encounter_id=key, sequence=1, code="J18.900", name="肺炎", is_principal=True)
    return key


def line(
    county: County, place: Place, who: str, encounter: str, day: date, item: tuple[str, str], price: str, **more: Any
) -> str:
    key = f"{place.id}-{county.next():07d}"
    e6 = round(float(price) * 10**6)
    quantity = more.get("quantity_e4", 10_000)
    amount = e6 * quantity // 10**8
    at = int(datetime(day.year, day.month, day.day, 9, county.number % 60, tzinfo=SHANGHAI).timestamp())
    values = {
        "line_id": key, "encounter_id": encounter, "settlement_id": f"S{encounter}", "person_id": who,
        "institution_id": place.id, "department_id": "D1", "practitioner_id": f"D{place.id[-4:]}D1",
        "item_code": item[0], "item_name": f"{item[1]}{place.mark}", "item_class": "05", "service_date": day,
        "service_at": at, "quantity_e4": quantity, "unit_price_e6": e6, "amount_fen": amount, "in_scope_fen": amount,
        "q_amount_mismatch": False, "month": f"{day:%Y-%m}",
    }  # fmt: skip
    county.add("charge_line", **{**values, **more})
    return key


def settle(county: County, place: Place, who: str, encounter: str, day: date) -> None:
    county.add("settlement", settlement_id=f"S{encounter}", encounter_id=encounter, person_id=who,
               institution_id=place.id, settled_on=day, total_fen=12_000, q_parts_mismatch=False)  # fmt: skip


def visit(county: County, place: Place, day: date, item: tuple[str, str], price: str, **more: Any) -> None:
    """One settled visit with one line of interest."""
    who = person(county, more.pop("sex", "F"), more.pop("birth", date(1980, 5, 4)))
    key = stay(county, place, who, day)
    for _ in range(more.pop("times", 1)):
        line(county, place, who, key, day, item, price, **more)
    settle(county, place, who, key, day)


def month_of(county: County, place: Place, first: date, weight: int, plain: int) -> None:
    """A month of one institution: plain visits, and a number of errors that grows with ``weight``."""
    for n in range(plain):
        day = first + timedelta(days=n % 27)
        visit(county, place, day, PLAIN_ITEMS[n % 3][:2], PLAIN_ITEMS[n % 3][2])
    for n in range(weight):
        day = first + timedelta(days=(3 * n) % 27)
        visit(county, place, day, WOMB, "320.00", sex="M")
        visit(county, place, day, STAY_FEE, "20.00", quantity_e4=30_000)
        if n % 2 == 0:
            visit(county, place, day, CHILD, "300.00", birth=None)
            pair(county, place, day)
        if n % 3 == 0:
            visit(county, place, day, WOMB, "320.00", sex=None)
            visit(county, place, day, PLAIN_ITEMS[1][:2], "18.00", times=2, service_at=FINISHED - 10**7)


def pair(county: County, place: Place, day: date) -> None:
    who = person(county)
    key = stay(county, place, who, day, 3, "inpatient")
    line(county, place, who, key, day, WATCH, "96.00")
    line(county, place, who, key, day, BED, "35.00")
    for n in range(14):
        line(county, place, who, key, day + timedelta(days=n % 3), PLAIN_ITEMS[n % 3][:2], PLAIN_ITEMS[n % 3][2])
    settle(county, place, who, key, day + timedelta(days=3))


def across(county: County, one: Place, two: Place, day: date) -> None:
    """Stays that overlap in two institutions, and the same charge at the same moment in both."""
    who = person(county)
    for place, start in ((one, day), (two, day + timedelta(days=2))):
        key = stay(county, place, who, start, 5, "inpatient")
        line(county, place, who, key, start + timedelta(days=1), PLAIN_ITEMS[0][:2], "9.00")
        line(
            county,
            place,
            who,
            key,
            day + timedelta(days=3),
            PLAIN_ITEMS[1][:2],
            "18.00",
            service_at=FINISHED - 2 * 10**7,
            q_amount_mismatch=True,
        )
        settle(county, place, who, key, start + timedelta(days=5))


def county(months: int = 12, scale: int = 1) -> County:
    built = County()
    places(built)
    for n in range(months):
        first = date(2025 + (10 + n) // 12, (10 + n) % 12 + 1, 1)
        for rank, place in enumerate(PLACES):
            month_of(built, place, first, scale * max(0, 5 - rank + (n == 11) * 3), scale * 30)
    across(built, LEAD, TOWN, date(2026, 9, 3))
    across(built, LEAD, OTHER, date(2026, 9, 10))
    across(built, OTHER, LEAD, date(2026, 10, 5))
    across(built, LEAD, FAR, date(2026, 10, 8))
    across(built, FAR, LEAD, date(2026, 10, 12))
    who = person(built)
    stay(built, OTHER, who, date(2026, 10, 3), kind="inpatient", open=True)
    second = stay(built, TOWN, who, date(2026, 10, 6), 3, "inpatient")
    line(built, TOWN, who, second, date(2026, 10, 6), PLAIN_ITEMS[0][:2], "9.00")
    return built


def build_two(folder: Path) -> None:
    """Publish two runs in a folder: the earlier one lacks the last month."""
    build(Home(folder), county(11), EARLIER, FINISHED - 30 * 86400)
    build(Home(folder), county(12), CURRENT)


def build(
    home: Home, facts: County, run_id: str, finished_at: int = FINISHED, rulebook: Path = ROOT / "rulebook"
) -> Path:
    """Judge the facts by the real stages and publish the run; return its serving file."""
    book = load(rulebook)
    keep(home.books, book)
    folder = store.scratch(home, run_id)
    previous = store.current(home)
    con = duck.connect(str(folder / store.SERVING), threads=2)
    try:
        load_facts(con, facts)
        serving.load_rules(con, book)
        serving.judge(con, bind(book), lambda *_: None)
        serving.assemble(con, previous)
        serving.measure(con, book, lambda *_: None)
        manifest = _manifest(con, book, run_id, finished_at, store.current_id(home))
        con.execute("CREATE TABLE meta (key VARCHAR, value VARCHAR)")
        con.execute("INSERT INTO meta VALUES ('manifest', ?)", [canonical(manifest).decode()])
    finally:
        con.close()
    write_whole(folder / "manifest.json", canonical(manifest))
    store.publish(home, run_id, folder)
    return store.folder(home, run_id) / store.SERVING


def load_facts(con: Any, facts: County) -> None:
    con.execute(f"SET VARIABLE as_of = DATE '{AS_OF}'")
    for name, table in TABLES.items():
        con.register(f"lake_{name}", pa.Table.from_pylist(facts.rows[name], schema=table.arrow))
    con.execute(serving.sql("facts"))
    for name in TABLES:
        con.unregister(f"lake_{name}")
    con.execute(
        "CREATE TABLE batch (id VARCHAR, name VARCHAR, source VARCHAR, kind VARCHAR, file_name VARCHAR, "
        "digest VARCHAR, rejected BIGINT, loaded_at BIGINT)"
    )
    for name in TABLES:
        con.execute(
            "INSERT INTO batch VALUES (?, ?, 'settlement_list', ?, ?, ?, 0, ?)",
            [f"b-{name}", name, name, f"{name}.csv", "0" * 64, FINISHED],
        )


def _manifest(con: Any, book: Any, run_id: str, finished_at: int, previous: str | None) -> dict[str, Any]:
    row = con.execute(serving.sql("counts")).fetchone()
    counts = {column[0]: int(value) for column, value in zip(con.description, row, strict=True)}
    snapshot = f"s{counts['lines']:06d}"  # other facts are another snapshot
    return {
        "run_id": run_id, "snapshot": snapshot, "tables": {}, "book_digest": book.digest, "rules": dict(book.sources),
        "engine": "duckdb", "version": "0", "as_of": AS_OF.isoformat(), "previous": previous,
        "result_digest": serving.result_digest(con), "counts": counts, "finished_at": finished_at,
    }  # fmt: skip
