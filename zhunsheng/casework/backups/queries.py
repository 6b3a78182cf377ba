"""What a site knows of its own backups: the last one and the last drill, in small files beside the database.

They are not rows of the database, since a restore would bring back what was known then.
"""

from __future__ import annotations

import json
from typing import Any

from zhunsheng.kernel.files import canonical, write_whole
from zhunsheng.kernel.home import Home


def remember(site: Home, what: str, told: dict[str, Any]) -> None:
    """Keep what became of the last backup or drill."""
    write_whole(site.upkeep / f"{what}.json", canonical(told))


def last(site: Home, what: str) -> dict[str, Any] | None:
    """Return what is known of the last ``backup`` or ``drill``, or None before the first."""
    try:
        found: dict[str, Any] = json.loads((site.upkeep / f"{what}.json").read_bytes())
    except (OSError, ValueError):
        return None
    return found
