"""Which reports fall due how often, and the indicators that they print, as the rule book holds them now."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from zhunsheng.book.indicators import Indicator
from zhunsheng.book.load import load_indicators
from zhunsheng.book.oversight import Report, Reports, load_reports
from zhunsheng.kernel.home import rulebook


def reports() -> Reports:
    """Return the periodic reports. Raises Problem ZS401, ZS840."""
    return load_reports(rulebook())


def report(cycle: str) -> Report:
    """Return the report that a life-cycle follows. Raises Problem ZS841."""
    return reports().report(cycle)


def indicators() -> dict[str, Indicator]:
    """Return the indicators of vendors by id, read again when a file of them changed."""
    folder = rulebook() / "indicators" / "vendors"
    stamp = tuple((path.name, path.stat().st_mtime_ns) for path in sorted(folder.glob("*.yaml")))
    return _read(rulebook(), stamp)


@lru_cache(maxsize=4)
def _read(folder: Path, _stamp: tuple[tuple[str, int], ...]) -> dict[str, Indicator]:
    return {key: one for key, one in load_indicators(folder, "vendors").items() if one.subject == "vendor"}
