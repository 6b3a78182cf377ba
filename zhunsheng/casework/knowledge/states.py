"""States of an upload of workbooks, the moves between them and who owns each."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class UploadState(models.TextChoices):
    """Where an upload stands. A dry run is made at once, so none waits for it."""

    CHECKED = "checked", _("待确认")
    LOADED = "loaded", _("已入规则库")
    DISCARDED = "discarded", _("已放弃")


MOVES: dict[UploadState, frozenset[UploadState]] = {
    UploadState.CHECKED: frozenset({UploadState.LOADED, UploadState.DISCARDED}),
    UploadState.LOADED: frozenset(),
    UploadState.DISCARDED: frozenset(),
}
OWNERS: dict[UploadState, str] = {
    UploadState.CHECKED: "analyst",
    UploadState.LOADED: "analyst",
    UploadState.DISCARDED: "analyst",
}
