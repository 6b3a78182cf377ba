"""Mutated files: an explanation or a load, never a traceback, never a hang, and the counts always add up."""

import pytest

from tests.effort import times
from tests.sources.mutations import KINDS, mutant
from zhunsheng.sources.mapping import mapping

SEEDS = range(max(times(64), len(KINDS)))


def sound(report):
    """Assert that every file was either used or explained, and that no row was lost."""
    for one in report.files:
        assert one.rows_read == one.rows_loaded + one.rows_rejected
        assert one.state in ("loaded", "replaced", "unchanged", "refused")
        assert (one.problem is not None) == (one.state == "refused")
        if one.problem:
            assert one.problem["message"] and one.problem["mend"]
            assert one.problem["code"] not in ("ZS211", "ZS212"), one.problem
    told = {}
    for reject in report.store.rows():
        told.setdefault(reject.file, set()).add(reject.row)
        assert reject.as_dict()["reason"]["zh"]
    for one in report.files:
        assert len(told.get(one.file, ())) == one.rows_rejected


@pytest.mark.parametrize("seed", SEEDS)
def test_a_mutated_file_is_loaded_or_explained(site, seed):
    path = mutant(seed, site.inbox)
    dry = site.load(path, dry_run=True)
    report = site.load(path)
    sound(report)
    assert [one.rows_loaded for one in dry.files] == [one.rows_loaded for one in report.files]
    assert report.files
    stored = sum(len(site.rows(kind.key_table)) for kind in mapping("settlement_list").kinds.values())
    assert stored == report.rows_loaded


def test_every_kind_of_damage_is_tried():
    assert len(SEEDS) >= len(KINDS)
