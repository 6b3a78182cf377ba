"""Reads and binds a rule book in a process of its own, and takes over what it made in small steps.

Reading thousands of points holds the interpreter for tenths of a second at a time, and an order that waits for that
waits too long. The child does all of it on another core; what it sends is plain tuples, taken over pattern by pattern.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from zhunsheng.book import load
from zhunsheng.book.models import Book
from zhunsheng.desk.compiled import CompiledBook, Parts, assembled, parts
from zhunsheng.kernel.errors import Problem

#: How much a child gives way to what serves orders.
NICE = 10


def compiled_aside(rulebook: Path, site: Path, held: str | None) -> CompiledBook | None:
    """Return the book of two folders made ready, None where its digest is ``held``. Raises Problem ZS4xx."""
    command = [sys.executable, "-m", "zhunsheng.desk.aside", str(rulebook), str(site), held or ""]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None  # noqa: S101 - a pipe was asked for
        frames = _frames(child.stdout)
        dead: tuple[str, Any] = ("dead", None)
        kind, told = next(frames, dead)
        if kind == "problem":
            raise Problem(told[0], **told[1])
        if kind == "same":
            return None
        if kind == "dead":
            raise RuntimeError(f"the process that reads the rule book ended with {child.wait()}")
        return assembled(told, dict(frame for frame in frames))


def _frames(stream: IO[bytes]) -> Iterator[tuple[str, Any]]:
    while True:
        try:
            yield pickle.load(stream)  # noqa: S301 - written by the child that this process started
        except EOFError:
            return


def send(rulebook: Path, site: Path, held: str, out: IO[bytes]) -> None:
    """Write what a book is made of, frame by frame: first what it is, then the rows of each pattern."""
    try:
        book: Book = load(rulebook, site)
        if book.digest == held:
            pickle.dump(("same", None), out)
            return
        told: Parts
        told, rows = parts(book)
    except Problem as problem:
        pickle.dump(("problem", (problem.code, {key: str(value) for key, value in problem.values.items()})), out)
        return
    pickle.dump(("book", told), out)
    for name, found in rows.items():
        pickle.dump((name, found), out)


if __name__ == "__main__":
    os.nice(NICE)
    send(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.stdout.buffer)
