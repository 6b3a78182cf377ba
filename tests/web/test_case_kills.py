"""Processes killed under load: the series of the measurement, in short."""

import pytest

from benchmarks import case_kills


@pytest.mark.timeout(480)  # each of fifty deaths is followed by a start of whole processes
def test_fifty_kills_lose_double_and_halve_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(case_kills, "PAUSE", (0.1, 0.8))
    found = case_kills.series(tmp_path, 50, seed=7, people=3)
    assert sum(found["kills"].values()) == 50 and found["acknowledged"] > 0
    assert case_kills.clean(found), found
