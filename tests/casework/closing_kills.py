"""A site whose closing of days is killed at every step: ``closing_kills.py SEED`` prints ``sound`` or what is wrong.

Each deed is a process of its own, forked, so that a kill is a kill.
"""

import os
import random
import signal
import sys
from collections import Counter
from datetime import timedelta

LOT = 60
STEPS = ("_mark", "_write", "record_closed", "_clear")
KILLS = [(step, when, at) for step in STEPS for when, at in (("before", 1), ("after", 1), ("before", 2))]


def lot(number):
    from tests.casework.reading import NOON, message, said

    numbers = range(number * LOT, (number + 1) * LOT)
    return message(*(said(n, at=NOON - timedelta(days=30) + timedelta(hours=n % 72, seconds=n)) for n in numbers))


def fill(number):
    """Take a lot of readings, and two earlier ones again."""
    from zhunsheng.casework.readings import actions

    for again in {0, number // 2, number}:
        actions.take([lot(again)])


def close(step, when, at):
    """Close days, killed before or after the at-th call of a step."""
    from zhunsheng.casework.outbox.actions import Process
    from zhunsheng.casework.readings import closing

    real, calls = getattr(closing, step), []

    def killing(*arguments, **named):
        calls.append(1)
        if when == "before" and len(calls) == at:
            os.kill(os.getpid(), signal.SIGKILL)
        told = real(*arguments, **named)
        if when == "after" and len(calls) == at:
            os.kill(os.getpid(), signal.SIGKILL)
        return told

    closing.PORTION = 40
    setattr(closing, step, killing)
    closing.close_days(Process("test"))


def forked(do, *arguments):
    """Do something in a process of its own; return the signal that ended it, 0 for none."""
    child = os.fork()
    if child == 0:
        do(*arguments)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    if status and not os.WIFSIGNALED(status):
        sys.exit(f"{do.__name__} {arguments} failed")
    return os.WTERMSIG(status) if status else 0


def faults(lots):
    """Return what differs from every reading being in one closed file, once."""
    from tests.casework.reading import NOON, ORG
    from zhunsheng.casework.outbox.actions import Process
    from zhunsheng.casework.outbox.models import EvidenceOutbox
    from zhunsheng.casework.readings import closed, closing, queries
    from zhunsheng.casework.readings.models import ClosedFile, HotRow

    bounds = (ORG, "L-07", NOON - timedelta(days=60), NOON)
    expected = set(range(lots * LOT))
    for _ in range(2):  # with the last lot still open, and with all closed
        counts = Counter(queries.of_any_device(*bounds)["seq"].to_pylist())
        if counts != Counter(expected):
            yield f"lost {sorted(expected - set(counts))[:5]}, doubled {[n for n, c in counts.items() if c > 1][:5]}"
        closing.close_days(Process("test"))
    if HotRow.objects.exists():
        yield "rows are left open"
    if EvidenceOutbox.objects.filter(kind="readings.closed").count() != ClosedFile.objects.count():
        yield "files and evidence differ"
    if sum(ClosedFile.objects.values_list("rows", flat=True)) != len(expected):
        yield "files hold another number of rows"
    yield from (f"{name}: {wrong}" for name, wrong in closed.verify() if wrong)


def main():
    os.environ["DJANGO_SETTINGS_MODULE"] = "zhunsheng.config.settings"
    from django.db import connections

    from tests.migrating import hasten
    from zhunsheng.casework.readings import registry
    from zhunsheng.cli.site import ready

    hasten()  # on PostgreSQL nothing lays its tables for it
    ready()
    connections.close_all()
    registry.known = lambda _org, _device: True
    kills = random.Random(int(sys.argv[1])).sample(KILLS, len(KILLS))
    forked(fill, 0)
    killed = 0
    for number, kill in enumerate(kills, 1):
        killed += forked(close, *kill) == signal.SIGKILL
        forked(fill, number)
    told = list(faults(len(kills) + 1))
    sys.stdout.write("; ".join(told) or f"sound after {killed} kills")


if __name__ == "__main__":
    main()
