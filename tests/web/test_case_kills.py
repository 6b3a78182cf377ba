"""Processes killed under load: the series of the measurement, in short."""

import pytest

from benchmarks import case_kills
from tests.effort import times


@pytest.mark.timeout(480)  # each death is followed by a start of whole processes
def test_kills_lose_double_and_halve_nothing(tmp_path, monkeypatch, laid):
    laid(tmp_path / "site")
    monkeypatch.setattr(case_kills, "PAUSE", (0.1, 0.8))
    kills = times(40)
    found = case_kills.series(tmp_path, kills, seed=7, people=3)
    assert sum(found["kills"].values()) == kills and found["acknowledged"] > 0
    assert case_kills.clean(found), found
