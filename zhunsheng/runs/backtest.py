# ruff: noqa: S608 - names in this SQL are those of our own tables and columns
"""A draft rule tried on the facts of a finished run: whom it would hit, with what amount, beside what is known already.

Nothing is published: the draft is judged apart, by the same patterns over the same facts, and only counted. Its
findings get the identities they would have in a run, so that they meet what people decided on them before.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Literal

import duckdb
import pyarrow as pa

from zhunsheng.book.models import Book, Rule
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.files import canonical, digest
from zhunsheng.kernel.time import OPEN_END
from zhunsheng.patterns.bind import bind
from zhunsheng.runs import serving

#: Findings that are listed one by one, dearest first; the counts cover all of them.
LISTED = 200


@dataclass(frozen=True, slots=True)
class Backtest:
    """What a draft finds. Amounts in fen; unknown ones are counted and add no amount.

    ``unjudged`` says why nothing was judged: the draft ``waits`` for facts or begins ``later`` than the day of the run;
    nothing found is no pass then. ``candidates`` counts over the whole site and is None where a part of it is in view.
    ``institutions`` and ``months`` hold findings, unknown and amount each; ``overlap`` the other rules that name rows
    at stake here; ``decided`` how many of the findings people have confirmed and overturned; ``changed`` how many are
    new, same and gone against the rule of the same id in that run, None where it has none.
    """

    rule_id: str
    name: str
    name_en: str
    rule_digest: str
    run_id: str
    as_of: str
    unjudged: Literal["", "waits", "later"]
    candidates: int | None
    verdicts: dict[str, int]
    amount_fen: int
    persons: int
    institutions: tuple[dict[str, Any], ...]
    months: tuple[dict[str, Any], ...]
    overlap: tuple[dict[str, Any], ...]
    decided: dict[str, int]
    changed: dict[str, int] | None
    findings: tuple[dict[str, Any], ...] = field(repr=False)

    def as_dict(self) -> dict[str, Any]:
        """Return the result as plain data."""
        return asdict(self)


def backtest(
    place: Path,
    manifest: Mapping[str, Any],
    book: Book,
    draft: Rule,
    *,
    decisions: Mapping[str, str] | None = None,
    institutions: Collection[str] | None = None,
) -> Backtest:
    """Judge the facts of a run by a draft alone. ``book`` holds its knowledge; ``institutions`` None means all.

    ``decisions`` names what people decided by finding: confirmed or overturned.
    Raises Problem ZS404, ZS406 or ZS407 when the draft cannot be bound, ZS410 when it cannot be reckoned with.
    """
    lacking = [name for name in draft.lists if name not in book.knowledge]
    if lacking:
        raise Problem("ZS404", file=draft.id, reference=lacking[0])
    source = digest(canonical(draft.model_dump(mode="json")))
    as_of = date.fromisoformat(manifest["as_of"])
    known = date.fromisoformat(manifest.get("knowledge_as_of") or OPEN_END.isoformat())
    alone = book.known_on(known).model_copy(update={"rules": {draft.id: draft}, "sources": {draft.id: source}})
    with serving.reopen(place) as con:
        con.execute(f"SET VARIABLE as_of = DATE '{as_of:%Y-%m-%d}'")
        _judge(con, alone.as_of(as_of), draft.id)
        _narrow(con, institutions)
        _decide(con, decisions or {})
        before = con.execute("SELECT COUNT(*) FROM facts.rule WHERE rule_id = ?", [draft.id]).fetchone()
        verdicts = dict.fromkeys(("violation", "suspected", "unknown"), 0)
        verdicts |= dict(con.execute("SELECT verdict, COUNT(*) FROM found GROUP BY verdict").fetchall())
        total = _rows(con, _TOTAL)[0]
        return Backtest(
            rule_id=draft.id,
            name=draft.name,
            name_en=draft.name_en,
            rule_digest=source,
            run_id=str(manifest["run_id"]),
            as_of=str(manifest["as_of"]),
            unjudged="waits" if draft.waits_for else "later" if draft.valid_from > as_of else "",
            candidates=int(total["candidates"]) if institutions is None else None,
            verdicts=verdicts,
            amount_fen=int(total["amount_fen"]),
            persons=int(total["persons"]),
            institutions=tuple(_rows(con, _INSTITUTIONS)),
            months=tuple(_rows(con, _MONTHS)),
            overlap=tuple(_rows(con, _OVERLAP)),
            decided=_rows(con, _DECIDED)[0],
            changed=_rows(con, _CHANGED)[0] if before and before[0] else None,
            findings=tuple(_rows(con, _LISTED)),
        )


def _judge(con: duckdb.DuckDBPyConnection, alone: Book, rule_id: str) -> None:
    """Make the finding tables of the draft, told apart from those of its forerunner in the run."""
    con.execute("CREATE TEMP TABLE previous_finding AS SELECT * FROM facts.finding WHERE rule_id = ?", [rule_id])
    try:
        serving.load_rules(con, alone)
        serving.judge(con, bind(alone), lambda *_: None)
        con.execute(serving.sql("assemble"))
    except (duckdb.Error, pa.ArrowException, ArithmeticError, IndexError) as error:
        raise Problem("ZS410", rule=rule_id, reason=str(error).splitlines()[0][:200]) from error


def _narrow(con: duckdb.DuckDBPyConnection, institutions: Collection[str] | None) -> None:
    """Leave the findings of some institutions, and of what they are compared with their own rows and findings."""
    within = ""
    if institutions is not None:
        con.register("allowed", pa.table({"institution_id": pa.array(sorted(institutions), pa.string())}))
        within = "WHERE institution_id IN (SELECT institution_id FROM allowed)"
    for view, table in _VIEWS.items():
        con.execute(f"CREATE TEMP VIEW {view} AS SELECT * FROM {table} {within}")


def _decide(con: duckdb.DuckDBPyConnection, decisions: Mapping[str, str]) -> None:
    columns = {
        "finding_id": pa.array(list(decisions), pa.string()),
        "outcome": pa.array(list(decisions.values()), pa.string()),
    }
    con.register("decision", pa.table(columns))


def _rows(con: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    cursor = con.execute(query)
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


#: What of the draft and of the run is compared, narrowed to the institutions in view.
_VIEWS = {
    "found": "finding",
    "lost": "gone_finding",
    "own_row": "finding_row",
    "known": "facts.finding",
}
_COUNTS = """
    COUNT(*) FILTER (WHERE verdict <> 'unknown') AS findings,
    COUNT(*) FILTER (WHERE verdict = 'unknown') AS unknown,
    CAST(COALESCE(SUM(amount_fen) FILTER (WHERE verdict <> 'unknown'), 0) AS BIGINT) AS amount_fen
