"""Where a reader stands in the tree: everything in view, consortium, institution, department, practitioner.

A position lives in the address, in the words of the findings list, so that the list behind a number is one step away.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from zhunsheng.casework.bodies.lake import Place
from zhunsheng.kernel.errors import Problem

#: Stands in an address for the department or practitioner that a line does not name.
UNNAMED = "~"
LEVELS = ("whole", "consortium", "institution", "department", "practitioner")
#: Institutions under a lead and the lead itself; the tree is read through the reader's own view of institutions.
MEMBERS = """institution_id IN (
    WITH RECURSIVE member(id) AS (
        SELECT institution_id FROM institution WHERE institution_id = ?
        UNION SELECT i.institution_id FROM institution i JOIN member m ON i.parent_id = m.id)
    SELECT id FROM member)"""


def condition(column: str, value: str) -> tuple[str, list[Any]]:
    """Return the SQL text and parameters by which a column is a value, or is not stated."""
    return (f"{column} IS NULL", []) if value == UNNAMED else (f"{column} = ?", [value])


@dataclass(frozen=True, slots=True)
class Position:
    """A place in the tree and a month; ``month`` empty means every month. Deeper levels need the institution."""

    month: str = ""
    consortium: str = ""
    institution: str = ""
    department: str = ""
    practitioner: str = ""

    @property
    def level(self) -> str:
        """The name of the level."""
        return next((name for name in LEVELS[:0:-1] if getattr(self, name)), LEVELS[0])

    @property
    def levels(self) -> list[tuple[str, str]]:
        """The levels that the address names, each with its value."""
        return [(name, getattr(self, name)) for name in LEVELS[1:] if getattr(self, name)]

    def where(self) -> tuple[str, list[Any]]:
        """Return the WHERE text and its parameters; the month is left to the query."""
        pieces, values = ["true"], []
        if self.consortium:
            pieces.append(MEMBERS)
            values.append(self.consortium)
        for name, value in self.levels:
            if name != "consortium":
                text, more = condition(f"{name}_id", value)
                pieces.append(text)
                values += more
        return " AND ".join(pieces), values

    def query(self, **changes: str) -> str:
        """Return the address part with changes; every month is said, because an address without asks for the newest."""
        moved = replace(self, **changes)
        return urlencode([("month", moved.month or "all"), *moved.levels])

    def list_query(self, **more: str) -> str:
        """Return the address part of the findings list behind this position."""
        return urlencode([*([("month", self.month)] if self.month else []), *self.levels, *more.items()])

    def below(self, key: str | None, *, lead: bool = False) -> Position:
        """Return the position one level down: at a row's key, None being what is not named."""
        step = {"whole": "consortium" if lead else "institution", "consortium": "institution"}
        name = step.get(self.level) or LEVELS[LEVELS.index(self.level) + 1]
        return replace(self, **{name: key or UNNAMED}, **({"consortium": ""} if name == "institution" else {}))


def parse(given: Mapping[str, str], months: list[str]) -> Position:
    """Read a position from an address; without a month it is the newest. Raises Problem ZS709."""
    texts = {name: given.get(name, "").strip()[:120] for name in LEVELS[1:]}
    month = given.get("month", "").strip()
    if month not in ("", "all") and (not re.fullmatch(r"\d{4}-\d\d", month) or month not in months):
        raise Problem("ZS709", name="month", value=month)
    for name, above in (("department", "institution"), ("practitioner", "department")):
        if texts[name] and not texts[above]:
            raise Problem("ZS709", name=above, value="")
    if texts["institution"]:
        texts["consortium"] = ""
    return Position(month="" if month == "all" else month or next(iter(months), ""), **texts)


def roots(places: Mapping[str, Place]) -> dict[str, str]:
    """Return for each institution in view the uppermost one in view that it belongs to, itself where there is none."""
    return {key: _root(key, places) for key in places}


def _root(key: str, places: Mapping[str, Place]) -> str:
    passed = {key}
    while (parent := places[key].parent_id) in places and parent not in passed:
        passed.add(parent)
        key = parent
    return key


def leads(places: Mapping[str, Place]) -> dict[str, list[str]]:
    """Return the institutions of each consortium in view by its lead, the lead first."""
    groups: dict[str, list[str]] = {}
    for key, root in sorted(roots(places).items(), key=lambda pair: (pair[0] != pair[1], pair[0])):
        groups.setdefault(root, []).append(key)
    return {root: members for root, members in groups.items() if len(members) > 1}
