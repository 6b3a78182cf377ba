"""States of an import, the moves between them and who owns each."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class ImportState(models.TextChoices):
    """Where an import stands."""

    CHECKING = "checking", _("试读中")
    CHECKED = "checked", _("待确认")
    LOADING = "loading", _("入库中")
    LOADED = "loaded", _("已入库")
    FAILED = "failed", _("未完成")
    DISCARDED = "discarded", _("已放弃")


MOVES: dict[ImportState, frozenset[ImportState]] = {
    ImportState.CHECKING: frozenset({ImportState.CHECKED, ImportState.FAILED}),
    ImportState.CHECKED: frozenset({ImportState.LOADING, ImportState.DISCARDED}),
    ImportState.LOADING: frozenset({ImportState.LOADED, ImportState.FAILED}),
    ImportState.LOADED: frozenset(),
    ImportState.FAILED: frozenset({ImportState.DISCARDED}),
    ImportState.DISCARDED: frozenset(),
}
OWNERS: dict[ImportState, str] = {
    ImportState.CHECKING: "worker",
    ImportState.CHECKED: "importer",
    ImportState.LOADING: "worker",
    ImportState.LOADED: "importer",
    ImportState.FAILED: "importer",
    ImportState.DISCARDED: "importer",
}
