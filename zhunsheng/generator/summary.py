"""What a generation made, in counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from zhunsheng.generator.plants.rows import KeyRow


@dataclass
class Summary:
    """Counts of a generation. ``files`` maps each file to its rows without header; broken rows are counted apart."""

    seed: int
    months: list[str] = field(default_factory=list)
    files: dict[str, int] = field(default_factory=dict)
    kinds: dict[str, int] = field(default_factory=dict)
    persons: int = 0
    encounters: dict[str, int] = field(default_factory=dict)
    lines: int = 0
    refunds: int = 0
    amount_fen: int = 0
    plants: dict[str, dict[str, int]] = field(default_factory=dict)
    plants_by_author: dict[str, int] = field(default_factory=dict)
    not_planted: list[str] = field(default_factory=list)
    broken_rows: int = 0

    def as_dict(self) -> dict[str, Any]:
        """Return the summary as plain data, files and kinds by name."""
        names = ("files", "kinds", "encounters")
        return asdict(self) | {name: dict(sorted(getattr(self, name).items())) for name in names}

    def delivered(self, file: str, kind: str, rows: int) -> None:
        """Count a file."""
        self.files[file] = self.files.get(file, 0) + rows
        self.kinds[kind] = self.kinds.get(kind, 0) + rows

    def planted(self, rows: Iterable[KeyRow]) -> None:
        """Count the rows of the answer key."""
        for row in rows:
            by_kind = self.plants.setdefault(row.rule, {})
            by_kind[row.kind] = by_kind.get(row.kind, 0) + 1
            name = f"{row.kind}/{row.author}"
            self.plants_by_author[name] = self.plants_by_author.get(name, 0) + 1

    def met(self, names: Iterable[str]) -> None:
        """Count encounters by kind of visit."""
        for name, count in Counter(names).items():
            self.encounters[name] = self.encounters.get(name, 0) + count
