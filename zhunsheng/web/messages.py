"""Collects every text that pages translate, from templates and code, so that none lacks its English."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from django.utils.translation import trim_whitespace

from zhunsheng.kernel.home import ROOT

FOLDERS = (ROOT / "zhunsheng" / "web", ROOT / "zhunsheng" / "casework")
CALLS = {"_", "gettext", "gettext_lazy"}
TAG = re.compile(r"""\{%\s*translate\s+(["'])(.+?)\1""")
BLOCK = re.compile(r"\{%\s*blocktranslate\b([^%]*)%\}(.*?)\{%\s*endblocktranslate\s*%\}", re.S)
WORD = re.compile(r"""\b_\((["'])(.+?)\1\)""")
NAME = re.compile(r"\{\{\s*(\w+)\s*\}\}")


def texts() -> dict[str, list[str]]:
    """Return each text with the files that hold it, in order of first appearance."""
    found: dict[str, list[str]] = {}
    for folder in FOLDERS:
        for path in sorted(folder.rglob("*")):
            if path.suffix in (".html", ".py"):
                for text in of_file(path):
                    found.setdefault(text, []).append(path.relative_to(ROOT).as_posix())
    return found


def of_file(path: Path) -> Iterator[str]:
    """Yield the texts of one template or module."""
    source = path.read_text("utf-8")
    yield from of_template(source) if path.suffix == ".html" else of_module(source)


def of_template(source: str) -> Iterator[str]:
    """Yield the texts of translate and blocktranslate tags and of ``_("…")`` given to a filter.

    Names become ``%(name)s`` as gettext sees them.
    """
    for found in (*TAG.finditer(source), *WORD.finditer(source)):
        yield found.group(2)
    for found in BLOCK.finditer(source):
        options, text = found.groups()
        text = trim_whitespace(text) if "trimmed" in options.split() else text
        yield NAME.sub(r"%(\1)s", text.replace("%", "%%"))


def of_module(source: str) -> Iterator[str]:
    """Yield the texts given to gettext and its kin."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CALLS and node.args:
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield first.value
