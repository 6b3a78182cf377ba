"""A handful of people in a lake of their own: small enough to reckon by hand."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa

from zhunsheng.facts import lake
from zhunsheng.facts.schema import TABLES
from zhunsheng.kernel.home import ROOT, Home
from zhunsheng.kernel.time import SHANGHAI, epoch_seconds, month_of

MAN_ONLY, WOMAN_ONLY, CAPPED = "002101030280000", "002101030300000", "001102000050000"
MARCH = date(2026, 3, 10)
#: The rules that these tests reckon with.
RULES = (
    "age-limited-service",
    "claim-after-death",
    "daily-quantity-cap",
    "drug-stock-balance",
    "duplicate-charge",
    "duplicate-claim",
    "level-limited-service",
    "overlapping-stays",
    "sex-limited-service",
)
#: The indicators that are counted beside; tests/indicators asks them all, and each takes every run its time.
INDICATORS = ("emergency_share", "stay_cost", "stay_days")
_kept: list[TemporaryDirectory] = []


@cache
def few_rules() -> Path:
    """Return a rule book of ``RULES`` and ``INDICATORS``, all its knowledge beside: small enough to reckon."""
    _kept.append(TemporaryDirectory(prefix="few-rules-"))
    folder = shutil.copytree(ROOT / "rulebook", Path(_kept[0].name) / "rulebook")
    for part, wanted in (("rules", RULES), ("indicators", INDICATORS)):
        for path in (folder / part).rglob("*.yaml"):
            if path.stem not in wanted:
                path.unlink()
    return folder


def moment(text: str) -> int:
    """Return epoch seconds of ``2026-03-10 09:00`` in Asia/Shanghai."""
    return epoch_seconds(datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=SHANGHAI))


@dataclass(frozen=True)
class Line:
    """A charge line by what matters here; the rest is filled in."""

    line_id: str
    person: str
    item: str
    fen: int = 10_000
    quantity: int = 1
    day: date = MARCH
    institution: str = "H1"
    refund_of: str | None = None
    currency: str | None = None
    scope: int | None = -1
    at: int | None = None
    encounter: str | None = None


def fill(
    home: Home,
    people: dict[str, tuple[str | None, date | None]],
    lines: list[Line],
    batch: str = "b1",
    stays=(),
    registered=None,
) -> str:
    """Load people, lines and stays (person, id, institution, start, end) as one batch and return the snapshot.

    ``registered`` holds further institutions by the day of their registration; those of lines are since 2020.
    """
    places = {line.institution: date(2020, 1, 1) for line in lines} | (registered or {})
    origin = {"batch": batch, "recorded_at": moment("2026-04-01 00:00")}
    rows = {
        "person": [{"person_id": p, "sex": sex, "birth_date": born} for p, (sex, born) in people.items()],
        "institution": [
            {"institution_id": i, "name": f"{i} 医院", "kind": "hospital", "valid_from": day}
            for i, day in sorted(places.items())
        ],
        "encounter": [
            {"encounter_id": f"E-{p}", "person_id": p, "institution_id": "H1", "visit_type": "outpatient",
             "start_date": MARCH} for p in people if batch == "b1"
        ]
        + [
            {"encounter_id": e, "person_id": p, "institution_id": i, "visit_type": "inpatient",
             "start_date": start, "end_date": end} for p, e, i, start, end in stays
        ],
        "charge_line": [_row(line) for line in lines],
    }  # fmt: skip
    with lake.commit(home, "test", origin["recorded_at"]) as change:
        if batch in change.batches:
            change.remove_batch(batch)
        for table, found in rows.items():
            change.append(table, _table(table, [{**row, **origin, "source_row": n} for n, row in enumerate(found, 2)]))
        counts = {table: len(found) for table, found in rows.items()}
        change.register(lake.Batch(batch, batch, "test", "test", f"{batch}.csv", "d", counts, 0, origin["recorded_at"]))
    return lake.latest(home).id


def _row(line: Line) -> dict:
    return {
        "line_id": line.line_id, "encounter_id": line.encounter or f"E-{line.person}", "person_id": line.person,
        "institution_id": line.institution, "department_id": "D1", "item_code": line.item,
        "item_name": f"项目 {line.item}", "service_date": line.day, "quantity_e4": line.quantity * 10_000,
        "unit_price_e6": line.fen * 10_000,
        "amount_fen": line.fen * line.quantity,
        "in_scope_fen": line.fen * line.quantity if line.scope == -1 else line.scope, "service_at": line.at,
        "refund_of": line.refund_of, "currency": line.currency, "q_amount_mismatch": False, "month": month_of(line.day),
    }  # fmt: skip


def _table(name: str, rows: list[dict]) -> pa.Table:
    schema = TABLES[name].arrow
    return pa.table(
        {field.name: pa.array([row.get(field.name) for row in rows], field.type) for field in schema}, schema
    )


def home_at(folder: Path) -> Home:
    """Return a site folder for a test."""
    return Home(folder / "var")


__all__ = ["CAPPED", "MAN_ONLY", "MARCH", "WOMAN_ONLY", "Line", "few_rules", "fill", "home_at", "moment", "replace"]
