"""Sets a paper as PDF by Typst. The same paper and mark give the same bytes under one version of library and fonts."""

from __future__ import annotations

import io
import threading
from functools import cache
from pathlib import Path

import segno
import typst

from zhunsheng.kernel.errors import Problem
from zhunsheng.reports.model import Mark, Paper

LAYOUT = Path(__file__).with_name("paper.typ")
#: The faces of the layout; other faces of the same family draw Japanese or traditional forms of the same characters.
FACES = ("Noto Serif CJK SC", "Noto Sans CJK SC")
#: A compiler works for one caller at a time.
_ONE = threading.Lock()


@cache
def _compiler() -> typst.Compiler:
    """Return the compiler of the layout. It reads nothing but the layout's own folder and the fonts.

    Raises Problem ZS969 where a face is missing: another one is never taken in its place.
    """
    fonts = typst.Fonts()
    missing = set(FACES) - set(fonts.families())
    if missing:
        raise Problem("ZS969", faces="、".join(sorted(missing)))
    return typst.Compiler(LAYOUT, root=LAYOUT.parent, font_paths=fonts)


def pdf(paper: Paper, mark: Mark) -> bytes:
    """Return a paper as PDF; without a code in its mark it is a draft under a watermark. Raises Problem ZS969."""
    inputs = {
        "paper": paper.model_dump_json(),
        "mark": mark.model_dump_json(),
        "qr": qr_svg(mark.address) if mark.code else "",
    }
    with _ONE:
        made = _compiler().compile(format="pdf", sys_inputs=inputs, timestamp=0)
    if not isinstance(made, bytes):
        raise TypeError("a PDF is one file")
    return made


def qr_svg(text: str) -> str:
    """Return a QR code as SVG."""
    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(out, kind="svg", border=0, xmldecl=False)
    return out.getvalue().decode()
