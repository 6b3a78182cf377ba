"""The command line as a new user meets it: files in, findings out, every answer also as JSON, errors with codes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from tests.book.books import save
from tests.cli.kept import answered, inside
from zhunsheng.book import load
from zhunsheng.book.workbooks.sheets import read_sheets
from zhunsheng.casework.outbox.models import EvidenceOutbox
from zhunsheng.kernel.home import ROOT

CAPS = ("序号", "项目名称", "限制数量", "数量单位", "项目编码")
SHOWN = ("demo", "--lines", "2000", "--only-build", "--json")
CARE = (1, "甲级护理", 2, "日", "001201000990000")
COMMAND = [sys.executable, "-c", "from zhunsheng.cli import main; main()"]


def environment_of(place):
    """The environment of a user: a folder of their own, and none of the settings of the test run."""
    plain = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    return {**plain, "ZHUNSHENG_HOME": str(place / "var"), "COLUMNS": "160"}


def typed(place, *arguments):
    """Run a command in a process of its own, as a user does."""
    words = [*COMMAND, *map(str, arguments)]
    return subprocess.run(words, cwd=ROOT, env=environment_of(place), capture_output=True, text=True, timeout=170)


def speaks(place, *arguments, expect=0):
    """Return what a command says, run without the seconds that a process of its own takes to begin."""
    done = answered(place / "var", *arguments)
    assert expect is None or done.exit_code == expect, done.output
    return json.loads(done.stdout) if "--json" in arguments else done.stdout


@pytest.fixture(scope="module")
def place(tmp_path_factory, laid):
    folder = tmp_path_factory.mktemp("site")
    laid(folder / "var")
    return folder


@pytest.fixture(scope="module")
def cli(place, django_db_blocker):
    with django_db_blocker.unblock():
        yield partial(speaks, place)


@pytest.fixture(scope="module")
def judged(cli, place):
    """A small county, imported and judged once for the module."""
    cli("generate", place / "county", "--lines", "20000", "--json")
    loaded = cli("import", place / "county" / "import", "--json", expect=3)
    run = cli("run", "--as-of", "2026-10-31", "--json")
    return loaded, run


@pytest.fixture(scope="module")
def shown(tmp_path_factory, laid):
    """The folder of a small demo, built by a process of its own, and what that told."""
    place = tmp_path_factory.mktemp("shown")
    laid(place / "var")
    done = typed(place, *SHOWN)
    assert done.returncode == 0, done.stderr
    return place, json.loads(done.stdout)


def test_before_the_first_import_each_command_says_what_to_do(cli, tmp_path):
    done = typed(tmp_path, "run", "--json")
    told = json.loads(done.stdout)["error"]
    assert (done.returncode, told["code"]) == (1, "ZS502")
    assert "zhunsheng import" in told["mend"]
    assert "Traceback" not in done.stderr
    assert cli("explain", "0" * 20, "--json", expect=1)["error"]["code"] == "ZS502"


def test_import_returns_rejected_rows_with_reports(judged):
    loaded, _ = judged
    assert sum(file["rows_rejected"] for file in loaded["files"]) > 0
    assert sum(file["rows_loaded"] for file in loaded["files"]) > 20_000
    reports = [Path(path) for path in loaded["reports"]]
    assert {path.suffix for path in reports} == {".xlsx", ".json"}
    assert all(path.stat().st_size > 0 for path in reports)


def test_the_same_folder_again_changes_nothing(cli, place, judged):
    again = cli("import", place / "county" / "import", "--json", expect=0)
    assert {file["state"] for file in again["files"]} == {"unchanged"}


def test_a_run_can_be_repeated_listed_and_replayed(cli, judged):
    _, run = judged
    assert cli("run", "--as-of", "2026-10-31", "--json")["result_digest"] == run["result_digest"]
    assert run["run_id"] in [one["run_id"] for one in cli("run", "--list", "--json")["runs"]]
    assert cli("replay", run["run_id"], "--json")["equal"] is True
    assert cli("replay", "r0", "--json", expect=1)["error"]["code"] == "ZS501"


def test_answers_score_every_rule(cli, place, judged):
    rules = cli("answers", place / "county" / "answer_key.csv", "--json", expect=3)["rules"]
    assert {rule["rule_id"] for rule in rules} <= set(load(ROOT / "rulebook").live)
    # a rule whose cases the files cannot tell has neither share
    assert all(rule["recall_known"] in (1.0, None) and rule["precision"] in (1.0, None) for rule in rules)
    assert sum(rule["recall_known"] is not None for rule in rules) > 85
    for rule in rules:
        seen = rule["planted"] - rule["blind_planted"]
        assert rule["found"] - rule["blind_found"] == seen, rule
        assert rule["unknown_found"] == rule["unknown_planted"], rule
        assert (rule["look_alikes_hit"], rule["wrong"]) == (0, []), rule


def test_explain_speaks_both_languages(cli, judged, place):
    import duckdb

    from zhunsheng import runs
    from zhunsheng.kernel.home import Home

    with duckdb.connect(str(runs.current(Home(place / "var"))), read_only=True) as con:
        (finding,) = con.execute("SELECT finding_id FROM finding ORDER BY 1 LIMIT 1").fetchone()
    chinese = cli("explain", finding, "--json")
    english = cli("explain", finding, "--language", "en", "--json")
    assert chinese["reasons"][0]["text"] != english["reasons"][0]["text"]
    assert chinese["rows"][0]["file_name"].endswith(("feedetail.csv", "setlinfo.csv", ".xlsx"))
    assert "建议" in cli("explain", finding)


def test_the_book_lints_and_lists(cli):
    assert {rule["ground"] for rule in cli("book", "show", "--json")["rules"]} == {"published", "local", "demo"}
    assert {remark["level"] for remark in cli("book", "lint", "--json")["remarks"]} == {"warning"}


def test_bench_names_what_it_can_measure(cli):
    assert "rules" in cli("bench", "--list")
    told = cli("bench", "nothing", "--json", expect=1)
    assert told["error"]["code"] == "ZS601"


def test_doctor_names_what_is_missing_and_the_command(cli, judged):
    # where something is missing on this machine the answer is the same and the exit code 3
    checks = {check["name"]: check for check in cli("doctor", "--json", expect=None)["checks"]}
    assert checks["数据湖"]["state"] == "well"
    assert checks["规则库"]["state"] in ("well", "poor")


@pytest.mark.parametrize("arguments", [["nonsense"], ["run", "--as-of"], ["generate"]])
def test_wrong_usage_is_code_two(arguments, tmp_path):
    done = typed(tmp_path, *arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_a_wrong_date_is_explained(cli, judged):
    assert cli("run", "--as-of", "31.12.2026", "--json", expect=1)["error"]["code"] == "ZS105"


def test_every_batch_and_run_leaves_evidence_once(cli, place, judged):
    """The evidence names who, what and the digest; loading the same files again adds none."""
    cli("import", place / "county" / "import", "--json")
    with inside(place / "var"):
        rows = list(EvidenceOutbox.objects.values_list("kind", "actor", "subject", "digest"))
    loaded = [row for row in rows if row[0] == "batch.loaded"]
    files = [file for file in judged[0]["files"] if file["state"] == "loaded"]
    assert len({row[2].split("@")[0] for row in loaded}) == len(loaded) >= len(files)
    assert {row[1] for row in loaded} == {"process:cli"}
    assert any(row[0] == "run.recorded" and row[2] == f"run:{judged[1]['run_id']}" for row in rows)
    assert all(len(row[3]) == 64 for row in rows)


def test_the_demo_builds_and_a_second_start_changes_nothing(cli, shown):
    place, first = shown
    second = speaks(place, *SHOWN)
    assert (first["changed"], second["changed"]) == (True, False)
    assert first["run"] == second["run"]
    assert first["people"] == second["people"]
    assert {"reviewer", "hospital"} <= {one["login"] for one in first["people"]}


def test_the_demo_makes_its_county_anew_when_the_generator_changed(shown, tmp_path, monkeypatch):
    from zhunsheng.cli import demo
    from zhunsheng.kernel.home import Home

    site, built = Home(tmp_path / "changing"), Home(shown[0] / "var")
    shutil.copytree(built.root / "demo", site.root / "demo")
    shutil.copytree(built.book, site.book)
    made = (site.root / "demo" / "county" / "summary.json").stat().st_mtime_ns
    folder = demo._county(site, 2_000, 1, quiet=True)
    assert (folder / "summary.json").stat().st_mtime_ns == made
    monkeypatch.setattr(demo, "edition", lambda: "another")
    assert (demo._county(site, 2_000, 1, quiet=True) / "summary.json").stat().st_mtime_ns > made


def test_who_may_not_import_is_told_before_anything_is_loaded(cli, shown):
    """Of the demo's people the hospital's may not import."""
    place, _ = shown
    file = place / "late.csv"
    file.write_text("fixmedins_code,fixmedins_name,fixmedins_type,begndate\nH9,新医院,医院,2020-01-01\n", "utf-8")
    assert speaks(place, "import", file, "--as", "hospital", "--json", expect=1)["error"]["code"] == "ZS702"
    (told,) = speaks(place, "import", file, "--dry-run", "--json")["files"]
    assert (told["state"], told["rows_loaded"]) == ("loaded", 1)


def test_workbooks_are_compared_imported_and_exported(cli, place):
    path = save(place / "第八批-1 caps.xlsx", {"Sheet1": [CAPS, CARE, (2, "乙级护理", "一", "日", "001201000980000")]})
    compared = cli("book", "diff", path, "--json", expect=3)
    assert [(one["code"], one["row"], one["column"]) for one in compared["remarks"]] == [("ZS422", 3, "限制数量")]
    assert [point["key"] for one in compared["diff"] for point in one["points"] if point["kind"] == "new"] == [
        [CARE[4]]
    ]
    assert cli("book", "import", "--dry-run", path, "--json", expect=3)["diff"] == compared["diff"]
    cli("book", "import", path, expect=3)
    assert [one["same"] for one in cli("book", "diff", path, "--json", expect=3)["diff"]] == [1]
    files = cli("book", "export", place / "out", "--list", "daily_quantity_caps", "--json")["files"]
    assert "第八批-1 caps.xlsx" in [one["file"] for one in files]
    assert read_sheets(place / "out" / "第八批-1 caps.xlsx") == read_sheets(path)
    stated = ("--batch", "county-1", "--citation", "某县医保局〔2026〕3号", "--from", "2026-03-01")
    told = cli("book", "import", path, *stated, "--dry-run", "--json", expect=3)
    assert told["sheets"][0]["citation"] == "某县医保局〔2026〕3号"
    assert "限制数量" in cli("book", "diff", path, expect=3)
