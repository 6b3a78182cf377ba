"""Real SIGKILLs at random points of an import. The bench does a hundred; here a seeded handful."""

from benchmarks.kills import series
from tests.effort import times


def test_a_killed_import_leaves_nothing_half_visible_lost_or_doubled(tmp_path):
    kills = times(12)
    result = series(tmp_path, kills, seed=20261122, lines=2_000)
    assert result.kills == kills
    assert (result.half_visible, result.lost, result.doubled, result.leftovers) == (0, 0, 0, 0)
    assert result.finished_before_kill < kills, "no kill came in time to prove anything"
