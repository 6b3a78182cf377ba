"""The whole live rule book by DuckDB and by Apache Spark in this machine: the same digest, and what it costs.

    python -m benchmarks.spark [LINES ...] [--times=3]      (default 3000000; needs make env-spark and Java 17)

Of each engine's runs the one of median time is told. All runs start from the same snapshot, each in a process of its
own, one after the other. Judging is what lies between the first pattern and the last count; Spark makes most of its
facts there, because it computes when it is asked. Both write the serving file with DuckDB. The start of the session
stands apart: a cluster's is open already. CPU seconds are those of the process and of the Java machine that it starts.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks._measure import AS_OF, county, in_child, peak_mib, tell
from zhunsheng import runs
from zhunsheng.engines import spark
from zhunsheng.kernel.home import ROOT, Home
from zhunsheng.runs import store

PYTHON = ROOT / ".venv-spark" / "bin" / "python"
HERTZ = os.sysconf("SC_CLK_TCK")


def measure(lines: int, engine: str) -> dict[str, Any]:
    """Run the rule book over a prepared county by one engine, everyone judged."""
    home = county(lines)
    _forget(home, engine)
    at: dict[str, float] = {}
    java: dict[str, float] = {}
    began = time.perf_counter()

    def note(step: str, done: int, _total: int | None) -> None:
        at.setdefault(f"{step} {'ends' if step == 'facts' and done else 'begins'}", time.perf_counter() - began)
        if step == "assemble" and not done:
            java.update(_java())

    where = spark.Where() if engine == "spark" else None
    manifest = runs.execute(
        home, ROOT / "rulebook", as_of=AS_OF, finished_at=0, whole=True, draft=True, progress=note, where=where
    )
    whole = time.perf_counter() - began
    return {
        "engine": manifest.engine,
        "lines": manifest.counts["lines"],
        "rules": len(manifest.rules),
        "findings": manifest.counts["findings"],
        "result_digest": manifest.result_digest,
        "start_seconds": round(at["facts begins"], 2),
        "facts_seconds": round(at["facts ends"] - at["facts begins"], 2),
        "judging_seconds": round(at["assemble begins"] - at["judge begins"], 2),
        "whole_seconds": round(whole - at["facts begins"], 2),
        "cpu_seconds": round(time.process_time() + java.get("cpu", 0), 1),
        "peak_mib": round(peak_mib() + java.get("peak", 0)),
        "java_peak_mib": round(java.get("peak", 0)),
    }


def _forget(home: Home, engine: str) -> None:
    """Remove what an earlier measurement by this engine left: a run of the same input is not made twice."""
    for one in runs.manifests(home):
        if one["engine"].startswith(engine):
            shutil.rmtree(store.folder(home, one["run_id"]))


def _java() -> dict[str, float]:
    """Return CPU seconds and peak MiB of the Java processes that this one has started, as the kernel counts them."""
    told = {"cpu": 0.0, "peak": 0.0}
    for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text("ascii").split():
        status = Path(f"/proc/{pid}/status").read_text("ascii")
        if "Name:\tjava" not in status:
            continue
        times = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
        told["cpu"] += (int(times[11]) + int(times[12])) / HERTZ
        told["peak"] += next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) / 1024
    return told


def main() -> None:
    """Measure each size by both engines, each in a child process, and print."""
    sizes = [int(argument) for argument in sys.argv[1:] if argument.isdigit()] or [3_000_000]
    if "--child" in sys.argv:
        sys.stdout.write(json.dumps(measure(sizes[0], sys.argv[-1])) + "\n")
        return
    if not PYTHON.exists() or spark.java() is None:
        sys.exit("Spark 未安装，未测量：make env-spark，并安装 Java 17 · not measured: make env-spark, and Java 17")
    times = next((int(one.partition("=")[2]) for one in sys.argv if one.startswith("--times=")), 3)
    told = {}
    for size in sizes:
        county(size)
        told[size] = (_typical(size, "duckdb", sys.executable, times), _typical(size, "spark", str(PYTHON), times))
    rows = [row for pair in told.values() for row in _rows(*pair)]
    tell("spark", "zhunsheng bench spark", rows, {"sizes": told})
    if any(duck["result_digest"] != away["result_digest"] for duck, away in told.values()):
        sys.exit("结果摘要不同 · the digests differ")


def _typical(size: int, engine: str, python: str, times: int) -> dict[str, Any]:
    """Return the measurement whose whole run is the median of some; their digests must be one."""
    done = [in_child(__file__, str(size), "--child", engine, python=python) for _ in range(times)]
    if len({one["result_digest"] for one in done}) > 1:
        sys.exit(f"{engine}：同一输入得出不同摘要 · {engine}: one input, several digests")
    return sorted(done, key=lambda one: one["whole_seconds"])[len(done) // 2] | {"times": times}


def _rows(duck: dict[str, Any], away: dict[str, Any]) -> list[tuple[str, str, str]]:
    def beside(what: str) -> tuple[str, str]:
        return f"{duck[what]} · {away[what]} s", f"{away[what] / duck[what]:.1f} times"

    same = "the same digest" if duck["result_digest"] == away["result_digest"] else "ANOTHER digest"
    title = f"{duck['rules']} rules over {duck['lines']:,} lines: {duck['engine']} · {away['engine']}"
    return [
        (title, f"{duck['findings']:,} · {away['findings']:,} findings", same),
        ("judging", *beside("judging_seconds")),
        ("facts", *beside("facts_seconds")),
        ("the whole run, start of the session aside", *beside("whole_seconds")),
        ("CPU", *beside("cpu_seconds")),
        ("start, rule book and session", f"{duck['start_seconds']} · {away['start_seconds']} s", ""),
        ("peak memory", f"{duck['peak_mib']:,} · {away['peak_mib']:,} MiB", f"Java {away['java_peak_mib']:,} MiB"),
    ]


if __name__ == "__main__":
    main()
