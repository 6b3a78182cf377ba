"""The health page: for people who look after the site and for their tools. It holds no fact."""

from __future__ import annotations

from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_GET

from zhunsheng import __version__
from zhunsheng.casework.bodies import lake
from zhunsheng.casework.jobs.queries import worker_alive


@require_GET
def health(request: HttpRequest) -> JsonResponse:  # noqa: ARG001
    """Say what works: 200 when pages can be served, 503 when the database cannot be read."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        parts = {"database": "ok", "worker": "ok" if worker_alive() else "absent"}
    except DatabaseError:
        parts = {"database": "failing", "worker": "unknown"}
    path = lake.current_file()
    parts["run"] = path.parent.name if path else "none"
    good = parts["database"] == "ok"
    return JsonResponse(
        {"status": "ok" if good else "failing", **parts, "version": __version__}, status=200 if good else 503
    )
