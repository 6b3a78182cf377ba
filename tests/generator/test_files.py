"""The files: determinism, layout, encodings, references between them, broken rows."""

import csv
import hashlib
import json
import re
from datetime import date
from pathlib import Path

import pytest

from tests.generator.county_files import KINDS, CountyFiles, national, parsed
from tests.generator.points import BOOK, KNOWLEDGE
from zhunsheng.cli.county import knowledge_of
from zhunsheng.generator import generate
from zhunsheng.generator.schemes import BEYOND_LINES
from zhunsheng.generator.tables import headers

SHAPES = {
    "fixmedins_code": r"[HP]990124\d{5}",
    "bilg_dr_codg": r"(D990124\d{6})?",
    "med_list_codg": r"\d{15}|X[A-Z]\d{2}[A-Z]{2}[A-Z]\d{3}[A-Z]\d{3}\d{9}|Z[A-Z]\d{2}[A-Z]{3}\d{13}|T\d{9}|C\d{19}",
    "fee_ocur_time": r"\d{4}-\d\d-\d\d( \d\d:\d\d:\d\d)?",
    "cnt": r"-?\d+(\.\d{1,4})?",
    "pric": r"\d+\.\d{2,6}",
    "det_item_fee_sumamt": r"-?\d+\.\d{2}",
}


@pytest.fixture(scope="module")
def county_of_all(tmp_path_factory: pytest.TempPathFactory) -> CountyFiles:
    """Return the files of a county that is told of the whole rule book, and so keeps stores."""
    out = tmp_path_factory.mktemp("all")
    generate(out, lines=60_000, months=12, knowledge=knowledge_of(BOOK), count=1)
    return CountyFiles(out)


