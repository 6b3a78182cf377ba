"""Reads of runs: manifests from the site's folder, beside who had each made."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zhunsheng import runs
from zhunsheng.book import kept
from zhunsheng.casework.bodies import lake
from zhunsheng.casework.bodies.scope import Scope
from zhunsheng.casework.judgements.models import RunRecord
from zhunsheng.kernel.files import canonical, digest
from zhunsheng.kernel.home import home
from zhunsheng.runs import store
from zhunsheng.runs.compare import Comparison, Side, compare, side


@dataclass(frozen=True, slots=True)
class RunView:
    """A run for a page. ``counts`` is None for a reader who does not see the whole site."""

    manifest: dict[str, Any]
    digest: str
    record: RunRecord | None
    current: bool
    counts: dict[str, int] | None

    @property
    def run_id(self) -> str:
        """Identity of the run."""
        return str(self.manifest["run_id"])


def all_runs(scope: Scope) -> list[RunView]:
    """Return the runs of the site, newest first."""
    current = lake.current_file()
    current_id = current.parent.name if current else None
    records = {record.run_id: record for record in RunRecord.objects.select_related("started_by")}
    return [
        RunView(
            manifest=one,
            digest=digest(canonical(one)),
            record=records.get(one["run_id"]),
            current=one["run_id"] == current_id,
            counts=one.get("counts") if scope.whole else None,
        )
        for one in runs.manifests(home())
    ]


def one_run(scope: Scope, run_id: str) -> RunView | None:
    """Return a run by its id, or None."""
    return next((view for view in all_runs(scope) if view.run_id == run_id), None)


def is_recorded(run_id: str) -> bool:
    """Whether the site knows who had a run made."""
    return RunRecord.objects.filter(run_id=run_id).exists()


def rule_counts(scope: Scope, run_id: str) -> list[dict[str, Any]] | None:
    """Return new, same and gone findings per rule within the scope, or None when the run's file was removed."""
    path = home().runs / run_id / "serving.duckdb"
    if not path.exists():
        return None
    with scope.reading(lake.open_run(path)) as reader:
        return reader.rows(RULE_COUNTS)


def kept_runs() -> list[dict[str, Any]]:
    """Return the manifests of the runs whose findings can still be read, newest first."""
    return [one for one, _ in recent_runs(store.KEEP)]


def comparison(scope: Scope, before: str, after: str, limit: int) -> Comparison:
    """Compare what a reader may see of two runs. Raises Problem ZS501, ZS505, ZS509 or ZS716."""
    return compare(_side(scope, before), _side(scope, after), limit)


def _side(scope: Scope, run_id: str) -> Side:
    manifest = runs.manifest(home(), run_id)
    with scope.reading(lake.open_run(store.serving(home(), run_id))) as reader:
        return side(manifest, kept(home().books, manifest["book_digest"]), reader.table)


RULE_COUNTS = """
SELECT r.rule_id, r.name, r.name_en, r.version, r.digest,
    COUNT(f.finding_id) FILTER (WHERE f.state = 'new') AS new,
    COUNT(f.finding_id) FILTER (WHERE f.state = 'same') AS same,
    COUNT(f.finding_id) FILTER (WHERE f.state = 'gone') AS gone,
    COUNT(f.finding_id) FILTER (WHERE f.state <> 'gone' AND f.verdict = 'unknown') AS unknown
FROM rule r
LEFT JOIN (
    SELECT finding_id, rule_id, state, verdict FROM finding
    UNION ALL
    SELECT finding_id, rule_id, 'gone' AS state, verdict FROM gone_finding
) f ON f.rule_id = r.rule_id
GROUP BY ALL
ORDER BY new + same DESC, r.rule_id
"""


def recent_runs(limit: int) -> list[tuple[dict[str, Any], Path]]:
    """Return manifest and serving file of the newest runs whose files are kept, newest first."""
    site = home()
    found = [(one, site.runs / one["run_id"] / "serving.duckdb") for one in runs.manifests(site)]
    return [(one, path) for one, path in found if path.exists()][:limit]
