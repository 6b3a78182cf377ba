"""Documents per second: a decision of usual length as PDF and docx, beside the bare floor of each library.

    python -m benchmarks.documents [DOCUMENTS]      (default 100)

Each document has words of its own, so that nothing is set from a cache. The floor sets one line of text by the same
library with the same faces.
"""

from __future__ import annotations

import io
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import typst
from docx import Document

from zhunsheng.reports.docx import docx
from zhunsheng.reports.model import Block, Mark, Paper
from zhunsheng.reports.pdf import FACES, pdf

FACTS = "经抽查收费明细与医嘱，同一项目在同一日内重复收取费用，涉及患者多名，有收费明细、医嘱单和询问笔录为证。"


def decision(n: int) -> Paper:
    return Paper(
        kind="penalty_decision", title="行政处罚决定书", issuer="青禾县医疗保障局", number=f"罚决〔2026〕第{n}号",
        day="2026年11月22日", addressee="青禾县人民医院",
        blocks=(
            Block(kind="text", text=f"第{n}件。" + FACTS * 6), Block(kind="heading", text="一、违法事实"),
            Block(kind="text", text=FACTS * 12), Block(kind="heading", text="二、决定"),
            Block(kind="record", rows=(("责令退回", f"{n},000.00元"), ("罚款", f"{n},000.00元"))),
        ),
        sign=("青禾县医疗保障局（印章）",), notes=("依据：条例第三十八条。",),
    )  # fmt: skip


def bare() -> Callable[[int], object]:
    """One line of text by the library: a compiler that has found its fonts, as ours has."""
    path = Path(tempfile.mkdtemp(), "bare.typ")
    path.write_text(f'#set text(font: "{FACES[0]}")\n#sys.inputs.text', "utf-8")
    compiler = typst.Compiler(path, root=path.parent)
    return lambda n: compiler.compile(format="pdf", sys_inputs={"text": f"第{n}件"})


def floor_docx(n: int) -> int:
    made, out = Document(), io.BytesIO()
    made.add_paragraph(f"第{n}件")
    made.save(out)
    return len(out.getvalue())


def rate(make: Callable[[int], object], number: int) -> float:
    make(0)
    began = time.perf_counter()
    for n in range(1, number + 1):
        make(n)
    return number / (time.perf_counter() - began)


def main(number: int) -> None:
    mark = Mark(
        code="0123-4567-89AB-CDEF-G", page="http://127.0.0.1:8000/verify", address="http://127.0.0.1:8000/verify?c"
    )
    for name, make in {
        "pdf": lambda n: pdf(decision(n), mark),
        "pdf, floor": bare(),
        "docx": lambda n: docx(decision(n), mark),
        "docx, floor": floor_docx,
    }.items():
        print(f"{name}: {rate(make, number):.1f} per second")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
