"""The process of the live watch: one for a site. It follows the store of readings by the numbers of their arrival."""

from __future__ import annotations

import os
import threading
from datetime import timedelta

import django

from zhunsheng.kernel.ending import ending

#: Seconds between two looks at the store while nothing comes: a part of the second within which an alarm is told.
PAUSE = 0.1
#: Readings of one look.
MOST = 2000
#: Trips that ended within so many days are judged anew at the start: of readings that came while nobody watched
#: nothing else tells. A judgement that says the same adds nothing, and one over the same readings calls none late.
BACK = 7


def work() -> None:
    """Watch until SIGTERM or SIGINT, or until the site that started this process is gone."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "zhunsheng.config.settings")
    django.setup()
    from zhunsheng.casework.metrics.process import listen

    stop, parent = ending(), os.getppid()
    listen("watch")
    Follower().run(stop, parent)


class Follower:
    """Follows what is stored from the number on at which it began; what came before is replayed per trip."""

    def __init__(self) -> None:
        from zhunsheng.casework.logs import logger
        from zhunsheng.casework.readings import queries
        from zhunsheng.casework.trips import actions
        from zhunsheng.casework.trips import queries as trips
        from zhunsheng.casework.trips.watching import Watching
        from zhunsheng.kernel.time import now

        self.after = queries.last_number()
        actions.mark_stale(trips.ended_since(now() - timedelta(days=BACK)))
        self.watching = Watching()
        self.log = logger("watch")

    def run(self, stop: threading.Event, parent: int) -> None:
        """Look, hear, and pause where nothing came. What fails is told in the log and tried again.

        A look that fails is no turn: a watch that goes on failing does not count as well.
        """
        from django.db import close_old_connections

        from zhunsheng.casework.metrics.process import turned

        self.log.info("watch started", after=self.after)
        while not stop.is_set() and os.getppid() == parent:
            close_old_connections()
            try:
                heard = self.step()
                turned()
            except Exception as error:  # a store that is locked for a moment stops no watch
                self.log.error("watch stumbled", exc_info=error)  # noqa: TRY400
                heard = 0
            if heard < MOST:
                stop.wait(PAUSE)

    def step(self) -> int:
        """Take what came since the last look; return how many readings."""
        from zhunsheng.casework.readings.following import heard
        from zhunsheng.kernel.time import now

        last, batch = heard(self.after, MOST)
        if batch:
            self.watching.hear(batch, now())
            self.after = last  # only now: what failed half-way is heard again, and every deed bears that
        self.watching.turn(now())
        return len(batch)
