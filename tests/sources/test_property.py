"""Whatever the rows hold: rows read = loaded + rejected, each good row is stored once, and no fen is lost."""

import csv
import io
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.effort import times
from tests.sources.conftest import Site
from tests.sources.samples import headers, line
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.money import MAX_LINE_FEN, fen_from_yuan

AMOUNTS = st.one_of(
    st.integers(-MAX_LINE_FEN, MAX_LINE_FEN).map(
        lambda fen: f"{'-' if fen < 0 else ''}{abs(fen) // 100}.{abs(fen) % 100:02d}"
    ),
    st.sampled_from(["", "x", "1.005", "0", "-0.00", "1e5", "99999999", "１２"]),
)
NAMES = st.one_of(
    st.text(st.characters(codec="gb18030", exclude_categories=["Cs", "Cc", "Co", "Cn"]), max_size=20),
    st.sampled_from(['引"号', "逗,号", "换\n行", " 空 ", '"', '""', "'", "a\r\nb", "=1", "\\N", "NULL"]),
)
ROWS = st.lists(st.tuples(AMOUNTS, NAMES, st.sampled_from(["1", "-1", "0", "", "2.5"])), min_size=1, max_size=30)
FORMS = st.tuples(
    st.sampled_from(["utf-8", "utf-8-sig", "gb18030", "utf-16"]),
    st.sampled_from(["national", "zh"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    st.sampled_from(["\n", "\r\n"]),
)


def good(amount, quantity):
    """Say what the contract says of a row, in plain Python."""
    if quantity in ("", "0") or "e" in amount or not amount.isascii():
        return False
    try:
        fen = fen_from_yuan(amount)
    except Problem:
        return False
    return abs(fen) <= MAX_LINE_FEN and fen * float(quantity) >= 0


@settings(max_examples=times(60))
@given(ROWS, FORMS)
def test_no_row_and_no_fen_is_lost(rows, form):
    encoding, language, quoting, end = form
    out = io.StringIO()
    writer = csv.writer(out, quoting=quoting, lineterminator=end)
    writer.writerow(headers("feedetail", language))
    for number, (amount, name, quantity) in enumerate(rows):
        row = line(number, det_item_fee_sumamt=amount, medins_list_name=name, cnt=quantity)
        writer.writerow(row.values())
    with tempfile.TemporaryDirectory() as folder:
        site = Site(Path(folder))
        path = site.inbox / "a.csv"
        path.write_bytes(out.getvalue().encode(encoding))
        report = site.load(path)
        one = report.files[0]
        expected = [
            (number + 2, fen_from_yuan(amount))
            for number, (amount, _, quantity) in enumerate(rows)
            if good(amount, quantity)
        ]
        assert one.rows_read == len(rows)
        assert one.rows_loaded == len(expected)
        assert one.rows_rejected == len(rows) - len(expected)
        assert len({reject.row for reject in report.store.rows()}) == one.rows_rejected
        stored = site.rows("charge_line", "source_row, amount_fen, item_name") if expected else []
        assert [row[:2] for row in stored] == expected
        for row, _, name in stored:
            given_name = rows[row - 2][1].replace("\r\n", "\n").strip(" \t\u3000\xa0\ufeff")
            assert (name or "") == given_name
