"""States of a job, the moves between them and who owns each."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class JobState(models.TextChoices):
    """Where a job stands."""

    QUEUED = "queued", _("等候")
    RUNNING = "running", _("进行中")
    DONE = "done", _("完成")
    FAILED = "failed", _("失败")


#: From a state to those that may follow. RUNNING to QUEUED: the worker died and its lease ran out.
MOVES: dict[JobState, frozenset[JobState]] = {
    JobState.QUEUED: frozenset({JobState.RUNNING}),
    JobState.RUNNING: frozenset({JobState.DONE, JobState.FAILED, JobState.QUEUED}),
    JobState.DONE: frozenset(),
    JobState.FAILED: frozenset(),
}
OWNERS: dict[JobState, str] = {
    JobState.QUEUED: "worker",
    JobState.RUNNING: "worker",
    JobState.DONE: "requester",
    JobState.FAILED: "requester",
}
