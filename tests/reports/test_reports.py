"""Templates that are wrong are named with their line; papers are set the same each time, with texts as texts."""

from __future__ import annotations

import io
import zipfile
from xml.etree import ElementTree

import pytest
from docx import Document as Docx
from pypdf import PdfReader

from zhunsheng.casework.cases.library import cycles
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.home import rulebook
from zhunsheng.reports import pdf as setter
from zhunsheng.reports.docx import docx
from zhunsheng.reports.fill import Words, fill
from zhunsheng.reports.model import Block, Mark, Paper
from zhunsheng.reports.pdf import pdf
from zhunsheng.reports.templates import load_numbers, load_templates
from zhunsheng.reports.words import amount, numeral, span

HOSTILE = '#set page(width: 1pt)\n*甲* <w:t>]]> &amp; {{ 7*7 }} "引" \\u{41} $x$ = 标题\n'
PAPER = Paper(
    kind="x", title="行政处罚决定书", issuer="青禾县医疗保障局", number="青医保罚决〔2026〕第1号", day="2026年11月22日",
    addressee="直骨角医院",
    blocks=(
        Block(kind="text", text=HOSTILE), Block(kind="heading", text="一、事实"),
        Block(kind="record", rows=(("当事人", HOSTILE),)),
        Block(kind="table", head=("序号", "事项", "金额"), rows=tuple((f"{n}", "检查", "1.00") for n in range(1, 91))),
    ),
    sign=("（印章）",), lines=("签收人",), annexes=("清单",), notes=("依据：条例。",),
)  # fmt: skip
MARK = Mark(code="0123-4567", page="http://127.0.0.1:8000/verify", address="http://127.0.0.1:8000/verify?code=01234567")


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("{notify.facts}", "{notify.fact}", "no such field"),
        ("{notify.facts}", "{defend.statement}", "say needs"),
        ("{notify.facts}", "{notify.facts", "braces"),
        ("{notify.facts}", "{__class__.x}", "no such field"),
        ("after: [notify]", "after: [fly]", "no such step"),
        ("cites: [proc-4,", "cites: [proc-9,", "no such citation"),
        ("cycle: fund_case", "cycle: fund", "no life-cycle"),
        ("party: true", "party: perhaps", "bool"),
        ("kind: penalty_notice", "kind: other", "≠"),
        ("word: 罚告", "word: *a", "aliases"),
    ],
)
def test_a_wrong_template_is_refused_with_its_place(tmp_path, old, new, line):
    folder = tmp_path / "documents"
    folder.mkdir()
    text = (rulebook() / "documents" / "penalty_notice.yaml").read_text("utf-8")
    assert old in text
    (folder / "penalty_notice.yaml").write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(Problem) as caught:
        load_templates(tmp_path, cycles())
    assert caught.value.code == "ZS961" and line in caught.value.as_dict("en")["message"]


def test_a_pattern_of_numbers_names_year_and_number(tmp_path):
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "numbers.yaml").write_text('pattern: "{word}第{number}号{size}"\n', "utf-8")
    with pytest.raises(Problem, match="ZS961"):
        load_numbers(tmp_path)
    assert load_numbers(rulebook()).text("无代字局", "罚决", 2026, 3) == "罚决〔2026〕第3号"


def test_a_field_without_words_is_no_blank():
    template = load_templates(rulebook(), cycles())["penalty_notice"]
    with pytest.raises(Problem, match="ZS963"):
        fill(template, Words({"case.number": "AJ1"}), "局")


def test_pdf_repeats_embeds_the_simplified_faces_and_breaks_tables():
    data = pdf(PAPER, MARK)
    assert data == pdf(PAPER, MARK) != pdf(PAPER, Mark())
    reader = PdfReader(io.BytesIO(data))
    texts = ["".join(page.extract_text().split()) for page in reader.pages]
    whole = "".join(texts)
    assert len(texts) > 2 and "#setpage(width:1pt)" in whole and "{{7*7}}" in whole and "<w:t>]]>&amp;" in whole
    for number, text in enumerate(texts, start=1):
        assert f"第{number}页共{len(texts)}页" in text and MARK.code in text
    assert all("序号事项金额" in text for text in texts[:-1])
    fonts = [font.get_object() for page in reader.pages for font in page["/Resources"]["/Font"].values()]
    assert {font["/BaseFont"].split("+")[1].split("-")[0] for font in fonts} <= {"NotoSerifCJKsc", "NotoSansCJKsc"}
    for font in fonts:
        descriptor = font["/DescendantFonts"][0].get_object()["/FontDescriptor"]
        assert "/FontFile3" in descriptor or "/FontFile2" in descriptor


def test_docx_repeats_is_well_formed_and_holds_texts_as_texts(monkeypatch):
    data = docx(PAPER, MARK)
    monkeypatch.setattr("time.localtime", lambda *_: (2040, 2, 3, 4, 5, 6, 0, 0, 0))
    assert data == docx(PAPER, MARK)
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        assert parts.testzip() is None
        for name in parts.namelist():
            if name.endswith((".xml", ".rels")):
                ElementTree.fromstring(parts.read(name))
        assert 'w:name="Noto Serif CJK SC"' in parts.read("word/fontTable.xml").decode()
        assert 'string="草稿"' not in "".join(parts.read(n).decode("utf-8", "ignore") for n in parts.namelist())
        body = parts.read("word/document.xml").decode()
        assert body.count("<w:tblHeader/>") == 1 and "<w:t>]]>" not in body
    made = Docx(io.BytesIO(data))
    told = "\n".join(one.text for one in made.paragraphs)
    assert "#set page(width: 1pt)" in told and PAPER.number in told and MARK.code in told
    assert made.tables[0].rows[0].cells[1].text == HOSTILE and len(made.tables[1].rows) == 91
    draft = zipfile.ZipFile(io.BytesIO(docx(PAPER, Mark())))
    assert any('string="草稿"' in draft.read(name).decode() for name in draft.namelist() if "header" in name)


def test_without_the_faces_nothing_is_set(monkeypatch):
    monkeypatch.setattr(setter, "FACES", ("No Such Face SC",))
    setter._compiler.cache_clear()
    with pytest.raises(Problem, match="ZS969"):
        pdf(PAPER, MARK)
    setter._compiler.cache_clear()


def test_amounts_and_numbers_in_characters():
    told = {0: "零元整", 5: "伍分", 10: "壹角整", 105: "壹元零伍分", 10_000_500: "壹拾万零伍元整",
            1_001_000_100: "壹仟零壹万零壹元整", 100_000_000_000: "壹拾亿元整"}  # fmt: skip
    for fen, words in told.items():
        assert amount(fen).endswith(f"（大写：人民币{words}）")
    texts = ["8", "10", "15", "38", "101", "x"]
    assert [numeral(one) for one in texts] == [
        "八",
        "十",
        "十五",
        "三十八",
        "一百零一",
        "x",
    ]
    assert span(5, "working") == "5个工作日" and span(0, "year_end") == "本自然年度"
