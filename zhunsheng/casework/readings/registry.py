"""Whom readings are taken from: asked through the function that READINGS_REGISTRY of the settings names."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache
from pathlib import Path

from django.conf import settings
from django.utils.module_loading import import_string

from zhunsheng.kernel.home import home


def known(institution_id: str, device: str) -> bool:
    """Whether a device is registered for an institution or vendor."""
    return _registry(settings.READINGS_REGISTRY)(institution_id, device)


@cache
def _registry(name: str) -> Callable[[str, str], bool]:
    found: Callable[[str, str], bool] = import_string(name)
    return found


def listed(institution_id: str, device: str) -> bool:
    """Whether a device stands in ``telemetry/devices.txt`` of the site, one ``organisation/device`` a line."""
    path = home().root / "telemetry" / "devices.txt"
    return path.exists() and f"{institution_id}/{device}" in _lines(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=2)
def _lines(path: Path, _changed: int) -> frozenset[str]:
    return frozenset(line.strip() for line in path.read_text("utf-8").splitlines())
