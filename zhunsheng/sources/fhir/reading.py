"""Cut a file into resources: a Bundle is read whole, newline-delimited JSON line by line.

Numbers stay as written (Decimal). A line that is no JSON costs that line; a bundle that is no JSON costs the file,
since nothing in it can be trusted to stand where it seems to.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, TextIO

from zhunsheng.kernel.errors import Problem
from zhunsheng.sources.text import PROBE, encoding_of

#: A bundle is held in memory whole: about ten bytes for each byte of it.
BUNDLE_BYTES = 128 << 20
#: A resource of newline-delimited JSON; the file itself may be of any size.
LINE_CHARS = 16 << 20
SUFFIXES = {".json", ".ndjson"}
BUNDLES = ("transaction", "batch", "collection", "searchset")
_WRITES = (None, "POST", "PUT")


@dataclass(frozen=True, slots=True)
class Fault:
    """Why something cannot be used: a code, the value, where it stands, and what the message needs."""

    code: str
    value: str = ""
    pointer: str = ""
    values: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Found:
    """One resource as it stands in its file. ``row`` is its line, or its place in the bundle, from 1."""

    row: int
    pointer: str
    full_url: str | None
    resource: dict[str, Any]
    fault: Fault | None = None


def is_json(path: Path) -> bool:
    """Whether a file is meant as JSON, by its name or by how it begins. Raises OSError."""
    if path.suffix.lower() in SUFFIXES:
        return True
    with path.open("rb") as file:
        return file.read(64).lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n").startswith((b"{", b"["))


def is_resource_file(path: Path) -> bool:
    """Whether a file found in a folder holds resources: other JSON often lies beside data."""
    if path.suffix.lower() not in SUFFIXES:
        return False
    with path.open("rb") as file:
        return b'"resourceType"' in file.read(PROBE).replace(b"\x00", b"")


def encoding(path: Path) -> str:
    """Return the encoding of a file. Raises Problem ZS201 for an empty one."""
    with path.open("rb") as file:
        probe = file.read(PROBE)
    if not probe.strip(b"\x00\t\r\n \xef\xbb\xbf\xff\xfe"):
        raise Problem("ZS201")
    found = encoding_of(path, probe)
    return "utf-16" if found.startswith("utf-16") and probe[:2] in (b"\xff\xfe", b"\xfe\xff") else found


def resources(path: Path) -> Iterator[Found]:
    """Yield what a file holds, in its order. Raises Problem ZS201, ZS260, ZS261 or ZS265 for the file as a whole."""
    with path.open(encoding=encoding(path), errors="replace", newline="\n") as file:
        if _by_line(path, file):
            yield from _lines(file)
            return
        if path.stat().st_size > BUNDLE_BYTES:
            raise Problem("ZS265", limit=f"{BUNDLE_BYTES >> 20} MB")
        text = file.read()
    whole = parsed(text)
    if isinstance(whole, Fault):
        raise Problem(whole.code, value=path.name, **whole.values)
    yield from _whole(whole)


def parsed(text: str) -> Any:
    """Return the value that JSON text stands for, or a Fault."""
    try:
        return _DECODER.decode(text.strip(" \t\r\n\x00"))
    except RecursionError:
        return Fault("ZS260", values={"detail": "nested too deeply"})
    except ValueError as error:
        return Fault("ZS260", text[:200], values={"detail": str(error)})


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse an object that says one thing twice: which of the two counts would be chance."""
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError("the name stands twice: " + next(name for name in names if names.count(name) > 1))
    return found


def _number(text: str) -> Decimal:
    if len(text) > 400:
        raise ValueError("a number of more than 400 characters")
    return Decimal(text)


def _constant(text: str) -> None:
    raise ValueError(f"{text} is no number")


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_float=_number, parse_int=_number, parse_constant=_constant)


def _by_line(path: Path, file: TextIO) -> bool:
    """Whether each line is a resource: by the name, or because the first line is one and another follows."""
    if path.suffix.lower() == ".ndjson":
        return True
    first, second = file.readline(LINE_CHARS), file.readline(2)
    file.seek(0)
    return bool(second.strip()) and isinstance(parsed(first), dict)


def _lines(file: TextIO) -> Iterator[Found]:
    row = 0
    while line := file.readline(LINE_CHARS):
        row += 1
        if not line.endswith("\n") and len(line) >= LINE_CHARS:
            while (rest := file.readline(LINE_CHARS)) and not rest.endswith("\n"):
                pass
            yield Found(row, "", None, {}, Fault("ZS265", values={"limit": f"{LINE_CHARS >> 20} MB"}))
        elif line.strip(" \t\r\n\ufeff"):
            yield _resource(row, "", None, _readable(line.lstrip("\ufeff")))


def _readable(line: str) -> Any:
    place = line.find("\ufffd")
    return parsed(line) if place < 0 else Fault("ZS229", line[max(0, place - 20) : place + 20])


def _whole(whole: Any) -> Iterator[Found]:
    """Yield the entries of a bundle, or the one resource that a file is. Raises Problem ZS261."""
    kind = whole.get("resourceType") if isinstance(whole, dict) else None
    if not isinstance(kind, str):
        raise Problem("ZS261", found="-")
    if kind != "Bundle":
        yield Found(1, "", None, whole)
        return
    entries = whole.get("entry", [])
    if whole.get("type") not in BUNDLES or not isinstance(entries, list):
        raise Problem("ZS261", found=f"Bundle {whole.get('type')}")
    for place, entry in enumerate(entries):
        yield _entry(place, entry)


def _entry(place: int, entry: Any) -> Found:
    pointer = f"/entry/{place}"
    request = entry.get("request") if isinstance(entry, dict) else None
    url = entry.get("fullUrl") if isinstance(entry, dict) else None
    if not isinstance(entry, dict) or (request is not None and not isinstance(request, dict)):
        return Found(place + 1, pointer, None, {}, Fault("ZS262", values={"expected": "object"}))
    if request and request.get("method") not in _WRITES:
        return Found(place + 1, pointer, None, {}, Fault("ZS261", values={"found": f"{request.get('method')}"}))
    full_url = url if isinstance(url, str) else None
    found = _resource(place + 1, pointer + "/resource", full_url, entry.get("resource"))
    if found.fault is None and "id" not in found.resource and (own := _from_url(full_url)):
        found.resource["id"] = own
    return found


def _resource(row: int, pointer: str, full_url: str | None, value: Any) -> Found:
    if isinstance(value, Fault):
        return Found(row, pointer, full_url, {}, value)
    if not isinstance(value, dict) or not isinstance(value.get("resourceType"), str):
        return Found(row, pointer, full_url, {}, Fault("ZS262", values={"expected": "resource"}))
    return Found(row, pointer, full_url, value)


def _from_url(full_url: str | None) -> str | None:
    """Return the identity that a transaction gives a resource that has none of its own yet."""
    found = re.fullmatch(r"urn:uuid:([A-Za-z0-9.\-]{1,64})", full_url or "")
    return found[1] if found else None
