"""Spark Connect is the same engine by another door: the same digest."""

from __future__ import annotations

import subprocess
import sys

import pytest

from zhunsheng.engines import spark
from zhunsheng.kernel.home import ROOT

pytestmark = [pytest.mark.spark, pytest.mark.timeout(600)]


def test_the_same_result_by_spark_connect(tmp_path):
    pytest.importorskip("pyspark", reason="pyspark has an environment of its own: make test-spark")
    if spark.java() is None:
        pytest.skip("Spark needs Java 17: apt-get install openjdk-17-jre-headless")
    command = [sys.executable, "-m", "tests.engines.by_connect", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=500)
    assert done.returncode == 0, done.stderr[-2000:]
    here, there = (line.split(maxsplit=2) for line in done.stdout.splitlines()[-2:])
    assert there[:2] == here[:2]
    assert int(here[1]) > 2
    assert there[2].startswith("spark ")
