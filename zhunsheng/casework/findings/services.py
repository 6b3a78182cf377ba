"""What stands behind a finding about a vendor: orders with their nodes, versions of results, runs of a control.

Read through the reader's scope: of a row outside it nothing is returned.
"""

from __future__ import annotations

from typing import Any

from zhunsheng.casework.bodies.lake import Reader

KINDS = ("service_order", "result", "qc_run")
#: Runs of a control shown before the first and after the last that failed.
AROUND = 20


def orders(reader: Reader, row_ids: list[str]) -> list[dict[str, Any]]:
    """Return orders by row id with the name of who ordered; each holds its ``nodes`` by time."""
    found = reader.rows(ORDERS, [row_ids]) if row_ids else []
    nodes = reader.rows(NODES, [row_ids]) if row_ids else []
    for one in found:
        one["nodes"] = [node for node in nodes if node["row_id"] == one["row_id"]]
    return found


def versions(reader: Reader, row_ids: list[str]) -> list[dict[str, Any]]:
    """Return the named results, and what else was released of the same value, by order, analyte and version."""
    return reader.rows(VERSIONS, [row_ids]) if row_ids else []


def runs(reader: Reader, row_ids: list[str]) -> list[dict[str, Any]]:
    """Return the runs of the controls that are named, from some before the first to some after the last of these."""
    return reader.rows(RUNS, [row_ids, AROUND]) if row_ids else []


ORDERS = """
SELECT o.*, o.vendor_id || '|' || o.order_id AS row_id, i.name AS institution_name, b.file_name
FROM service_order o
LEFT JOIN institution i ON i.institution_id = o.institution_id
LEFT JOIN batch b ON b.id = o.batch
WHERE o.vendor_id || '|' || o.order_id IN (SELECT UNNEST(CAST(? AS VARCHAR[]))) ORDER BY o.ordered_on, o.order_id
"""
NODES = """
SELECT e.vendor_id || '|' || e.order_id AS row_id, e.node, e.happened_at, e.happened_on, e.practitioner_id, e.device_id,
    e.place, s.name AS practitioner_name, d.name AS device_name
FROM service_event e
LEFT JOIN (SELECT vendor_id, practitioner_id, MAX(name) AS name FROM vendor_staff GROUP BY ALL) s
    ON s.vendor_id = e.vendor_id AND s.practitioner_id = e.practitioner_id
LEFT JOIN (SELECT institution_id, device_id, MAX(name) AS name FROM device GROUP BY ALL) d
    ON d.institution_id = e.vendor_id AND d.device_id = e.device_id
WHERE e.vendor_id || '|' || e.order_id IN (SELECT UNNEST(CAST(? AS VARCHAR[])))
ORDER BY e.happened_on, e.happened_at NULLS LAST, e.event_id
"""
VERSIONS = """
WITH named AS (SELECT UNNEST(CAST(? AS VARCHAR[])) AS row_id)
SELECT r.*, r.vendor_id || '|' || r.order_id || '|' || r.analyte || '|' || r.version AS row_id, s.name AS signed_by
FROM result r
LEFT JOIN (SELECT vendor_id, practitioner_id, MAX(name) AS name FROM vendor_staff GROUP BY ALL) s
    ON s.vendor_id = r.vendor_id AND s.practitioner_id = r.practitioner_id
WHERE EXISTS (FROM named n WHERE STARTS_WITH(n.row_id, r.vendor_id || '|' || r.order_id || '|' || r.analyte || '|'))
ORDER BY r.reported_on, r.order_id, r.analyte, r.version
"""
RUNS = """
WITH named AS (SELECT UNNEST(CAST(? AS VARCHAR[])) AS row_id),
placed AS (
    SELECT q.*,
        q.vendor_id || '|' || q.device_id || '|' || q.analyte || '|' || q.level || '|' || q.run_id AS row_id,
        ROW_NUMBER() OVER (
            PARTITION BY q.vendor_id, q.device_id, q.analyte, q.level
            ORDER BY q.run_on, q.run_at NULLS FIRST, q.run_id) AS n
    FROM qc_run q
    WHERE EXISTS (FROM named n
        WHERE STARTS_WITH(n.row_id, q.vendor_id || '|' || q.device_id || '|' || q.analyte || '|'))
),
span AS (
    SELECT p.vendor_id, p.device_id, p.analyte, MIN(p.n) AS first, MAX(p.n) AS last
    FROM placed p WHERE p.row_id IN (FROM named) GROUP BY ALL
)
SELECT p.*, p.row_id IN (FROM named) AS is_named
FROM placed p JOIN span s ON p.vendor_id = s.vendor_id AND p.device_id = s.device_id AND p.analyte = s.analyte,
    (SELECT CAST(? AS BIGINT) AS more)
WHERE p.n >= s.first - more AND p.n <= s.last + more
ORDER BY p.device_id, p.analyte, p.level, p.n
"""
