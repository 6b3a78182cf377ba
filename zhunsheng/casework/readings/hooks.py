"""Who hears of each stored batch. A listener that fails is told of in the log and holds nobody up."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from zhunsheng.casework.logs import logger
from zhunsheng.telemetry.wire import Reading

Listener = Callable[[Sequence[Reading]], object]
_LISTENERS: list[Listener] = []


def after_insert(listener: Listener) -> None:
    """Name a function that hears the readings of each batch, new ones only, in the process that stored them.

    It hears after the commit. A process may be killed in between: ``queries.arrived`` gives what was stored after a
    number, so that a listener makes good at its start.
    """
    _LISTENERS.append(listener)


def tell(readings: Sequence[Reading]) -> None:
    """Tell the listeners."""
    log = logger("readings")
    for listener in _LISTENERS:
        try:
            listener(readings)
        except Exception as error:  # what is stored is stored, whoever listens
            log.error("listener failed", exc_info=error)  # noqa: TRY400
