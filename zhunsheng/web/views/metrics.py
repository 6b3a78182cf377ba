"""The figures of the site for Prometheus: for who holds the token, or without a token for this machine only."""

from __future__ import annotations

import hmac

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest

from zhunsheng.casework.metrics.state import State


@require_GET
def metrics(request: HttpRequest) -> HttpResponse:
    """Return what this process counted and how the site stands. Raises Http404 for everyone else."""
    if not _allowed(request):
        raise Http404
    now = CollectorRegistry()
    now.register(State())
    return HttpResponse(generate_latest(REGISTRY) + generate_latest(now), content_type=CONTENT_TYPE_LATEST)


def _allowed(request: HttpRequest) -> bool:
    """A proxy in front makes each caller look like this machine: then only the token tells."""
    if settings.METRICS_TOKEN:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return hmac.compare_digest(given.encode(), settings.METRICS_TOKEN.encode())
    local = request.META.get("REMOTE_ADDR") in ("127.0.0.1", "::1")
    return local and not settings.BEHIND_PROXY and "X-Forwarded-For" not in request.headers
