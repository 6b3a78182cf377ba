"""1,000 attacks on the evidence log by who owns the operator's machine and one witness's key: none is accepted.

    python -m benchmarks.attacks [--attacks 1000] [--seed 1]

The attacks and who judges them are those of tests/evidence/adversary.py; the tests run a sample. Without Go and x/mod
the foreign judge is left out, which the output says.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

from tests.evidence import judging
from tests.evidence.adversary import series


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--attacks", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        judge = judging.asked(judging.built(place), place) if judging.present() else None
        began = time.perf_counter()
        tried, accepted = series(place / "series", given.attacks, given.seed, judge)
        taken = time.perf_counter() - began
    told = {"attacks": tried.total(), **{f"accepted_by_{name}": count for name, count in accepted.items()}}
    if judge is None:
        sys.stdout.write(f"{judging.ABSENT}: its verdict is missing\n")
    sys.stdout.write("\n".join(f"{name:22} {value}" for name, value in (told | dict(tried)).items()) + "\n")
    sys.stdout.write(
        json.dumps({"benchmark": "attacks", **told, "kinds": dict(tried), "seconds": round(taken, 1)}) + "\n"
    )
    sys.exit(1 if accepted.total() else 0)


if __name__ == "__main__":
    main()
