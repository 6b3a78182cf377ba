"""The working copy as the house rules see it: tracked files, and three views of a source text."""

from __future__ import annotations

import ast
import io
import re
import subprocess
import tokenize
from collections.abc import Iterator
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
Lines = list[tuple[int, str]]
_BLANKED = {tokenize.COMMENT: "", tokenize.STRING: '""'}
_FSTRING_TEXT = getattr(tokenize, "FSTRING_MIDDLE", -1)  # a token of its own since Python 3.12


@cache
def tracked() -> tuple[str, ...]:
    """Return the tracked paths that exist, relative to the root."""
    out = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode()
    return tuple(path for path in out.split("\0") if path and (ROOT / path).is_file())


@cache
def files(*globs: str) -> tuple[str, ...]:
    """Return tracked files that match a glob; ``*`` also crosses folders."""
    return tuple(path for path in tracked() if any(fnmatch(path, glob) for glob in globs))


@cache
def read(path: str) -> str:
    """Return a tracked file as text; bytes that are no text count as none."""
    return (ROOT / path).read_text("utf-8", errors="replace")


def raw(text: str, _suffix: str = "") -> Lines:
    """Every line as it stands."""
    return list(enumerate(text.splitlines(), 1))


def code(text: str, suffix: str = ".py") -> Lines:
    """Logical lines of Python with comments gone and string contents blanked, so that a call over many lines is one."""
    return _cut(text)[0] if suffix == ".py" else raw(text)


@cache
def _cut(text: str) -> tuple[Lines, Lines]:
    """Return the logical lines of a Python source and its comments; cutting is slow, and a dozen rules ask for it."""
    lines, comments, parts, start, end = [], [], [], 0, (0, 0)
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            comments.append((token.start[0], token.string))
        if token.type == tokenize.NEWLINE:
            lines.append((start, "".join(parts)))
            parts = []
        elif token.type in (tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER):
            continue
        else:
            gap = token.start[1] - end[1] if parts and token.start[0] == end[0] else 0
            start = start if parts else token.start[0]
            shown = "" if token.type == _FSTRING_TEXT else _BLANKED.get(token.type, token.string)
            parts += [" " * gap, shown]
        end = token.end
    return lines, comments


def strings(text: str, _suffix: str = ".py") -> Lines:
    """String literals of Python, docstrings left out; the placeholders of an f-string read as ``{}``."""
    tree = ast.parse(text)
    docs = {id(node) for node in docstrings(tree)}
    inner = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in ast.walk(node)}
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            pieces = [str(p.value) if isinstance(p, ast.Constant) else "{}" for p in node.values]
            found.append((node.lineno, "".join(pieces)))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and not {id(node)} & (docs | inner):
            found.append((node.lineno, node.value))
    return found


def prose(text: str, suffix: str = ".py") -> Lines:
    """What is written for readers: comments and docstrings of code, all of a page outside its code fences."""
    if suffix == ".py":
        return _python_prose(text)
    if suffix == ".md":
        return _page_prose(text)
    mark = {".sql": r"--\s", ".js": r"//\s|\*\s", ".mjs": r"//\s|\*\s", ".css": r"/?\*\s"}.get(suffix, r"#\s")
    return [(n, m[1]) for n, line in raw(text) if (m := re.search(f"(?:^|\\s)(?:{mark})(.*)", line))]


def _python_prose(text: str) -> Lines:
    docs = [
        (node.lineno + i, line)
        for node in docstrings(ast.parse(text))
        for i, line in enumerate(str(node.value).splitlines())
    ]
    return _cut(text)[1] + docs


def _page_prose(text: str) -> Lines:
    lines, fenced = [], False
    for number, line in raw(text):
        if line.lstrip().startswith("```"):
            fenced = not fenced
        elif not fenced:
            lines.append((number, re.sub(r"`[^`]*`", "``", line)))
    return lines


def docstrings(tree: ast.AST) -> Iterator[ast.Constant]:
    """Yield the docstring nodes of a module and of everything in it."""
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and body:
            first = body[0]
            if (
                isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and isinstance(first.value.value, str)
            ):
                yield first.value


VIEWS = {"raw": raw, "code": code, "strings": strings, "prose": prose}
