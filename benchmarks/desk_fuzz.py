"""The plain JSON interface under generated requests: what schemathesis finds wrong, which is to be nothing.

    python -m benchmarks.desk_fuzz [EXAMPLES]        (default 200 for each operation and phase)

The site is served on 127.0.0.1 as in production. Left out is one check: a day such as 2026-02-30 fits the pattern
that a schema can state and is refused all the same.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

from benchmarks import _site
from benchmarks._measure import tell

LEFT_OUT = "positive_data_acceptance"


def main(examples: int) -> int:
    """Run and print; return the exit code of schemathesis."""
    command = shutil.which("schemathesis", path=str(Path(sys.executable).parent))
    if command is None:
        sys.stderr.write("schemathesis is not installed: make env-bench\n")
        return 2
    home, secret, _ = _site.made(5)
    with _site.served(home) as port:
        _site.wait(port, secret)
        done = subprocess.run(
            [
                command, "run", f"http://{_site.HOST}:{port}/api/openapi.json",
                "--header", f"Authorization: Bearer {secret}",
                "--max-examples", str(examples), "--seed", "1", "--exclude-checks", LEFT_OUT,
            ],
            cwd=_site.SCRATCH,
            capture_output=True,
            text=True,
            check=False,
        )  # fmt: skip
    sys.stdout.write(done.stdout[-6000:])
    cases = re.search(r"([\d,]+) generated", done.stdout)
    told = {"cases": cases[1] if cases else None, "exit_code": done.returncode, "left_out": LEFT_OUT}
    tell("desk_fuzz", "zhunsheng bench desk_fuzz", [("requests", str(told["cases"]), f"exit {done.returncode}")], told)
    return done.returncode


if __name__ == "__main__":
    raise SystemExit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 200))
