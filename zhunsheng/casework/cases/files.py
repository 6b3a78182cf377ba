"""Attachments on disk: by digest, outside what the site serves, of a kind that their bytes show and not their name.

This is no virus scanner: it refuses programs, scripts, macros and the EICAR test text, and takes a short list of kinds.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from zhunsheng.casework.cases.words import said
from zhunsheng.casework.imports.inbox import plain_name
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.files import digest, write_whole
from zhunsheng.kernel.home import home

#: The text by which scanners are tried, in two parts so that no scanner takes this file for it.
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!"
PROGRAMS = (
    b"MZ",
    b"\x7fELF",
    b"#!",
    b"\xca\xfe\xba\xbe",
    b"\xcf\xfa\xed\xfe",
    b"\xce\xfa\xed\xfe",
    b"\xd0\xcf\x11\xe0",
)
MARKS = {b"%PDF-": ".pdf", b"\x89PNG\r\n\x1a\n": ".png", b"\xff\xd8\xff": ".jpg"}
MEDIA = {
    ".pdf": "application/pdf",
    ".ofd": "application/ofd",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".mp4": "video/mp4",
    ".txt": "text/plain",
}
SAME = {".jpeg": ".jpg"}
#: What an office file may hold at most when unpacked, and how many parts.
UNPACKED, PARTS = 500 * 1024**2, 5000


@dataclass(frozen=True, slots=True)
class Kept:
    """A file as it was kept."""

    name: str
    digest: str
    size: int
    media: str


def path_of(key: str) -> Path:
    """Return where a file of a digest lies."""
    return home().attachments / key[:2] / key


def keep(given_name: str, chunks: Iterable[bytes]) -> Kept:
    """Check a file and keep it under its digest. Raises Problem ZS914 with the reason."""
    name = plain_name(given_name)
    data = _whole(name, chunks)
    suffix = _suffix(name, data)
    stated = Path(name).suffix.lower()
    if SAME.get(stated, stated) != suffix:
        raise _refused(name, f"内容是 {suffix}，与文件名不符", f"its content is {suffix}, unlike its name")
    key = digest(data)
    if not path_of(key).exists():
        write_whole(path_of(key), data)
    return Kept(name, key, len(data), MEDIA[suffix])


def _whole(name: str, chunks: Iterable[bytes]) -> bytes:
    found = bytearray()
    for chunk in chunks:
        found += chunk
        if len(found) > settings.ATTACHMENT_BYTES:
            raise _refused(name, "超过大小上限", "it is too large")
    if not found:
        raise _refused(name, "文件是空的", "it is empty")
    return bytes(found)


def _refused(name: str, zh: str, en: str) -> Problem:
    limit = f"{settings.ATTACHMENT_BYTES // 1024**2} MiB"
    return Problem("ZS914", file=name, reason=said(zh, en), limit=limit)


def _suffix(name: str, data: bytes) -> str:
    """Return the kind of a file by its bytes."""
    if EICAR in data:
        raise _refused(name, "含病毒测试特征", "it holds the test mark of virus scanners")
    if data.startswith(PROGRAMS):
        raise _refused(
            name, "是程序、脚本或可带宏的旧格式文件", "it is a program, a script or an old format with macros"
        )
    for mark, suffix in MARKS.items():
        if data.startswith(mark):
            return suffix
    if data[4:8] == b"ftyp":
        return ".mp4"
    if data.startswith(b"PK\x03\x04"):
        return _packed(name, data)
    return _plain(name, data)


def _packed(name: str, data: bytes) -> str:
    try:
        parts = zipfile.ZipFile(io.BytesIO(data)).infolist()
    except (zipfile.BadZipFile, ValueError, RuntimeError) as error:
        raise _refused(name, "压缩结构损坏", "its packing is broken") from error
    names = {part.filename for part in parts}
    if len(parts) > PARTS or sum(part.file_size for part in parts) > UNPACKED:
        raise _refused(name, "展开后过大", "it unpacks to too much")
    if any("vbaproject" in one.lower() or one.lower().endswith((".exe", ".dll", ".js", ".vbs")) for one in names):
        raise _refused(name, "含宏或者程序", "it holds macros or programs")
    for part, suffix in (("word/document.xml", ".docx"), ("xl/workbook.xml", ".xlsx"), ("OFD.xml", ".ofd")):
        if part in names:
            return suffix
    raise _refused(name, "压缩包不收，请逐个添加", "archives are not taken: add the files one by one")


def _plain(name: str, data: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text and not text.lstrip().startswith("<"):
            return ".txt"
    raise _refused(name, "不是可收的文件类型", "it is of no kind that is taken")
