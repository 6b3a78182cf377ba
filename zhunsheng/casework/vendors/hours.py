"""Hours of training of people of vendors: what their file says, and what the facts count of the year."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from zhunsheng.casework.bodies.scope import Scope
from zhunsheng.casework.vendors.models import VendorPerson

#: Hours that count in a year, of courses that were not failed; ``unknown`` counts courses that state no hours.
_HOURS = """
SELECT vendor_id, practitioner_id, SUM(hours_e4) FILTER (WHERE passed IS DISTINCT FROM FALSE) AS hours_e4,
    COUNT(*) FILTER (WHERE hours_e4 IS NULL) AS unknown
FROM training WHERE LIST_CONTAINS(?, vendor_id) AND held_on >= ? AND held_on <= ?
GROUP BY vendor_id, practitioner_id ORDER BY vendor_id, practitioner_id
"""


def counted(scope: Scope, codes: Iterable[str], day: date) -> dict[tuple[str, str], dict[str, Any]]:
    """Return what the facts in view count of the year of a day, by vendor and person; none before the first run."""
    asked = sorted(set(codes))
    if scope.file is None or "training" not in scope.file.tables or not asked:
        return {}
    with scope.lake() as reader:
        rows = reader.rows(_HOURS, [asked, date(day.year, 1, 1), day])
    return {(row["vendor_id"], row["practitioner_id"]): row for row in rows}


def known(one: VendorPerson, facts: dict[tuple[str, str], dict[str, Any]], day: date) -> int:
    """Return the whole hours of a person in the year of a day: those of the file or of the facts, whichever is more.

    The two tell of the same courses, so that they are never added up.
    """
    row = facts.get((one.institution_id, one.practitioner_id))
    return max(int(one.trained.get(str(day.year), 0)), int((row or {}).get("hours_e4") or 0) // 10_000)
