"""The health page: for people who look after the site and for their tools. It holds no fact."""

from __future__ import annotations

from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_GET
from duckdb import Error as DuckError

from zhunsheng import __version__
from zhunsheng.casework.backups.queries import last
from zhunsheng.casework.bodies import lake
from zhunsheng.casework.jobs.queries import worker_alive
from zhunsheng.casework.seals.queries import state as log_state
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.home import home
from zhunsheng.kernel.time import at


@require_GET
def health(request: HttpRequest) -> JsonResponse:  # noqa: ARG001
    """Say what works: 200 when pages can be served, 503 when the database or the run cannot be read."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        parts = {"database": "ok", "worker": "ok" if worker_alive() else "absent"}
    except DatabaseError:
        parts = {"database": "failing", "worker": "unknown"}
    parts["run"] = _run()
    parts["log"] = log_state() if parts["database"] == "ok" else "unknown"
    kept = {what: last(home(), what) for what in ("backup", "drill")}
    parts |= {what: at(told["at"]).isoformat() if told else "none" for what, told in kept.items()}
    if kept["drill"] is not None:
        parts["drill_result"] = "ok" if kept["drill"]["good"] else "failing"
    good = parts["database"] == "ok" and parts["run"] != "failing"
    return JsonResponse(
        {"status": "ok" if good else "failing", **parts, "version": __version__}, status=200 if good else 503
    )


def _run() -> str:
    """Return the id of the run that pages read, ``none`` before the first, ``failing`` when it cannot be read."""
    try:
        file = lake.current_run()
        if file is None:
            return "none"
        with file.reader(frozenset()) as reader:
            reader.one("SELECT COUNT(*) AS rows FROM finding")
    except (Problem, DuckError, OSError):
        return "failing"
    return file.path.parent.name
