"""Processes killed under load: the series of the measurement, in short."""

import pytest

from benchmarks import case_kills
from tests.effort import times


@pytest.mark.timeout(480)  # each death is followed by a start of whole processes
def test_kills_lose_double_and_halve_nothing(tmp_path, monkeypatch, laid):
    laid(tmp_path / "site")
    monkeypatch.setattr(case_kills, "PAUSE", (0.1, 0.8))
    monkeypatch.setattr(case_kills, "AFTER", 1.0)
    kills = times(24)
    found = case_kills.series(tmp_path, kills, seed=7, people=2, late=100)
    assert sum(found["kills"].values()) == kills and set(found["kills"]) == set(case_kills.WEIGHTS)
    assert found["acknowledged"] > 0 and found["late_told"] > 0
    assert case_kills.clean(found), found
