"""Translations: compiled from locale/<language>/LC_MESSAGES/django.po when the text is newer. Needs no msgfmt."""

from __future__ import annotations

import io
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from zhunsheng.kernel.files import write_whole
from zhunsheng.kernel.home import ROOT

LOCALE = ROOT / "locale"


def compile_stale(folder: Path = LOCALE) -> list[Path]:
    """Compile what is missing or older than its text; return the files written."""
    written = []
    for source in sorted(folder.glob("*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if not target.exists() or target.stat().st_mtime < source.stat().st_mtime:
            write_whole(target, compiled(source))
            written.append(target)
    return written


def compiled(source: Path) -> bytes:
    """Return the compiled form of a catalogue."""
    buffer = io.BytesIO()
    with source.open("rb") as file:
        write_mo(buffer, read_po(file))
    return buffer.getvalue()
