"""The filter of the findings list. It lives in the address, so that a list can be sent to a colleague."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any
from urllib.parse import urlencode

from zhunsheng.casework.findings.levels import MEMBERS, condition
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.money import fen_from_yuan

VERDICTS = ("violation", "suspected", "unknown")
STATES = ("new", "same", "gone")
SORTS: dict[str, str] = {
    "severity": "CASE verdict WHEN 'violation' THEN 0 WHEN 'suspected' THEN 1 ELSE 2 END, amount_fen DESC",
    "amount": "amount_fen DESC",
    "date": "service_date DESC",
    "-date": "service_date",
    "institution": "institution_id, amount_fen DESC",
    "rule": "rule_id, amount_fen DESC",
    "state": "state, amount_fen DESC",
}
TEXTS = ("rule", "consortium", "institution", "department", "practitioner", "reason", "q")
MARKS = ("any", "mine", "body", "none")
DECIDED = ("confirmed", "overturned", "none")
#: Whether a finding stands at a vendor, who charges nothing to the fund, or at anybody else.
AREAS = {
    "service": "institution_id IN (SELECT institution_id FROM institution WHERE kind = 'vendor')",
    "fund": "COALESCE(institution_id NOT IN (SELECT institution_id FROM institution WHERE kind = 'vendor'), true)",
}


@dataclass(frozen=True, slots=True)
class Filter:
    """Conditions on findings; an empty one does not restrict. ``amount`` is the least amount in yuan."""

    rule: str = ""
    consortium: str = ""
    institution: str = ""
    department: str = ""
    practitioner: str = ""
    verdict: str = ""
    state: str = ""
    month: str = ""
    amount: str = ""
    reason: str = ""
    q: str = ""
    mark: str = ""
    decided: str = ""
    area: str = ""
    sort: str = "severity"
    #: What ``mark`` stands for: the findings that the reader or the reader's body marked. No part of the address.
    marked: tuple[str, ...] = field(default=(), repr=False)
    #: What ``decided`` stands for: the findings that people decided on so. No part of the address.
    settled: tuple[str, ...] = field(default=(), repr=False)

    @property
    def table(self) -> str:
        """Where the findings lie: those of this run, or those that it no longer has, in whatever state they were."""
        return "(SELECT * REPLACE ('gone' AS state) FROM gone_finding)" if self.state == "gone" else "finding"

    @property
    def order(self) -> str:
        """The ORDER BY text; the identity settles ties, so that pages never overlap."""
        return f"{SORTS[self.sort]}, finding_id"

    @property
    def set_names(self) -> list[str]:
        """Names of the conditions that restrict."""
        return [name for name, value in self.plain().items() if value and name != "sort"]

    def plain(self) -> dict[str, str]:
        """Return what the address says."""
        return {one.name: getattr(self, one.name) for one in fields(self) if one.name not in ("marked", "settled")}

    def where(self) -> tuple[str, list[Any]]:
        """Return the WHERE text and its parameters."""
        pieces, values = ["true"], []
        if self.consortium:
            pieces.append(MEMBERS)
            values.append(self.consortium)
        for column in ("rule", "institution", "department", "practitioner"):
            if value := getattr(self, column):
                text, more = condition(f"{column}_id", value)
                pieces.append(text)
                values += more
        if self.verdict == "lead":
            pieces.append("verdict <> 'unknown'")
        elif self.verdict:
            pieces.append("verdict = ?")
            values.append(self.verdict)
        if self.state in ("new", "same"):
            pieces.append("state = ?")
            values.append(self.state)
        if self.month:
            pieces.append("month = ?")
            values.append(self.month)
        if self.amount:
            pieces.append("amount_fen >= ?")
            values.append(fen_from_yuan(self.amount))
        if self.area:
            pieces.append(AREAS[self.area])
        if self.reason:
            pieces.append("finding_id IN (SELECT finding_id FROM finding_reason WHERE reason = ?)")
            values.append(self.reason)
        if self.q:
            pieces.append("(contains(lower(item_name), ?) OR starts_with(item_code, ?) OR finding_id = ?)")
            values += [self.q.lower(), self.q.upper(), self.q.lower()]
        for asked, named in ((self.mark, self.marked), (self.decided, self.settled)):
            if asked:
                word = "NOT IN" if asked == "none" else "IN"
                pieces.append(f"finding_id {word} (SELECT UNNEST(CAST(? AS VARCHAR[])))")
                values.append(list(named))
        return " AND ".join(pieces), values

    def query(self, **changes: Any) -> str:
        """Return the address part of this filter, with changes; empty values are left out."""
        plain = {**self.plain(), **changes}
        return urlencode({k: v for k, v in plain.items() if v and not (k == "sort" and v == "severity")})

    def without(self, name: str) -> Filter:
        """Return the filter with one condition lifted."""
        return replace(self, **{name: ""})


def parse(given: Mapping[str, str]) -> Filter:
    """Read a filter from an address. Raises Problem ZS709 for a value that no page offers."""
    texts = {name: given.get(name, "").strip()[:120] for name in TEXTS}
    sort = given.get("sort", "") or "severity"
    coded = ("verdict", "state", "month", "amount", "mark", "decided", "area")
    verdict, state, month, amount, mark, decided, area = (given.get(name, "").strip() for name in coded)
    for name, value, known in (
        ("mark", mark, (*MARKS, "")),
        ("decided", decided, (*DECIDED, "")),
        ("area", area, (*AREAS, "")),
        ("verdict", verdict, (*VERDICTS, "lead", "")),
        ("state", state, (*STATES, "")),
        ("sort", sort, SORTS),
    ):
        if value not in known:
            raise Problem("ZS709", name=name, value=value)
    if month and not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", month):
        raise Problem("ZS709", name="month", value=month)
    if amount and not re.fullmatch(r"\d{1,9}(\.\d{1,2})?", amount):
        raise Problem("ZS709", name="amount", value=amount)
    return Filter(
        **texts,
        verdict=verdict,
        state=state,
        month=month,
        amount=amount,
        mark=mark,
        decided=decided,
        area=area,
        sort=sort,
    )