"""
_TOTAL = f"""
SELECT {_COUNTS}, COUNT(DISTINCT person_id) AS persons,
    (SELECT COALESCE(SUM(candidates), 0) FROM candidate) AS candidates
FROM found
"""
_INSTITUTIONS = f"""
SELECT f.institution_id, ANY_VALUE(i.name) AS name, {_COUNTS}
FROM found AS f
LEFT JOIN institution AS i ON f.institution_id = i.institution_id
GROUP BY f.institution_id
ORDER BY findings DESC, unknown DESC, f.institution_id
"""
_MONTHS = f"SELECT month, {_COUNTS} FROM found GROUP BY month ORDER BY month"
_OVERLAP = """
WITH shared AS (
    SELECT DISTINCT other.rule_id, f.finding_id, f.verdict, mine.row_kind, mine.row_id, mine.amount_fen
    FROM found AS f
    INNER JOIN own_row AS mine ON f.finding_id = mine.finding_id AND mine.role = 'subject'
    INNER JOIN facts.finding_row AS theirs
        ON mine.row_kind = theirs.row_kind AND mine.row_id = theirs.row_id AND theirs.role = 'subject'
    INNER JOIN known AS other ON theirs.finding_id = other.finding_id AND other.rule_id <> f.rule_id
)

SELECT s.rule_id, ANY_VALUE(r.name) AS name, ANY_VALUE(r.name_en) AS name_en,
    COUNT(DISTINCT s.finding_id) AS findings,
    CAST(COALESCE(SUM(s.amount_fen) FILTER (WHERE s.verdict <> 'unknown'), 0) AS BIGINT) AS amount_fen
FROM shared AS s
LEFT JOIN facts.rule AS r ON s.rule_id = r.rule_id
GROUP BY s.rule_id
ORDER BY findings DESC, s.rule_id
"""
_DECIDED = """
SELECT
    COUNT(*) FILTER (WHERE d.outcome = 'confirmed') AS confirmed,
    COUNT(*) FILTER (WHERE d.outcome = 'overturned') AS overturned,
    COUNT(*) FILTER (WHERE d.outcome IS NULL) AS open
FROM found AS f
LEFT JOIN decision AS d ON f.finding_id = d.finding_id
"""
_CHANGED = """
SELECT
    COUNT(*) FILTER (WHERE state = 'new') AS new,
    COUNT(*) FILTER (WHERE state = 'same') AS same,
    (SELECT COUNT(*) FROM lost) AS gone
FROM found
"""
_LISTED = f"""
SELECT f.finding_id, f.verdict, f.state, f.institution_id, i.name AS institution, f.item_code, f.item_name,
    f.encounter_id, e.visit_type, f.month, CAST(f.service_date AS VARCHAR) AS service_date, f.amount_fen, d.outcome
FROM found AS f
LEFT JOIN encounter AS e ON f.encounter_id = e.encounter_id
LEFT JOIN institution AS i ON f.institution_id = i.institution_id
LEFT JOIN decision AS d ON f.finding_id = d.finding_id
ORDER BY f.amount_fen DESC, f.finding_id
LIMIT {LISTED}
"""
