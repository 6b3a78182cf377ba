"""Sets a paper as docx. The same paper and mark give the same bytes: every date and time inside is fixed.

Texts become runs and never markup. The faces are named for their Chinese forms; a reader's machine brings them.
"""

from __future__ import annotations

import io
import zipfile
from datetime import datetime
from functools import cache
from typing import Any

import segno
from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm, Pt
from docx.table import _Cell
from docx.text.paragraph import Paragraph
from docx.text.run import Run

from zhunsheng.reports.model import Block, Mark, Paper

SERIF, SANS, LATIN = "Noto Serif CJK SC", "Noto Sans CJK SC", "Times New Roman"
#: The first moment that a zip archive can name; the time of making says nothing that the document does not.
NO_TIME = (1980, 1, 1, 0, 0, 0)
EPOCH = datetime(2000, 1, 1)  # noqa: DTZ001 - the format holds a moment without a zone
UNUSED = ("/thumbnail", "/stylesWithEffects", "/customXml")
DRAFT = "草稿，未编号，不作为正式文书使用"
#: Where a machine lacks the faces it takes these; a face that is not named for its forms may be drawn in Japanese ones.
FONTS = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    f"<w:fonts {nsdecls('w')}>"
    f'<w:font w:name="{SERIF}"><w:altName w:val="宋体"/><w:charset w:val="86"/></w:font>'
    f'<w:font w:name="{SANS}"><w:altName w:val="黑体"/><w:charset w:val="86"/></w:font>'
    "</w:fonts>"
)
WATERMARK = f"""<w:pict {nsdecls("w")}
 xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office">
<v:shapetype id="_x0000_t136" coordsize="21600,21600" o:spt="136" adj="10800" path="m@7,l@8,m@5,21600l@6,21600e">
<v:formulas><v:f eqn="sum #0 0 10800"/><v:f eqn="prod #0 2 1"/><v:f eqn="sum 21600 0 @1"/><v:f eqn="sum 0 0 @2"/>
<v:f eqn="sum 21600 0 @3"/><v:f eqn="if @0 @3 0"/><v:f eqn="if @0 21600 @1"/><v:f eqn="if @0 0 @2"/>
<v:f eqn="if @0 @4 21600"/><v:f eqn="mid @5 @6"/><v:f eqn="mid @8 @5"/><v:f eqn="mid @7 @8"/><v:f eqn="mid @6 @7"/>
<v:f eqn="sum @6 0 @5"/></v:formulas><v:path textpathok="t" o:connecttype="rect"/><v:textpath on="t" fitshape="t"/>
</v:shapetype>
<v:shape id="PowerPlusWaterMarkObject1" o:spid="_x0000_s2049" type="#_x0000_t136" fillcolor="#e4e4e4" stroked="f"
 style="position:absolute;margin-left:0;margin-top:0;width:320pt;height:160pt;rotation:325;z-index:-251658752;\
mso-position-horizontal:center;mso-position-horizontal-relative:margin;mso-position-vertical:center;\
mso-position-vertical-relative:margin"><v:textpath style="font-family:'{SANS}';font-size:1pt" string="草稿"/>
</v:shape></w:pict>"""


def docx(paper: Paper, mark: Mark) -> bytes:
    """Return a paper as docx; without a code in its mark it is a draft under a watermark."""
    made = Document(io.BytesIO(_base()))
    _page(made, paper, mark)
    _head(made, paper)
    for block in paper.blocks:
        _block(made, block)
    _foot(made, paper)
    _notes(made, paper, mark)
    out = io.BytesIO()
    made.save(out)
    return _timeless(out.getvalue())


@cache
def _base() -> bytes:
    """Return the library's empty document without what no paper uses: a picture, a second copy of the styles."""
    made, out = Document(), io.BytesIO()
    for relations in (made.part.rels, made.part.package.rels):
        for key in [key for key, one in relations.items() if one.reltype.endswith(UNUSED)]:
            del relations[key]
    made.save(out)
    return out.getvalue()


