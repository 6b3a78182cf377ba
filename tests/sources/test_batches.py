"""One file is one batch: the same twice changes nothing, a correction replaces, a dry run touches nothing."""

from tests.sources.conftest import Site
from tests.sources.samples import MEDINS, SETLINFO, line, write_csv
from zhunsheng.facts import lake
from zhunsheng.facts.lineage import origins
from zhunsheng.sources import files


def states(report):
    return [one.state for one in report.files]


def everything(folder):
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()} if folder.exists() else {}


def test_the_same_file_twice_changes_nothing(site):
    path = write_csv(site.inbox, "feedetail", [line(1), line(2, cnt="x")])
    first = site.load(path)
    before = everything(site.home.lake)
    again = site.load(path, at=1_790_000_999)
    assert (states(first), states(again)) == (["loaded"], ["unchanged"])
    assert again.snapshot == first.snapshot == "s000001"
    assert everything(site.home.lake) == before


def test_the_same_bytes_under_another_name_change_nothing(site):
    site.load(write_csv(site.inbox, "feedetail", [line(1)], name="a"))
    report = site.load(write_csv(site.inbox, "feedetail", [line(1)], name="b"))
    assert states(report) == ["unchanged"]


def test_months_without_a_row_are_equal_and_still_two_batches(site):
    """Two files that hold only their header are corrections of two names: neither may keep its old rows."""
    for name in ("march", "april"):
        site.load(write_csv(site.inbox, "feedetail", [line({"march": 1, "april": 2}[name])], name=name))
    empty = [write_csv(site.inbox, "feedetail", [], name=name) for name in ("march", "april")]
    report = site.load(*empty)
    assert states(report) == ["replaced", "replaced"]
    assert site.rows("charge_line") == []
    assert states(site.load(*empty)) == ["unchanged", "unchanged"]


def test_a_correction_replaces_its_batch_in_one_snapshot(site):
    first = site.load(write_csv(site.inbox, "feedetail", [line(1), line(2)]))
    path = write_csv(site.inbox, "feedetail", [line(2, det_item_fee_sumamt="24.67"), line(3)])
    report = site.load(path, at=1_790_000_999)
    assert states(report) == ["replaced"]
    assert report.files[0].replaces == first.files[0].batch
    assert (report.snapshot, list(lake.latest(site.home).batches)) == ("s000002", [report.files[0].batch])
    assert site.rows("charge_line", "line_id, amount_fen") == [
        ("H33010200001-F000002", 2467),
        ("H33010200001-F000003", 2468),
    ]
    old = lake.get(site.home, "s000001")
    assert len(lake.files(site.home, old, "charge_line")) == 1


def test_a_correction_without_a_good_row_leaves_the_batch(site):
    site.load(write_csv(site.inbox, "feedetail", [line(1)]))
    report = site.load(write_csv(site.inbox, "feedetail", [line(1, cnt="x"), line(2, pric="x")]))
    assert (states(report), report.files[0].problem["code"]) == (["refused"], "ZS207")
    assert (report.rows_read, report.rows_rejected, report.snapshot) == (2, 2, "s000001")
    assert len(site.rows("charge_line")) == 1


def test_a_name_ties_a_correction_to_its_batch(site):
    site.load(write_csv(site.inbox, "feedetail", [line(1)], name="march-v1"), name="march")
    report = site.load(write_csv(site.inbox, "feedetail", [line(1), line(2)], name="march-v2"), name="march")
    assert states(report) == ["replaced"]
    assert len(site.rows("charge_line")) == 2


def test_two_files_of_one_name_in_one_call(site):
    for folder in ("a", "b"):
        (site.inbox / folder).mkdir()
        write_csv(site.inbox / folder, "feedetail", [line(1 if folder == "a" else 2)])
    report = site.load()
    assert (states(report), report.files[1].problem["code"]) == (["loaded", "refused"], "ZS208")


def test_a_dry_run_gives_the_same_report_and_touches_nothing(site):
    write_csv(site.inbox, "feedetail", [line(1), line(1), line(2, cnt="x"), line(3, det_item_fee_sumamt="30")])
    write_csv(site.inbox, "setlinfo", SETLINFO)
    (site.inbox / "bad.csv").write_text("?")
    dry = site.load(dry_run=True)
    assert not site.home.root.exists()
    real = site.load()
    expected = {**real.as_dict(), "snapshot": None, "dry_run": True}
    assert dry.as_dict() == expected
    write_csv(site.inbox, "feedetail", [line(1), line(4)])
    before = everything(site.home.root)
    dry = site.load(dry_run=True)
    assert everything(site.home.root) == before
    assert states(dry) == ["refused", "replaced", "unchanged"]


def test_all_files_of_one_call_are_one_snapshot(site):
    write_csv(site.inbox, "feedetail", [line(1)])
    write_csv(site.inbox, "setlinfo", SETLINFO)
    site.load()
    assert [one.id for one in lake.snapshots(site.home)] == ["s000001"]


def test_the_files_of_a_load_are_known_beforehand(site):
    """Folders are read at every depth; hidden and half-open files and other kinds of file are left out."""
    below = site.inbox / "2026" / "march"
    below.mkdir(parents=True)
    write_csv(below, "feedetail", [line(1)])
    write_csv(site.inbox, "setlinfo", SETLINFO)
    for left_out in ("notes.pdf", ".hidden.csv", "~$open.xlsx"):
        (site.inbox / left_out).write_bytes(b"x")
    named = files([site.inbox, site.inbox / "absent.csv"])
    assert [path.name for path in named] == ["feedetail.csv", "setlinfo.csv", "absent.csv"]
    assert [one.file for one in site.load(site.inbox, site.inbox / "absent.csv").files] == [p.name for p in named]


def test_the_site_folder_may_bear_an_apostrophe(tmp_path):
    root = tmp_path / "O'Brien"
    root.mkdir()
    site = Site(root)
    site.load(write_csv(site.inbox, "feedetail", [line(1)]))
    site.load(write_csv(site.inbox, "feedetail", [line(2)], name="april"))
    assert len(site.rows("charge_line")) == 2


def test_a_line_leads_back_to_its_file_and_row(site):
    report = site.load(write_csv(site.inbox, "feedetail", [line(1), line(2, cnt="x"), line(3)]))
    (origin,) = origins(site.home, lake.latest(site.home), "charge_line", "H33010200001-F000003")
    assert (origin.batch.id, origin.batch.file_name, origin.row) == (report.files[0].batch, "feedetail.csv", 4)
    assert origin.batch.rejected == 1


def test_master_data_may_be_sent_again(site):
    site.load(write_csv(site.inbox, "medins", MEDINS, name="january"))
    report = site.load(
        write_csv(site.inbox, "medins", [*MEDINS, {**MEDINS[0], "begndate": "2026-01-01"}], name="february")
    )
    assert (states(report), report.rows_rejected) == (["loaded"], 0)


def test_progress_names_its_steps(site):
    seen = []
    site.load(write_csv(site.inbox, "feedetail", [line(1)]), progress=lambda *step: seen.append(step))
    assert seen[0] == ("read", 0, 1)
    assert ("write charge_line", 1, 1) in seen
