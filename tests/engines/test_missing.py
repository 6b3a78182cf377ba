"""An engine that is not here is named, with the command that mends it, and nothing is changed."""

from __future__ import annotations

import json
import sys
from types import ModuleType, SimpleNamespace

import pytest

from tests.runs.county import MARCH, WOMAN_ONLY, Line, fill, home_at
from zhunsheng import runs
from zhunsheng.cli import main
from zhunsheng.engines import spark
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.files import canonical, write_whole
from zhunsheng.kernel.home import ROOT


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("ZHUNSHENG_HOME", str(tmp_path / "var"))
    place = home_at(tmp_path)
    fill(place, {"man": ("M", None)}, [Line("L1", "man", WOMAN_ONLY)])
    return place


@pytest.fixture
def without(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)


def test_a_run_without_pyspark_names_the_command(home, without, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["zhunsheng", "run", "--as-of", "2026-03-31", "--engine", "spark", "--json"])
    with pytest.raises(SystemExit) as left:
        main()
    told = json.loads(capsys.readouterr().out)
    assert left.value.code
    assert told["error"]["code"] == "ZS510"
    assert "make env-spark" in told["error"]["mend"]
    assert runs.manifests(home) == []


@pytest.mark.parametrize("engine", ["spark 4.3.0", "other 1.0"])
def test_a_replay_asks_for_the_engine_of_the_run(home, without, engine):
    run = runs.execute(home, ROOT / "rulebook", as_of=MARCH, finished_at=1)
    write_whole(home.runs / run.run_id / "manifest.json", canonical({**run.as_dict(), "engine": engine}))
    with pytest.raises(Problem, match="ZS510"):
        runs.replay(home, run.run_id)


def test_a_spark_that_does_not_answer_is_named(monkeypatch):
    def refuse():
        raise ConnectionError("no such host\nand a page of stack")

    module = ModuleType("pyspark.sql")
    module.SparkSession = SimpleNamespace(
        builder=SimpleNamespace(remote=lambda _address: SimpleNamespace(getOrCreate=refuse))
    )
    monkeypatch.setitem(sys.modules, "pyspark.sql", module)
    with pytest.raises(Problem, match="ZS511") as caught, spark.opened(spark.Where(remote="sc://away:15002")):
        pass
    assert "no such host" in str(caught.value)
    assert "stack" not in str(caught.value)


def test_a_local_spark_without_java_is_named(monkeypatch):
    module = ModuleType("pyspark.sql")
    module.SparkSession = object
    monkeypatch.setitem(sys.modules, "pyspark.sql", module)
    monkeypatch.setattr(spark, "java", lambda: None)
    with pytest.raises(Problem, match="ZS511"), spark.opened(spark.Where()):
        pass
