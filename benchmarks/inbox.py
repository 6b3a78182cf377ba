"""The inbox of one person over many cases: statements and milliseconds. ``python -m benchmarks.inbox [cases]``.

Works on a site of its own below a folder that is removed afterwards; DATABASE_URL puts it on PostgreSQL.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from datetime import timedelta
from time import perf_counter
from unittest.mock import patch


def main(count: int) -> None:
    """Fill a site, then read inboxes and take the daily pass; print a line for each."""
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "zhunsheng.config.settings"
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    from tests.casework import walking
    from zhunsheng.casework.cases import library, notices
    from zhunsheng.kernel.time import now

    people = walking.staff()
    with patch.object(walking, "DAY", now().date()):
        cases = [walking.opened(library.cycle(name), people) for name in ("clue", "fund_case", "rectification")]
    _fill(cases, count)
    for login in ("one", "two", "office"):
        _read(people[login], login)
    for said in ("first", "again"):
        began = perf_counter()
        told = notices.remind(now().date())
        print(f"reminders, {said} pass: {told:,} cases, {perf_counter() - began:.1f} s")


def _fill(cases: list, count: int) -> None:
    """Clones of real cases under numbers of their own, their days spread over a year, one in forty still open."""
    from zhunsheng.casework.cases.models import Case

    made = []
    for number in range(count):
        like = cases[number % len(cases)]
        due = like.opened_at.date() + timedelta(days=number % 365 - 30)
        closed = like.opened_at if number % 40 else None
        states = {field.attname: getattr(like, field.attname) for field in Case._meta.concrete_fields}
        kept = [{**one, "due_on": str(due)} for one in like.clocks]
        changed = {"id": None, "number": f"N{number:06d}", "due_on": due, "closed_at": closed, "clocks": kept}
        made.append(Case(**{**states, **changed}))
    Case.objects.bulk_create(made, batch_size=2000)


def _read(user: object, login: str) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from zhunsheng.casework.bodies.scope import scope
    from zhunsheng.casework.inbox import queries
    from zhunsheng.kernel.time import now

    times = []
    for _ in range(20):
        with CaptureQueriesContext(connection) as seen:
            began = perf_counter()
            found = queries.waiting_for(scope(user), user, now().date())
            shown = len(found.tasks(0, 50))
            times.append((perf_counter() - began) * 1000)
    middle, most = sorted(times)[10], max(times)
    print(f"{login}: {found.total:,} asked, {shown} shown, {len(seen)} statements, {middle:.0f} ms (most {most:.0f})")


if __name__ == "__main__":
    folder = tempfile.mkdtemp()
    os.environ["ZHUNSHENG_HOME"] = folder
    try:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
    finally:
        shutil.rmtree(folder)
