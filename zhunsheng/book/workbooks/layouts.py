"""Layouts of published workbooks, as data: headings, columns, words, phrases; see ``knowledge/layouts.yaml``."""

from __future__ import annotations

import re
import unicodedata
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import Field, ValidationError

from zhunsheng.book.entry import Entry
from zhunsheng.kernel.errors import Problem


class Phrase(Entry):
    """A phrase of prose: a regular expression whose groups bear the names of columns."""

    text: str
    also: dict[str, str] = Field(default_factory=dict)
    confirm: bool = False


class Prose(Entry):
    """A heading whose text is read by phrases, and what becomes of text that no phrase knows."""

    source: str = Field(alias="from")
    phrases: tuple[str, ...]
    rest: Literal["wait", "keep"]
    over: bool = False


class Layout(Entry):
    """One published layout. ``sheets`` holds the headings of one sheet, or of the speaking sheet and that of codes."""

    list: str
    batch: str
    sheets: tuple[tuple[str, ...], ...] = Field(min_length=1, max_length=2)
    columns: dict[str, str]
    optional: tuple[str, ...] = ()
    values: dict[str, dict[str, str]] = Field(default_factory=dict)
    where: dict[str, str] = Field(default_factory=dict)
    prose: tuple[Prose, ...] = ()
    defaults: dict[str, str] = Field(default_factory=dict)
    confirm_without: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()

    @property
    def join(self) -> str:
        """The heading by which the sheet of codes finds the speaking sheet."""
        return self.columns["item_name"]

    @property
    def coded(self) -> bool:
        """Whether the national codes stand in a sheet of their own."""
        return len(self.sheets) == 2

    def needed(self, part: int) -> tuple[str, ...]:
        """The headings that a sheet of this part cannot do without."""
        return tuple(heading for heading in self.sheets[part] if heading not in self.optional)


class Layouts(Entry):
    """All layouts, with the headings that mean the same and the phrases."""

    same: tuple[tuple[str, ...], ...]
    phrases: dict[str, Phrase]
    layouts: tuple[Layout, ...]

    @cached_property
    def _canonical(self) -> dict[str, str]:
        return {fold(word): fold(words[0]) for words in self.same for word in words}

    def heading(self, text: str) -> str:
        """Return the one spelling of a heading: NFKC without spaces, then the first of those that mean the same."""
        folded = fold(text)
        return self._canonical.get(folded, folded)


@lru_cache(maxsize=8192)
def fold(text: str) -> str:
    """Return text in NFKC, without spaces, in lower case: for comparing, never for keeping."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).casefold()


def read_layouts(rulebook: Path) -> Layouts:
    """Return the layouts of a rule book. Raises Problem ZS401 (unreadable) or ZS402 (content wrong)."""
    path = rulebook / "knowledge" / "layouts.yaml"
    try:
        return _parsed(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise Problem("ZS401", file=path.name, reason=error) from error
    except ValidationError as error:
        first = error.errors()[0]
        raise Problem("ZS402", file=path.name, where=".".join(map(str, first["loc"])), reason=first["msg"]) from error


@lru_cache(maxsize=4)
def _parsed(text: str) -> Layouts:
    return Layouts.model_validate(yaml.safe_load(text))
