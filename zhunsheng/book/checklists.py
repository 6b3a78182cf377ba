"""The check-list of an inspection on site: kinds of problems by article, and items by clinical field.

Source: national lists of typical problems (2024, 2025, 2026), in own words and in excerpt; ``certainty`` says how
surely an entry stands in them, ``mapped`` how surely a kind belongs to its article.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import yaml
from pydantic import Field, ValidationError, model_validator

from zhunsheng.book.cycles import Certainty, Name
from zhunsheng.book.entry import Entry
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.files import check_yaml, from_yaml


class ProblemKind(Entry):
    """A kind of problem, and the article (instrument/article/item) under which it falls."""

    id: str = Name
    zh: str
    en: str
    article: str = Field(pattern=r"^[a-z0-9-]+/[0-9]+(/[0-9]+)?$")
    certainty: Certainty
    mapped: Certainty


class CheckItem(Entry):
    """What is looked at on site: a clinical field, a kind of problem, and what it looks like."""

    id: str = Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")
    field: str
    field_en: str
    kind: str
    zh: str
    en: str
    certainty: Certainty


class CheckList(Entry):
    """Kinds and items; every item is of a kind that the list holds, every id stands once."""

    kinds: tuple[ProblemKind, ...]
    items: tuple[CheckItem, ...]

    @model_validator(mode="after")
    def _holds_together(self) -> CheckList:
        kinds = [one.id for one in self.kinds]
        strangers = sorted({one.kind for one in self.items} - set(kinds))
        ids = [*kinds, *(one.id for one in self.items)]
        if strangers or len(set(ids)) < len(ids):
            raise ValueError(f"kinds that are not listed: {strangers}, or an id that stands twice")
        return self


def load_checklist(folder: Path) -> CheckList:
    """Return the check-list of a rule book. Raises Problem ZS401 for a file that cannot be read or says nonsense."""
    path = folder / "checklists" / "problems.yaml"
    try:
        return _read(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, ValidationError) as error:
        raise Problem("ZS401", file=path.name, reason=error) from error


@lru_cache(maxsize=4)
def _read(text: str) -> CheckList:
    return CheckList.model_validate(from_yaml(check_yaml(text)))