def _timeless(data: bytes) -> bytes:
    """Return an archive with its parts in order, with our faces and without the moment of its making."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in sorted(old.namelist(), key=lambda one: (one != "[Content_Types].xml", one)):
            part = FONTS.encode() if name == "word/fontTable.xml" else old.read(name)
            new.writestr(zipfile.ZipInfo(name, NO_TIME), part, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _face(run: Run, size: float, face: str = SERIF, *, bold: bool = False) -> Run:
    run.font.size, run.font.bold, run.font.name = Pt(size), bold, LATIN
    run._element.rPr.rFonts.set(qn("w:eastAsia"), face)
    lang = OxmlElement("w:lang")
    lang.set(qn("w:val"), "zh-CN")
    lang.set(qn("w:eastAsia"), "zh-CN")
    run._element.rPr.append(lang)
    return run


def _line(where: Any, text: str, size: float = 12, face: str = SERIF, *, bold: bool = False) -> Paragraph:
    made: Paragraph = where.add_paragraph()
    _face(made.add_run(text), size, face, bold=bold)
    made.paragraph_format.space_after = Pt(4)
    return made


def _page(made: Any, paper: Paper, mark: Mark) -> None:
    properties = made.core_properties
    properties.title, properties.author, properties.language = paper.title, paper.issuer, "zh-CN"
    properties.created = properties.modified = EPOCH
    properties.last_modified_by, properties.comments, properties.revision = "", "", 1
    section = made.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin, section.left_margin, section.right_margin = (
        Mm(30), Mm(28), Mm(28), Mm(26),
    )  # fmt: skip
    foot = section.footer.paragraphs[0]
    said = f"验证码 {mark.code}  核验网页 {mark.page}" if mark.code else DRAFT
    _face(foot.add_run(f"{said}    第 "), 8.5)
    _field(foot, "PAGE")
    _face(foot.add_run(" 页 共 "), 8.5)
    _field(foot, "NUMPAGES")
    _face(foot.add_run(" 页"), 8.5)
    if not mark.code:
        section.header.paragraphs[0].add_run()._element.append(parse_xml(WATERMARK))


def _field(where: Paragraph, code: str) -> None:
    made = OxmlElement("w:fldSimple")
    made.set(qn("w:instr"), code)
    run = _face(where.add_run("1"), 8.5)
    made.append(run._element)
    where._element.append(made)


def _head(made: Any, paper: Paper) -> None:
    _line(made, paper.issuer, 15, SANS).alignment = ALIGN.CENTER
    _line(made, paper.title, 21, SANS, bold=True).alignment = ALIGN.CENTER
    number = _line(made, paper.number or "（草稿，未编号）")
    number.alignment = ALIGN.RIGHT
    border = parse_xml(
        f'<w:pBdr {nsdecls("w")}><w:bottom w:val="single" w:sz="6" w:space="4" w:color="000000"/></w:pBdr>'
    )
    number._element.get_or_add_pPr().insert_element_before(border, "w:spacing", "w:jc")
    if paper.addressee:
        _line(made, f"{paper.addressee}：")


def _block(made: Any, block: Block) -> None:
    if block.kind == "heading":
        _line(made, block.text, 12, SANS, bold=True).paragraph_format.keep_with_next = True
    elif block.kind == "text":
        for piece in block.text.split("\n"):
            if piece.strip():
                _line(made, piece.strip()).paragraph_format.first_line_indent = Pt(24)
    elif block.kind == "record":
        _table(made, (), block.rows, (Mm(32), Mm(124)))
    else:
        _table(made, block.head, block.rows, ())


def _table(made: Any, head: tuple[str, ...], rows: tuple[tuple[str, ...], ...], widths: tuple[int, ...]) -> None:
    whole = ((head,) if head else ()) + rows
    widths = widths or _shares(len(head))
    table = made.add_table(rows=len(whole), cols=len(whole[0]) if whole else 1, style="Table Grid")
    table.autofit = False
    for row, texts in zip(table.rows, whole, strict=True):
        for number, (cell, text) in enumerate(zip(row.cells, texts, strict=True)):
            _cell(cell, text, bold=texts is head)
            cell.width = widths[number]
    for column, width in zip(table.columns, widths, strict=True):
        column.width = width
    if head:
        mark = OxmlElement("w:tblHeader")
        table.rows[0]._tr.get_or_add_trPr().append(mark)
    made.add_paragraph().paragraph_format.space_after = Pt(0)


def _shares(columns: int) -> tuple[int, ...]:
    """The first column numbers the rows and is narrow; the others share the rest of the line."""
    return (Mm(14), *[Mm(142 // (columns - 1))] * (columns - 1))


def _cell(cell: _Cell, text: str, *, bold: bool) -> None:
    for number, piece in enumerate(text.split("\n")):
        where = cell.paragraphs[0] if number == 0 else cell.add_paragraph()
        _face(where.add_run(piece), 10.5, SANS if bold else SERIF, bold=bold)


def _foot(made: Any, paper: Paper) -> None:
    for number, text in enumerate(paper.annexes, start=1):
        _line(made, f"{'附件：' if number == 1 else ''}{number}. {text}")
    for text in (*paper.sign, paper.day):
        if text:
            _line(made, text).alignment = ALIGN.RIGHT
    for text in paper.lines:
        _line(made, f"{text}：____________________")


def _notes(made: Any, paper: Paper, mark: Mark) -> None:
    for text in paper.notes:
        _line(made, text, 8.5)
    if not mark.code:
        return
    picture = io.BytesIO()
    segno.make(mark.address, error="m", micro=False).save(picture, kind="png", scale=6, border=0)
    picture.seek(0)
    made.add_paragraph().add_run().add_picture(picture, width=Mm(24))
    _line(made, f"验证码 {mark.code}", 8.5)
    _line(made, f"扫描二维码，或者在 {mark.page} 输入验证码，可以核对本文书的真伪、编号、日期与是否作废。", 8.5)
