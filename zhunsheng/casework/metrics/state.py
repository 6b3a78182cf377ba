"""The state of the site at the moment it is asked: queue, outbox, seals, cases, desk, disk, backups."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path

from django.db import connection
from prometheus_client.core import GaugeMetricFamily, Metric, SummaryMetricFamily

from zhunsheng.casework.backups import queries as backups
from zhunsheng.casework.bodies import walls
from zhunsheng.casework.cases.queries import open_and_late
from zhunsheng.casework.desk.queries import asked_and_late
from zhunsheng.casework.jobs import queries as jobs
from zhunsheng.casework.outbox import queries as outbox
from zhunsheng.casework.seals.queries import waiting
from zhunsheng.evidence import store
from zhunsheng.evidence.places import LogPlace
from zhunsheng.kernel.home import Home, home
from zhunsheng.kernel.time import now, now_seconds


class State:
    """A collector of Prometheus: asked anew at each scrape."""

    def collect(self) -> Iterator[Metric]:
        """Yield each figure."""
        site = home()
        with walls.within(walls.SITE):
            yield from _jobs()
            yield from _evidence()
            yield from _cases()
            yield from _desk()
        yield from _log(LogPlace(site.log))
        yield from _disk(site)
        yield from _upkeep(site)


def _one(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(f"zhunsheng_{name}", words, value=value)


def _by(name: str, words: str, label: str, values: dict[str, int]) -> Metric:
    found = GaugeMetricFamily(f"zhunsheng_{name}", words, labels=(label,))
    for key, value in values.items():
        found.add_metric((key,), value)
    return found


def _age(moment: datetime | None) -> float:
    return max(0.0, (now() - moment).total_seconds()) if moment else 0.0


def _jobs() -> Iterator[Metric]:
    yield _by("jobs", "Jobs by state", "state", jobs.states())
    yield _one("job_oldest_waiting_seconds", "Age of the oldest job that waits", _age(jobs.oldest_waiting()))
    family = SummaryMetricFamily("zhunsheng_jobs_done_seconds", "Time that jobs took, by kind", labels=("kind",))
    for kind, count, total in jobs.took():
        family.add_metric((kind,), count, total.total_seconds())
    yield family


def _evidence() -> Iterator[Metric]:
    count, oldest = waiting()
    yield _one("outbox_rows_waiting", "Rows of evidence that the log does not hold yet", count)
    yield _one("outbox_oldest_waiting_seconds", "Age of the oldest of them", _age(oldest))
    last = outbox.last_at()
    behind = max(0.0, (last - now()).total_seconds()) if last else 0.0
    yield _one("clock_behind_evidence_seconds", "By how much the clock stands before the last evidence", behind)
    failed = outbox.count("login.failed")
    yield _one("login_failures", "Logins that failed, since the site began", failed)


def _cases() -> Iterator[Metric]:
    opened, late = open_and_late(now().date())
    yield _one("cases_open", "Cases that are open", opened)
    yield _one("cases_late", "Open cases with a clock that has run out", late)


def _desk() -> Iterator[Metric]:
    rows = asked_and_late()
    yield _by("desk_asks", "Orders that the desk was asked about", "moment", {moment: asks for moment, asks, _ in rows})
    yield _by(
        "desk_late_rules", "Rules that came too late to judge", "moment", {moment: late for moment, _, late in rows}
    )


def _log(place: LogPlace) -> Iterator[Metric]:
    if not place.database.exists():
        return
    policy = place.policy()
    with closing(store.Log(place.database)) as log:
        sealed, seen = log.latest(sealed=True), log.witness_sizes()
        size = log.size
    yield _one("log_entries", "Entries of the evidence log", size)
    yield _one("log_unsealed_entries", "Entries that no quorum has cosigned yet", size - (sealed.size if sealed else 0))
    yield _one("log_witnesses", "Witnesses that the policy lists", len(policy.witnesses))
    yield _one(
        "log_last_head_witnesses", "Witnesses that cosigned the last sealed head", sealed.witnesses if sealed else 0
    )
    lag = {name: size - seen.get(name, 0) for name in policy.witnesses}
    yield _by("log_witness_lag_entries", "Entries that a witness has not seen", "witness", lag)


def _disk(site: Home) -> Iterator[Metric]:
    if connection.vendor == "sqlite":
        path = Path(str(connection.settings_dict["NAME"]))
        used = path.stat().st_size if path.exists() else 0
    else:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_database_size(current_database())")
            used = cursor.fetchone()[0]
    yield _one("database_bytes", "Size of the database", used)
    yield _one("disk_free_bytes", "Room on the disk of the site's folder", shutil.disk_usage(site.root).free)


def _upkeep(site: Home) -> Iterator[Metric]:
    for what in ("backup", "drill"):
        told = backups.last(site, what)
        age = max(0, now_seconds() - told["at"]) if told else -1
        yield _one(f"{what}_age_seconds", f"Age of the last {what}; -1 before the first", age)
    drill = backups.last(site, "drill")
    yield _one("drill_good", "Whether the last drill found all in place", int(bool(drill and drill["good"])))
