"""Lines per second from a file into the lake, beside what reading the same file costs at least.

    python -m benchmarks.ingest [--lines 1000000] [--times 3] [--xlsx 50000] [--held 0]

The input is a national fee detail with 1 % bad rows (eight kinds of fault, in fixed places). Each import runs in a
process of its own into an empty lake, so that its peak memory is its own; with ``--held`` the lake holds so many
lines already. Nothing may be lost: lines = loaded + rejected, and rejected = planted. The floors run in between.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import xlsxwriter

from benchmarks._measure import SCRATCH, in_child, tell
from zhunsheng.sources.mapping import mapping

FAULTS = 8


def frame(lines: int, start: int = 0) -> pl.DataFrame:
    """Return fee lines as text columns, one in a hundred of them faulty; the same numbers give the same text."""
    number = pl.int_range(start, start + lines, eager=True)
    price = (number * 7919) % 49_900 + 100
    count = number % 5 + 1
    amount = price * count
    # seconds since 1970, from 2026-01-01 on, spread over the year
    moment = ((number * 104_729 % 31_449_600 + 1_767_225_600) * 1000).cast(pl.Datetime("ms"))

    def fixed(value: pl.Series, digits: int) -> pl.Series:
        return value.cast(pl.String).str.zfill(digits)

    def yuan(fen: pl.Series) -> pl.Series:
        return (fen // 100).cast(pl.String) + "." + fixed(fen % 100, 2)

    data = pl.DataFrame(
        {
            "feedetl_sn": "F" + fixed(number, 12),
            "init_feedetl_sn": pl.Series([""]).extend_constant("", lines - 1),
            "mdtrt_id": "M" + fixed(number // 12, 10),
            "setl_id": "S" + fixed(number // 12, 10),
            "psn_no": "3300" + fixed(number // 12 % 100_000, 12),
            "fixmedins_code": "H33010200" + fixed(number // 600 % 50, 3),
            "bilg_dept_codg": "D" + fixed(number // 12 % 20, 2),
            "bilg_dr_codg": "D3301" + fixed(number // 12 % 500, 8),
            "med_list_codg": "XA01ABD075A002010" + fixed(number % 3_000, 6),
            "medins_list_name": "阿莫西林胶囊" + (number % 3_000).cast(pl.String) + "号",
            "med_chrgitm_type": fixed(number % 14, 2),
            "fee_ocur_time": moment.dt.strftime("%Y-%m-%d %H:%M:%S"),
            "cnt": count.cast(pl.String),
            "pric": yuan(price),
            "det_item_fee_sumamt": yuan(amount),
            "inscp_scp_amt": yuan(amount),
        }
    )
    return data.with_columns(_faulty(number))


def _faulty(number: pl.Series) -> list[pl.Expr]:
    """Spoil every hundredth line in one of eight ways; seven of them show in one column."""
    kind = pl.lit((number // 100 % FAULTS).rename("kind"))
    bad = pl.lit((number % 100 == 50).rename("bad"))

    def spoil(column: str, *cases: tuple[int, str]) -> pl.Expr:
        value = pl.col(column)
        for which, text in cases:
            value = pl.when(bad & (kind == which)).then(pl.lit(text)).otherwise(value)
        return value.alias(column)

    return [
        spoil("cnt", (0, "0"), (1, "两盒")),
        spoil("det_item_fee_sumamt", (2, "12.345"), (3, "")),
        spoil("fee_ocur_time", (4, "2026-02-30"), (5, "昨天")),
        spoil("feedetl_sn", (6, "")),
        spoil("psn_no", (7, "")),
    ]


def planted(lines: int, start: int = 0) -> int:
    """Return how many lines of ``frame`` are faulty."""
    return int((np.arange(start, start + lines) % 100 == 50).sum())


def input_file(lines: int, form: str) -> Path:
    """Write the input once; return its path. ``form`` is utf-8, gb18030, quoted or xlsx."""
    SCRATCH.mkdir(parents=True, exist_ok=True)
    ending = "xlsx" if form == "xlsx" else "csv"
    path = SCRATCH / f"feedetail-{lines}-{form}.{ending}"
    if path.exists():
        return path
    part = path.with_suffix(".part")
    if form == "xlsx":
        _workbook(frame(lines), part)
    else:
        with part.open("wb") as file:
            for start in range(0, lines, 500_000):
                data = frame(min(500_000, lines - start), start)
                style = "always" if form == "quoted" else "never"
                text = data.write_csv(include_header=start == 0, quote_style=style)
                file.write(text.encode("gb18030" if form == "gb18030" else "utf-8"))
    return part.rename(path)


def _workbook(data: pl.DataFrame, path: Path) -> None:
    titles = {one.name: one.zh for one in mapping("settlement_list").kinds["feedetail"].fields}
    book = xlsxwriter.Workbook(str(path), {"constant_memory": True})
    sheet = book.add_worksheet("费用明细")
    sheet.write_row(0, 0, [titles[name] for name in data.columns])
    for number, row in enumerate(data.iter_rows(), 1):
        sheet.write_row(number, 0, row)
    book.close()


def load_once(path: Path, site: Path) -> dict[str, float]:
    """Import one file; the work of the child process."""
    from zhunsheng.kernel.home import Home
    from zhunsheng.sources import load

    began, used = time.perf_counter(), time.process_time()
    report = load(Home(site), [path], recorded_at=1_793_000_000)
    seconds, cpu = time.perf_counter() - began, time.process_time() - used
    # a child's ru_maxrss starts at its parent's: the kernel's own mark of this address space does not
    mark = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    peak = int(mark.split()[1]) / 1024
    return {
        "seconds": seconds,
        "cpu_seconds": cpu,
        "peak_mib": peak,
        "read": report.rows_read,
        "loaded": report.rows_loaded,
        "rejected": report.rows_rejected,
    }


def measure(path: Path, times: int, held: Path | None) -> dict[str, float]:
    """Import a file several times, each into a fresh lake; return the median."""
    runs = []
    for _ in range(times):
        site = SCRATCH / "site"
        shutil.rmtree(site, ignore_errors=True)
        if held:
            load_once(held, site)
        runs.append(in_child(__file__, "--child", str(path), str(site)))
    shutil.rmtree(SCRATCH / "site", ignore_errors=True)
    middle = sorted(runs, key=lambda run: run["seconds"])[len(runs) // 2]
    return {**middle, "seconds": statistics.median(run["seconds"] for run in runs)}


def floors(path: Path, times: int) -> dict[str, float]:
    """Return median seconds of the plainest readers of the same file."""
    columns = {one.name: "VARCHAR" for one in mapping("settlement_list").kinds["feedetail"].fields}
    out = SCRATCH / "floor.parquet"

    def count() -> None:
        with duckdb.connect(config={"threads": 2}) as connection:
            connection.execute(f"SELECT count(*), max(cnt) FROM read_csv('{path}', columns={columns}, header=true)")
            connection.fetchall()

    def parquet() -> None:
        pl.scan_csv(path, infer_schema=False).sink_parquet(out, compression="snappy")

    return {"duckdb_count": _median(count, times), "polars_parquet": _median(parquet, times)}


def _median(action: Callable[[], None], times: int) -> float:
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        action()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--xlsx", type=int, default=50_000)
    parser.add_argument("--held", type=int, default=0)
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.child:
        sys.stdout.write(json.dumps(load_once(Path(asked.child[0]), Path(asked.child[1]))) + "\n")
        return
    held = _held(asked.held) if asked.held else None
    data: dict[str, object] = {"lines": asked.lines, "held": asked.held}
    rows = []
    for form in ("utf-8", "quoted", "gb18030", "xlsx"):
        lines = asked.xlsx if form == "xlsx" else asked.lines
        if not lines:
            continue
        path = input_file(lines, form)
        found = measure(path, asked.times, held)
        assert found["read"] == lines == found["loaded"] + found["rejected"], found
        assert found["rejected"] == planted(lines), found
        rate = round(lines / found["seconds"])
        data[form] = {"lines_per_second": rate, **{name: round(value, 3) for name, value in found.items()}}
        spent = f"{found['seconds']:.2f} s, {found['cpu_seconds']:.2f} CPU s"
        beside = f"{spent}, peak {found['peak_mib']:.0f} MiB, {found['rejected']:.0f} sent back"
        rows.append((f"{form}, {lines:,} lines into the lake", f"{rate:,} lines/s", beside))
        if form == "utf-8":
            for name, seconds in floors(path, asked.times).items():
                data[name] = round(lines / seconds)
                rows.append((f"floor: {name}", f"{lines / seconds:,.0f} lines/s", f"{seconds:.2f} s"))
    tell("ingest", " ".join(["python -m benchmarks.ingest", *sys.argv[1:]]), rows, data)


def _held(lines: int) -> Path:
    """Write lines that come after the measured ones, to fill a lake beforehand."""
    path = SCRATCH / f"held-{lines}.csv"
    if not path.exists():
        frame(lines, 100_000_000).write_csv(path)
    return path


if __name__ == "__main__":
    main()
