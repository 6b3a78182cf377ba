"""One run by DuckDB and one by a Spark Connect server, in a process of its own: a process speaks to one kind of Spark.

    python -m tests.engines.by_connect FOLDER

Prints both digests. The server is started by pyspark beside this process and spoken to over 127.0.0.1.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.engines.hand_made import AS_OF, few, lake_at
from zhunsheng import runs
from zhunsheng.engines import spark
from zhunsheng.kernel.home import ROOT
from zhunsheng.runs import serving


def main() -> None:
    """Run twice and print."""
    serving.live = few
    home = lake_at(Path(sys.argv[1]))
    for where in (None, spark.Where(remote="local[2]")):
        run = runs.execute(home, ROOT / "rulebook", as_of=AS_OF, finished_at=1, where=where)
        sys.stdout.write(f"{run.result_digest} {run.counts['findings']} {run.engine}\n")


if __name__ == "__main__":
    main()