def digests(out: Path) -> dict[str, str]:
    paths = sorted(path for path in out.rglob("*") if path.is_file())
    return {str(path.relative_to(out)): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def test_the_same_arguments_give_the_same_bytes(tmp_path):
    for name in ("one", "two"):
        generate(tmp_path / name, seed=5, lines=6_000, months=5, knowledge=KNOWLEDGE)
    assert digests(tmp_path / "one") == digests(tmp_path / "two")


def test_another_seed_gives_another_county(tmp_path):
    for seed in (5, 6):
        generate(tmp_path / str(seed), seed=seed, lines=3_000, months=1, knowledge=KNOWLEDGE)
    one, two = digests(tmp_path / "5"), digests(tmp_path / "6")
    assert one["import/00_medins.csv"] == two["import/00_medins.csv"]
    assert one["import/2025-11_feedetail.csv"] != two["import/2025-11_feedetail.csv"]


def test_a_later_generation_leaves_no_month_of_an_earlier_one(tmp_path):
    generate(tmp_path, lines=3_000, months=3, knowledge=KNOWLEDGE)
    generate(tmp_path, lines=3_000, months=1, start=date(2026, 5, 1), knowledge=KNOWLEDGE)
    assert {path.name[:7] for path in (tmp_path / "import").glob("20*")} == {"2026-05"}


def test_a_folder_that_holds_other_files_keeps_them(tmp_path):
    (tmp_path / "import").mkdir()
    (tmp_path / "import" / "own.csv").write_text("x", "utf-8")
    generate(tmp_path, lines=3_000, months=1, knowledge=KNOWLEDGE)
    assert (tmp_path / "import" / "own.csv").exists()


def test_the_lines_asked_for_are_met_and_schemes_come_on_top(files, summary):
    schemes = sum(int(row["feedetl_sn"][6:]) > BEYOND_LINES for row in files.fees)
    assert schemes > 500
    assert summary.lines - schemes == pytest.approx(20_000, rel=0.02)


def test_files_and_rows_are_those_of_the_summary(files, summary):
    for kind in KINDS:
        assert len(files.rows(kind)) == summary.kinds[kind]
    assert len(files.fees) == summary.lines
    folder = files.out / "import"
    assert {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()} == set(summary.files)
    assert json.loads((files.out / "summary.json").read_text("utf-8")) == summary.as_dict()


def test_every_header_is_national_or_chinese(files):
    for path in sorted((files.out / "import").glob("*.csv")):
        kind = path.stem.rpartition("_")[2]
        assert national(kind, parsed(path)[0]) == list(headers(kind))


def test_exports_differ_as_real_ones_do(files):
    folder = files.out / "import"
    assert (folder / "2025-11_feedetail.csv").read_bytes().startswith(b"feedetl_sn,")
    assert (folder / "2025-12_feedetail.csv").read_bytes().startswith(b"\xef\xbb\xbffeedetl_sn,")
    assert (folder / "2026-01_feedetail.csv").read_bytes().startswith("费用明细流水号,".encode("gb18030"))
    (workbook,) = folder.glob("*.xlsx")
    month, clinic = workbook.stem.split("_")
    assert month == "2026-02"
    assert not any(clinic in cells for cells in parsed(folder / "2026-02_setlinfo.csv"))
    others = [path for path in folder.glob("*_setlinfo.csv") if path.name[:4].isdigit()]
    assert any(clinic in cells for path in others for cells in parsed(path))


def test_codes_have_the_shape_of_real_ones(files):
    for name, shape in SHAPES.items():
        strange = {row[name] for row in files.fees if not re.fullmatch(shape, row[name])}
        assert not strange, name


def test_every_reference_leads_somewhere(files):
    masters = {kind: files.rows(kind) for kind in ("medins", "dept", "prac")}
    institutions = {row["fixmedins_code"] for row in masters["medins"]}
    departments = {(row["fixmedins_code"], row["hosp_dept_codg"]) for row in masters["dept"]}
    staff = {row["prac_psn_code"]: row["fixmedins_code"] for row in masters["prac"]}
    visits = {row["mdtrt_id"]: row for row in files.settlements}
    settled = {row["setl_id"]: row["mdtrt_id"] for row in files.settlements}
    for row in files.fees:
        visit = visits[row["mdtrt_id"]]
        assert visit["psn_no"] == row["psn_no"]
        assert settled[row["setl_id"]] == row["mdtrt_id"]
        assert row["fixmedins_code"] == visit["fixmedins_code"]
        assert row["fixmedins_code"] in institutions
        if row["bilg_dept_codg"]:
            assert (row["fixmedins_code"], row["bilg_dept_codg"]) in departments
            assert staff[row["bilg_dr_codg"]] == row["fixmedins_code"]
    assert {row["mdtrt_id"] for row in files.rows("diseinfo")} <= visits.keys()
    assert {row["mdtrt_id"] for row in files.rows("oprninfo")} <= visits.keys()


def test_the_county_is_the_one_promised(files):
    kinds = [row["fixmedins_type"] for row in files.rows("medins")]
    counts = {kind: kinds.count(kind) for kind in ("医院", "乡镇卫生院", "村卫生室", "药店")}
    assert counts == {"医院": 2, "乡镇卫生院": 12, "村卫生室": 40, "药店": 8}
    leads = {row["lead_fixmedins_code"] for row in files.rows("medins") if row["fixmedins_type"] == "乡镇卫生院"}
    assert leads == {"H99012400001", "H99012400002"}


def test_numbers_are_unique(files):
    for name, rows in (("feedetl_sn", files.fees), ("setl_id", files.settlements)):
        assert len({row[name] for row in rows}) == len(rows)


def test_broken_rows_are_listed_where_they_stand(files):
    listed = files.table(files.out / "bad_rows.csv")
    assert len(listed) == len(files.broken) == 60
    for row in listed:
        kind = row["file"].removesuffix(".csv").rpartition("_")[2]
        head, *body = parsed(files.out / "import" / row["file"])
        cells = dict(zip(national(kind, head), body[int(row["row"]) - 2], strict=True))
        assert is_broken(row["column"], cells, body, int(row["row"]))


def is_broken(column: str, cells: dict[str, str], body: list[list[str]], row: int) -> bool:
    """Whether a cell is wrong in the way its column can be."""
    value = cells[column]
    if column == "feedetl_sn":
        return value in {other[0] for other in body[: row - 2]}
    if column in ("psn_no", "med_list_codg"):
        return value == ""
    if column == "det_item_fee_sumamt" or column == "medfee_sumamt":
        return len(value.partition(".")[2]) == 3
    if column == "gend":
        return value not in ("1", "2", "9")
    if column == "cnt":
        return not re.fullmatch(r"-?[\d.]+", value)
    try:
        date.fromisoformat(value[:10])
    except ValueError:
        return True
    return False


def test_no_cell_needs_quoting(files):
    for path in (files.out / "import").glob("*.csv"):
        widths = {len(cells) for cells in parsed(path)}
        assert len(widths) == 1, path.name


def test_progress_is_told(tmp_path):
    told: list[tuple[str, int, int | None]] = []
    generate(tmp_path, lines=3_000, months=2, knowledge=KNOWLEDGE, progress=lambda *step: told.append(step))
    assert [(done, total) for _, done, total in told] == [(0, 2), (1, 2), (2, 2)]


def test_a_key_can_be_read_as_csv(files):
    with (files.out / "answer_key.csv").open(encoding="utf-8", newline="") as file:
        names = next(csv.reader(file))
    assert names == ["rule_id", "kind", "person_no", "institution_id", "rows", "note", "author", "case", "others"]
    assert not (files.out / "import" / "answer_key.csv").exists()


def test_a_month_that_begins_in_the_middle(tmp_path):
    generate(tmp_path, lines=4_000, months=2, start=date(2026, 2, 12), knowledge=KNOWLEDGE)
    days = {row["fee_ocur_time"][:10] for row in CountyFiles(tmp_path).fees}
    assert min(days) >= "2026-02-12"
    assert max(days) <= "2026-03-31"


def test_schemes_of_shares_charge_dear_items_of_one_category_alone(county_of_all: CountyFiles):
    found = county_of_all
    fees: dict[tuple[str, str], list[dict[str, str]]] = {}
    for row in found.fees:
        if int(row["feedetl_sn"][6:]) > BEYOND_LINES:
            fees.setdefault((row["fixmedins_code"], row["fee_ocur_time"][:7]), []).append(row)
    told = {row["rule_id"]: row for row in found.table(found.out / "schemes.csv") if row["rule_id"].endswith("-share")}
    assert set(told) == {"fund/drug-share", "fund/consumable-share"}
    for rule, head in (("fund/drug-share", "XZ"), ("fund/consumable-share", "C")):
        one = told[rule]
        held = fees[one["institution_id"], one["month"]]
        assert sum(row["med_list_codg"][0] in head for row in held) >= 75
        assert one["institution_id"].startswith("H990124001")


def test_stores_are_short_of_drugs_and_of_consumables(county_of_all: CountyFiles):
    told = [row for row in county_of_all.table(county_of_all.out / "schemes.csv") if "stock" in row["rule_id"]]
    assert {row["item_code"][0] == "C" for row in told} == {True, False}
    assert all((row["rule_id"] == "fund/consumable-stock-balance") == (row["item_code"][0] == "C") for row in told)
