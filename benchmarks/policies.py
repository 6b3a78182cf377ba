"""Scope and permissions beside a second policy in Cedar: random questions on random worlds, and where the two differ.

    python -m benchmarks.policies [QUESTIONS]        (default 100000)

Asked are rights, findings, rows of evidence, patients, cases, events, files, steps, accounts, the log and grants. Each
world is a database and a lake of its own; behind PostgreSQL (DATABASE_URL) the walls are compared with the scope too.
"""

from __future__ import annotations

import os
import sys
import time

from benchmarks._measure import SCRATCH


def main(questions: int) -> int:
    """Ask and print; return 1 where the two differ."""
    os.environ.setdefault("DATABASE_URL", "sqlite://:memory:")
    os.environ["ZHUNSHENG_HOME"] = str(SCRATCH / "policies")
    os.environ["DJANGO_SETTINGS_MODULE"] = "zhunsheng.config.settings"
    os.environ["ZHUNSHENG_LOG"] = "WARNING"
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    from tests.policy.compare import Tally, compare

    tally, seed, began = Tally(), 0, time.perf_counter()
    while tally.asked < questions:
        compare(seed, tally)
        seed += 1
    print(f"worlds {seed}, questions {tally.asked:,}, seconds {time.perf_counter() - began:.0f}")
    for kind in sorted(tally.allowed | tally.denied):
        print(f"{kind:10} allowed {tally.allowed[kind]:7,}  by a grant {tally.by_grant[kind]:6,}"
              f"  denied {tally.denied[kind]:7,}")  # fmt: skip
    print(f"allowed {tally.allowed.total():,}, of these by a grant {tally.by_grant.total():,}; "
          f"denied {tally.denied.total():,}; disagreements {len(tally.disputes)}")  # fmt: skip
    for one in tally.disputes[:20]:
        print(one)
    return 1 if tally.disputes else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000))
