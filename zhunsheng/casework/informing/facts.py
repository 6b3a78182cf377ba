"""Reads of the run's facts for the right to know: orders of a member, and what the public learns of one order.

The list passes through the reader's scope. The public page has no reader: it asks as the vendor itself, for the one
order that a receipt names, and takes out of the rows only who did what when. Patient, item and values stay there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from zhunsheng.casework.bodies.lake import Reader, RunFile
from zhunsheng.casework.bodies.scope import Scope

#: What a list of orders may show: without any notice, told, declined, not agreeing with the site's own notice, all.
SHOWS = ("untold", "told", "declined", "differs", "all")
_AMONG = "o.vendor_id || '|' || o.order_id IN (SELECT UNNEST(CAST(? AS VARCHAR[])))"
_FROM = """
FROM service_order AS o LEFT JOIN institution AS i ON o.institution_id = i.institution_id
WHERE o.person_id IS NOT NULL AND (? = '' OR o.vendor_id = ?) AND CASE CAST(? AS VARCHAR)
    WHEN 'untold' THEN o.told IS NOT TRUE AND NOT {recorded}
    WHEN 'told' THEN o.told OR {recorded}
    WHEN 'declined' THEN o.declined OR {declined}
    WHEN 'differs' THEN {recorded} AND (o.told IS DISTINCT FROM TRUE OR o.declined IS DISTINCT FROM {declined})
    ELSE TRUE END
""".replace("{recorded}", _AMONG).replace("{declined}", _AMONG)
_COLUMNS = (
    "o.vendor_id, o.order_id, o.institution_id, o.service_kind, o.ordered_on, o.state, o.told, o.declined, "
    "i.name AS institution_name"
)
_ONE = """
SELECT institution_id, service_kind, ordered_on, state, told, declined, person_id IS NOT NULL AS has_patient
FROM service_order WHERE vendor_id = ? AND order_id = ?
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """Which orders are asked for: ``recorded`` and ``declined`` are the keys of the site's own notices."""

    show: str
    vendor: str
    recorded: list[str]
    declined: list[str]

    @property
    def parameters(self) -> list[Any]:
        """The values in the order in which the query names them."""
        own, away = self.recorded, self.declined
        return [self.vendor, self.vendor, self.show, own, own, away, own, away]


def counted(reader: Reader, asked: Asked) -> int:
    """Return how many orders of patients there are."""
    found = reader.one(f"SELECT COUNT(*) AS n {_FROM}", asked.parameters)
    return int(found["n"]) if found else 0


def orders(reader: Reader, asked: Asked, first: int, most: int) -> list[dict[str, Any]]:
    """Return orders of patients in view, the latest first."""
    sql = f"SELECT {_COLUMNS} {_FROM} ORDER BY o.ordered_on DESC, o.vendor_id, o.order_id LIMIT ? OFFSET ?"
    return reader.rows(sql, [*asked.parameters, most, first])


def vendors(reader: Reader) -> list[str]:
    """Return the codes of the vendors with orders in view."""
    return [row["vendor_id"] for row in reader.rows("SELECT DISTINCT vendor_id FROM service_order ORDER BY 1")]


def order(scope: Scope, vendor: str, number: str) -> dict[str, Any] | None:
    """Return an order in view, or None where the run does not know it or the reader does not see it."""
    if scope.file is None:
        return None
    with scope.lake() as reader:
        return reader.one(_ONE, [vendor, number])


@dataclass(frozen=True, slots=True)
class Performed:
    """What the public learns of one order: when, how far, who signed, whether it was amended; nothing of the patient.

    ``certified`` and ``covered`` are None where nothing is on file: the signer's certificate and the licensed scope on
    ``day``, the day of the service.
    """

    kind: str
    day: date
    state: str
    told: bool | None
    declined: bool | None
    nodes: tuple[tuple[str, date], ...]
    released: bool
    amended: int
    unexplained: bool
    signer: str
    title: str
    certified: bool | None
    covered: bool | None


def performed(file: RunFile, vendor: str, number: str, member: str) -> Performed | None:
    """Return what the public learns of the order of a member, or None where the run does not know it as that."""
    with file.reader(frozenset({vendor})) as reader:
        told = reader.one(f"{_ONE} AND institution_id = ?", [vendor, number, member])
        if told is None:
            return None
        nodes = reader.rows(_NODES, [vendor, number])
        versions = reader.rows(_VERSIONS, [vendor, number])
        day = _day_of(told["ordered_on"], nodes, versions)
        who = versions[-1]["practitioner_id"] if versions else None
        papers = reader.rows(_SIGNER, [vendor, who]) if who else []
        covered = reader.one(_COVERED, [day, day, vendor, number])
    in_force = [one for one in papers if one["valid_from"] <= day and (not one["valid_to"] or day < one["valid_to"])]
    named = (in_force or papers or [{"name": "", "title": ""}])[-1]
    later = [one for one in versions if one["version"] > 1]
    return Performed(
        told["service_kind"], day, told["state"] or "", told["told"], told["declined"],
        tuple((one["node"], one["happened_on"]) for one in nodes), bool(versions),
        len({one["version"] for one in later}), any(not one["reason"] for one in later),
        named["name"] or "", named["title"] or "", bool(in_force) if papers else None,
        covered["covered"] if covered and covered["listed"] else None,
    )  # fmt: skip


def _day_of(ordered: date, nodes: Iterable[dict[str, Any]], versions: list[dict[str, Any]]) -> date:
    """The day of the service: on which it was tested, else first reported, else the last node, else ordered."""
    days = {one["node"]: one["happened_on"] for one in nodes}
    found: date = (
        days.get("tested") or (versions[0]["reported_on"] if versions else None) or max(days.values(), default=ordered)
    )
    return found


_NODES = """
SELECT node, happened_on FROM service_event WHERE vendor_id = ? AND order_id = ?
ORDER BY happened_on, happened_at NULLS LAST, event_id
"""
_VERSIONS = """
SELECT version, MIN(reported_on) AS reported_on, MAX(practitioner_id) AS practitioner_id, MAX(reason) AS reason
FROM result WHERE vendor_id = ? AND order_id = ? GROUP BY version ORDER BY version
"""
_SIGNER = """
SELECT name, title, valid_from, valid_to FROM vendor_staff
WHERE vendor_id = ? AND practitioner_id = ? AND certificate_kind <> 'none' ORDER BY valid_from
"""
_COVERED = """
SELECT COUNT(s.item_code) > 0 AS listed,
    COALESCE(BOOL_OR(s.item_code = o.item_code AND s.valid_from <= ? AND (s.valid_to IS NULL OR s.valid_to > ?)), FALSE)
        AS covered
FROM service_order AS o LEFT JOIN vendor_scope AS s ON o.vendor_id = s.vendor_id
WHERE o.vendor_id = ? AND o.order_id = ?
"""
