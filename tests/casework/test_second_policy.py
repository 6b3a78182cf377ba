"""Scope and permissions agree with a policy that was written apart from them, in Cedar; and a hole would be noticed.

A few thousand questions here, 100,000 in benchmarks/policies.py.
"""

from __future__ import annotations

from dataclasses import replace

import cedarpy
import pytest

from tests.effort import FEWER
from tests.policy import cedar, compare, site
from tests.policy.compare import Tally

pytestmark = pytest.mark.django_db
SEEDS, MOST = (11, 7), 1500
TEXT = cedar.TEXT


def test_both_policies_agree_on_random_worlds():
    tally = Tally()
    seeds = SEEDS[:1] if FEWER else SEEDS
    for seed in seeds:
        compare.compare(seed, tally, most=MOST)
    assert tally.disputes == []
    assert tally.asked == len(seeds) * MOST
    assert tally.allowed.total() > 100 and tally.by_grant.total() > 2 and tally.denied.total() > 1000


@pytest.mark.any_database
def test_a_hole_in_the_site_is_found(monkeypatch):
    """The site shows a reader the findings of every institution."""

    def careless(user):
        return replace(site_scope(user), institutions=frozenset(f"P{number}" for number in range(8)))

    site_scope = site.scope
    monkeypatch.setattr(site, "scope", careless)
    tally = Tally()
    compare.compare(SEEDS[0], tally, most=MOST)
    assert {one.split(", ")[1].split(" ")[0] for one in tally.disputes} & {"finding", "row", "patient"}


@pytest.mark.any_database
def test_a_hole_in_the_second_policy_is_found():
    """A party would see what is internal."""
    assert "resource.party_sees && resource.shown" in TEXT
    policy = cedarpy.PolicySet.from_str(TEXT.replace("resource.party_sees && resource.shown", "resource.party_sees"))
    tally = Tally()
    for seed in range(6, 46):  # the first of these worlds shows it already
        compare.compare(seed, tally, policy, most=100)
        if tally.disputes:
            break
    assert any("event" in one or "file" in one for one in tally.disputes)
