"""Small data tables of the generator: invented names, ordinary items, common conditions. Written for it, not copied."""

from __future__ import annotations

import csv
from functools import cache
from importlib import resources


@cache
def rows(name: str) -> tuple[dict[str, str], ...]:
    """Return the rows of ``data/<name>.csv`` as dictionaries, in file order."""
    text = resources.files("zhunsheng.generator").joinpath("data", f"{name}.csv").read_text("utf-8")
    return tuple(csv.DictReader(text.splitlines()))


@cache
def headers(kind: str) -> dict[str, str]:
    """Return national column names of a file kind with the Chinese name of each, in file order."""
    return {row["national"]: row["chinese"] for row in rows("headers") if row["kind"] == kind}
