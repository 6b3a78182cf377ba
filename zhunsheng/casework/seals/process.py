"""The sequencer process: one for a site. It carries evidence into the log, has heads signed and cosigned."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

import django

from zhunsheng.evidence.note import load_skey
from zhunsheng.evidence.places import LogPlace
from zhunsheng.kernel.ending import ending
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.home import home
from zhunsheng.kernel.ids import site_key

#: Seconds after which a log that may not go on is asked again: a witness may have been away.
PAUSE = 5.0


def work() -> None:
    """Carry until SIGTERM or SIGINT, or until the site that started this process is gone."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "zhunsheng.config.settings")
    django.setup()
    from zhunsheng.casework.logs import logger
    from zhunsheng.casework.metrics.process import listen

    asked, parent = ending(), os.getppid()
    log = logger("sequencer")
    listen("sequencer")

    def stop() -> bool:
        return asked.is_set() or os.getppid() != parent

    while not stop():
        try:
            _carry(LogPlace(home().log), stop)
        except Problem as problem:
            log.error("log stands still", code=problem.code)  # noqa: TRY400 - a Problem says all in its code
            _wait(stop)


def _carry(place: LogPlace, stop: Callable[[], bool]) -> None:
    from zhunsheng.casework.seals.actions import carry

    operator = load_skey(place.operator).verifier.name
    with place.sequencer() as sequencer:
        carry(sequencer, operator, site_key(home().key), stop)


def _wait(stop: Callable[[], bool]) -> None:
    until = time.monotonic() + PAUSE
    while not stop() and time.monotonic() < until:
        time.sleep(0.2)
