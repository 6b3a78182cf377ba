"""The migrations of the tests' own database in a fifth of their time: the same steps, with less beside them.

After each step Django renders every model anew that the changed one is tied to, and people tie nearly all.
For what a new table, an index or a constraint asks of the database the changed model alone will do. The outcome is held
against that of a site that is upgraded as sites are: tests/casework/test_upgrade.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from unittest.mock import patch

from django.db.migrations.state import ModelState, ProjectState


def _render(state: ProjectState, model: ModelState) -> None:
    if "apps" in state.__dict__:
        state.apps.unregister_model(model.app_label, model.name_lower)
        state.apps.render_multiple([model])


def _add_model(self: ProjectState, model_state: ModelState) -> None:
    key = model_state.app_label, model_state.name_lower
    self.models[key] = model_state
    if self._relations is not None:
        self.resolve_model_relations(key)
    _render(self, model_state)


def _append_option(self: ProjectState, app_label: str, model_name: str, option_name: str, obj: Any) -> None:
    model = self.models[app_label, model_name]
    model.options[option_name] = [*model.options[option_name], obj]
    _render(self, model)


def hasten() -> Callable[[], None]:
    """Let migrations render no more than they need; return what ends that."""
    changed = patch.multiple(ProjectState, add_model=_add_model, _append_option=_append_option)
    changed.start()
    return changed.stop
