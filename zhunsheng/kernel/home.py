"""Where a site keeps its files: one folder, ``ZHUNSHENG_HOME`` (default ``var`` beside the working copy)."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

#: The working copy: rule book, documents, tests.
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Home:
    """Paths below the site's folder. Building one touches nothing."""

    root: Path

    @property
    def lake(self) -> Path:
        """Delta tables and snapshots."""
        return self.root / "lake"

    @property
    def runs(self) -> Path:
        """One folder per run, and the pointer to the current one."""
        return self.root / "runs"

    @property
    def inbox(self) -> Path:
        """Uploaded files as received, by digest."""
        return self.root / "inbox"

    @property
    def attachments(self) -> Path:
        """Files of cases, by digest."""
        return self.root / "attachments"

    @property
    def documents(self) -> Path:
        """Issued documents as pdf and docx, by digest."""
        return self.root / "documents"

    @property
    def reports(self) -> Path:
        """Reject reports, one pair (xlsx, json) per import."""
        return self.root / "reports"

    @property
    def book(self) -> Path:
        """Knowledge that the site imported itself."""
        return self.root / "book"

    @property
    def books(self) -> Path:
        """Every rule book that a run was judged by, one file by its digest."""
        return self.root / "books"

    @property
    def linted(self) -> Path:
        """What the examples of the present rule book say, kept by digest."""
        return self.root / "linted.json"

    @property
    def log(self) -> Path:
        """The evidence log: its database, keys, policy and tiles."""
        return self.root / "log"

    @property
    def witnesses(self) -> Path:
        """Witnesses that a demo runs beside its log, one folder each; on a site each body keeps its own elsewhere."""
        return self.root / "witnesses"

    @property
    def upkeep(self) -> Path:
        """What the site knows of its own backups and drills."""
        return self.root / "upkeep"

    @property
    def key(self) -> Path:
        """The pseudonym key."""
        return self.root / "secret" / "pseudonym.key"


def home() -> Home:
    """Return the site's folder as the environment names it."""
    return Home(Path(os.environ.get("ZHUNSHENG_HOME", ROOT / "var")).resolve())


def rulebook() -> Path:
    """Return the rule book's folder as the environment names it."""
    return Path(os.environ.get("ZHUNSHENG_RULEBOOK", ROOT / "rulebook")).resolve()
