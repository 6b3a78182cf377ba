"""Calendars as RFC 5545: whole days only, which is all that a last day is.

Written here rather than by a library: of the format a feed of whole days needs folding, escaping and eight properties.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta


@dataclass(frozen=True, slots=True)
class Entry:
    """One whole day: an identifier that stays, the day, what is said, and a page."""

    key: str
    day: date
    title: str
    address: str


def calendar(name: str, entries: Iterable[Entry], moment: datetime) -> bytes:
    """Return a calendar as bytes, its lines ended by CRLF and folded at 75 octets."""
    head = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//zhunsheng//inbox//ZH", f"X-WR-CALNAME:{_escaped(name)}"]
    lines = [*head, *(line for one in entries for line in _event(one, moment)), "END:VCALENDAR"]
    return b"".join(part + b"\r\n" for line in lines for part in _folded(line))


def _event(one: Entry, moment: datetime) -> list[str]:
    return [
        "BEGIN:VEVENT",
        f"UID:{_escaped(one.key)}",
        f"DTSTAMP:{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}",
        f"DTSTART;VALUE=DATE:{one.day:%Y%m%d}",
        f"DTEND;VALUE=DATE:{one.day + timedelta(days=1):%Y%m%d}",
        f"SUMMARY:{_escaped(one.title)}",
        f"URL:{one.address}",
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
    ]


def _escaped(text: str) -> str:
    plain = "".join(sign for sign in text if sign == "\n" or sign >= " ")
    return plain.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def _folded(line: str) -> Iterator[bytes]:
    """Cut a line so that no part is longer than 75 octets and no sign is cut in two; parts go on after a blank."""
    part = b""
    for sign in line:
        data = sign.encode()
        if len(part) + len(data) > 75:
            yield part
            part = b" "
        part += data
    yield part
