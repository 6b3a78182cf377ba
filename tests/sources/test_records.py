"""The n-th record of the cleaned text is the n-th row of the file, whatever is wrong with some of them."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhunsheng.sources.records import MAX_RECORD, Cleaner, parse


def clean(text, width=3, step=None):
    """Return the cleaned records and what was found wrong, fed in pieces of ``step`` bytes."""
    out = io.BytesIO()
    cleaner = Cleaner(out, ",", width, 2, ("合计",))
    data = text.encode() if isinstance(text, str) else text
    step = step or max(1, len(data))
    for start in range(0, len(data), step):
        cleaner.feed(data[start : start + step])
    cleaner.feed(b"", final=True)
    rows = list(csv.reader(io.StringIO(out.getvalue().decode(), newline="")))
    return rows, [(one.row, one.code) for one in cleaner.irregular], cleaner


BLANK = ["", "", ""]
CASES = [
    ("a,b,c\nd,e,f", [["a", "b", "c"], ["d", "e", "f"]], []),
    ("a,b\nd,e,f\n", [BLANK, ["d", "e", "f"]], [(2, "ZS228")]),
    ("a,b,c,,,\nd,e,f,g\n", [["a", "b", "c"], BLANK], [(3, "ZS228")]),
    ('"a\nb",c,d\ne,f,g\n', [["a\nb", "c", "d"], ["e", "f", "g"]], []),
    ('"a,b",c,d\n"e""e",f,g\n', [["a,b", "c", "d"], ['e"e', "f", "g"]], []),
    ('a,"b,c\nd,e,f\ng,h,i\n', [BLANK, ["d", "e", "f"], ["g", "h", "i"]], [(2, "ZS230")]),
    ('a,"b,c\nd,e,f\ng,"h,i\nj,k,l\n', [BLANK, ["d", "e", "f"], BLANK, ["j", "k", "l"]], [(2, "ZS230"), (4, "ZS230")]),
    ('a,5" nail,c\nd,e,f\n', [["a", '5" nail', "c"], ["d", "e", "f"]], []),
    ("a,b,c\n\n\nd,e,f\n", [["a", "b", "c"], BLANK, BLANK, ["d", "e", "f"]], []),
    ("a,b\x00,c\nd,e,f\n", [BLANK, ["d", "e", "f"]], [(2, "ZS232")]),
    ("a,b\ufffd,c\nd,e,f\n", [BLANK, ["d", "e", "f"]], [(2, "ZS229")]),
    ("合计,9\nd,e,f\n", [BLANK, ["d", "e", "f"]], []),
]


@pytest.mark.parametrize(("text", "rows", "faults"), CASES)
@pytest.mark.parametrize("step", [None, 1, 3])
def test_rows_keep_their_place(text, rows, faults, step):
    assert clean(text, step=step)[:2] == (rows, faults)


def test_what_is_left_out_is_counted():
    _, _, cleaner = clean("a,b,c\n\n ,,\n合计：,9\nd,e,f\n")
    assert (cleaner.blanks, cleaner.totals, cleaner.row) == (1, [5], 7)


def test_an_endless_line_costs_one_row_and_little_memory():
    text = b"a,b,c\n" + b"x" * (3 * MAX_RECORD) + b",y,z\nd,e,f\n"
    rows, faults, _ = clean(text, step=100_000)
    assert faults == [(3, "ZS228")] or faults == [(3, "ZS231")]
    assert rows == [["a", "b", "c"], BLANK, ["d", "e", "f"]]


CELLS = st.text(st.sampled_from(list('ab,"\n 中')), max_size=6).filter(lambda cell: cell.strip() or not cell)


@given(st.lists(st.lists(CELLS, min_size=3, max_size=3), max_size=12), st.integers(1, 50))
def test_well_formed_text_comes_through_unchanged(table, step):
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(table)
    rows, faults, _ = clean(out.getvalue(), step=step)
    assert faults == []
    assert rows == table


@given(st.text(st.sampled_from(list('ab,"\n')), max_size=60), st.integers(1, 20))
def test_any_text_gives_records_of_one_width_and_counts_each(text, step):
    rows, faults, cleaner = clean(text, step=step)
    assert all(len(row) == 3 for row in rows)
    assert len(rows) == cleaner.row - 2
    assert len(faults) == len(set(faults)) and all(2 <= row < cleaner.row for row, _ in faults)


def test_an_open_quote_is_seen():
    assert parse('a,"b', ",") == (["a", "b\n\x1a"], False)
    assert parse('a,b"c', ",") == (["a", 'b"c'], True)
