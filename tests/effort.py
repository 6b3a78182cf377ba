"""How many examples a property test tries: all of them at a developer's, a share on the build server.

A developer meets new examples in each run; the build server repeats the same ones, of which more prove little more.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterable
from functools import cache

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

#: The share that the build server tries. ZHUNSHENG_FULL tries all there too.
SHARE = 0.25
FEWER = bool(os.environ.get("CI")) and not os.environ.get("ZHUNSHENG_FULL")


def times(examples: int) -> int:
    """Return how many of so many examples are tried here, one at least."""
    return max(1, round(examples * SHARE)) if FEWER else examples


def some(things: Iterable, most: int, *key: object) -> list:
    """Return all of them, on the build server at most so many: for one key always the same ones."""
    found = list(things)
    return random.Random(repr(key)).sample(found, min(most, len(found))) if FEWER else found


def drawn(strategy, examples: int) -> list:
    """Return what a strategy gives, the same at each call."""
    found = []

    @settings(
        max_examples=examples, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(strategy)
    def gather(one):
        found.append(one)

    gather()
    return found


@cache
def pooled(make, examples: int = 40):
    """Return a strategy of what another one makes: on the build server one of so many, drawn once for all tests.

    Drawing large loads takes most of the time of the tests that ask each pattern of them.
    """
    return st.sampled_from(drawn(make(), examples)) if FEWER else make()
