"""Days and moments as worked examples write them."""

from __future__ import annotations

from datetime import date, datetime

from zhunsheng.kernel.time import SHANGHAI, epoch_seconds, parse_date


def when(text: str) -> tuple[date, int | None]:
    """Return day and, where the text states a time, the moment in epoch seconds."""
    if len(text) <= 10:
        return parse_date(text), None
    found = datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=SHANGHAI)
    return found.date(), epoch_seconds(found)
