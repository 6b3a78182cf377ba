"""How many examples a property test tries: all of them at a developer's, a share on the build server.

A developer meets new examples in each run; the build server repeats the same ones, of which more prove little more.
"""

from __future__ import annotations

import os

#: The share that the build server tries. ZHUNSHENG_FULL tries all there too.
SHARE = 0.5
FEWER = bool(os.environ.get("CI")) and not os.environ.get("ZHUNSHENG_FULL")


def times(examples: int) -> int:
    """Return how many of so many examples are tried here, one at least."""
    return max(1, round(examples * SHARE)) if FEWER else examples
