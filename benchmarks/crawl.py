"""The crawl in full: every list, and every detail of each owner, asked by each of the roles; what leaked is named.

    python -m benchmarks.crawl

The same checks as in CI (tests/web/test_crawl.py), which takes a seeded sample: there each role asks every seventh list
and a few details; here all of them. Counted are requests, pairs of owner
and reader, and marks that a reader met and may not.
"""

from __future__ import annotations

import os
import sys
import time
from typing import Any

from benchmarks._measure import SCRATCH


class Counting:
    """Counts the requests of the test client, and the tests that failed."""

    def __init__(self) -> None:
        self.requests, self.failed = 0, []

    def pytest_sessionstart(self) -> None:
        """Count from here on."""
        from django.test import Client

        asked = Client.request

        def counted(client: Any, **more: Any) -> Any:
            self.requests += 1
            return asked(client, **more)

        Client.request = counted

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Keep the name of each test that failed."""
        if report.failed:
            self.failed.append(report.nodeid)


def main() -> int:
    """Crawl and print; return 1 where something leaked or failed."""
    os.environ["ZHUNSHENG_FULL"] = "1"
    os.environ["ZHUNSHENG_HOME"] = str(SCRATCH / "crawl")
    os.environ["ZHUNSHENG_LOG"] = "WARNING"
    import pytest

    counting, began = Counting(), time.perf_counter()
    options = ["-q", "--no-header", "-p", "no:cacheprovider", "-p", "no:logging", "--timeout=0"]
    code = pytest.main(["tests/web/test_crawl.py", *options], plugins=[counting])
    told = sys.modules["tests.web.test_crawl"]
    seconds = time.perf_counter() - began
    print(f"requests {counting.requests:,}, pairs of owner and reader {len(told.PAIRS):,} "
          f"({told.PAIRS.total():,} details), leaks {len(told.LEAKS)}, failed checks {len(counting.failed)}, "
          f"seconds {seconds:.0f}")  # fmt: skip
    for one in [*told.LEAKS[:20], *counting.failed[:20]]:
        print(one)
    return int(code) or int(bool(told.LEAKS))


if __name__ == "__main__":
    sys.exit(main())
