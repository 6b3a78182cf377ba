"""The evidence log: durable entries, seal time with five witnesses, proofs out of a large log, a full audit.

    python -m benchmarks.evidence [--entries 1000000] [--appended 60000] [--seals 100] [--mutations 10000] [--kills 0]

Appending is measured with leaves that are signed already, and again with signing and checking; each batch is on the
disk when it returns. Witnesses are five processes of their own. The floor is a running frontier in memory, in Python;
the peer is golang.org/x/mod sumdb/tlog in memory, in Go, where Debian's packages are installed. pymerkle is under the
GPL and is not used. The large log holds entries of 64 bytes; it is made once per size.
"""

from __future__ import annotations

import argparse
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks._measure import SCRATCH, tell
from zhunsheng.evidence import leaf, note, policy, proof, receipt, tree, verify
from zhunsheng.evidence.places import LogPlace, make_log, make_witness
from zhunsheng.evidence.sequencer import MAX_BATCH, entry_of, placed
from zhunsheng.evidence.store import Entry, Log
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.home import ROOT
from zhunsheng.kernel.ids import identity
from zhunsheng.kernel.time import now_seconds

BODY = "operator"
NAMES = ("health", "insurance", "market", "hospital", "vendor")
GROUPS = (
    "group regulators 2 health insurance market\ngroup operators any hospital vendor\n"
    "group both all regulators operators\nquorum both\n"
)


def drafts(start: int, count: int) -> list[leaf.Draft]:
    """Return drafts of a usual kind, five to a case."""
    at = now_seconds()
    return [
        leaf.Draft(f"outbox:{i}", "finding.decided", BODY, identity(i // 5), f"{i:064x}", at, rulebook=f"{7:064x}")
        for i in range(start, start + count)
    ]


def signed_batches(key: note.Signer, count: int) -> list[list[Entry]]:
    """Return signed entries in batches, each leaf in its place."""
    batches, ends = [], {}
    for start in range(0, count, MAX_BATCH):
        batch = []
        for i, one in enumerate(placed(drafts(start, min(MAX_BATCH, count - start)), start, ends)):
            ends[one.case] = (one.sequence, start + i)
            payload = one.payload
            batch.append(entry_of(one, payload, key.verifier.id.hex(), key.raw(leaf.pae(payload))))
        batches.append(batch)
    return batches


def appending(folder: Path, count: int) -> dict[str, Any]:
    """Measure durable entries a second: signed already, and with signing and checking."""
    place = make_log(folder / "append", "log.example/bench", BODY)
    batches = signed_batches(note.load_skey(place.operator), count)
    taken = []
    with place.sequencer() as sequencer:
        began = time.perf_counter()
        for batch in batches:
            before = time.perf_counter()
            sequencer.append(batch)
            taken.append(time.perf_counter() - before)
        seconds = time.perf_counter() - began
        began = time.perf_counter()
        sequencer.seal()
        tiles_seconds = time.perf_counter() - began
    place = make_log(folder / "submit", "log.example/bench", BODY)
    fewer = max(MAX_BATCH, count // 6)
    with place.sequencer() as sequencer:
        began = time.perf_counter()
        for start in range(0, fewer, MAX_BATCH):
            sequencer.submit(drafts(start, min(MAX_BATCH, fewer - start)))
        signing = time.perf_counter() - began
    size = sum(len(entry.data) for entry in batches[0]) // len(batches[0])
    return {
        "durable_per_second": round(count / seconds),
        "batch_p99_ms": round(percentile(taken, 99) * 1000, 1),
        "signed_and_checked_per_second": round(fewer / signing),
        "tiles_written_per_second": round(count / tiles_seconds),
        "entry_bytes": size,
    }


@contextmanager
def witnesses(folder: Path, vkey: str) -> Iterator[str]:
    """Run five witnesses as processes of their own; yield the lines of a policy that names them."""
    children, lines = [], []
    try:
        for name in NAMES:
            make_witness(folder / name, f"{name}.example/witness", name, [vkey])
            code = "from zhunsheng.cli import main; main()"
            command = [sys.executable, "-c", code, "witness", "run", str(folder / name), "--port", "0"]
            child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
            children.append(child)
            address, key = child.stdout.readline().split()
            lines.append(f"witness {name} {key} {address}\n")
        yield "".join(lines) + GROUPS
    finally:
        for child in children:
            child.terminate()
            child.wait()


def sealing(folder: Path, times: int) -> dict[str, Any]:
    """Measure the time from a written batch to a head that all five witnesses cosigned."""
    place = make_log(folder / "seal", "log.example/seal", BODY)
    vkey = note.load_skey(place.key).verifier.vkey
    taken, complete = [], 0
    with witnesses(folder, vkey) as lines:
        place.policy_file.write_text(f"log {vkey}\n{lines}", "utf-8")
        with place.sequencer() as sequencer:
            for number in range(times):
                sequencer.submit(drafts(number * 100, 100))
                began = time.perf_counter()
                complete += sequencer.seal().witnesses == len(NAMES)
                taken.append(time.perf_counter() - began)
    return {
        "seals": times,
        "seals_with_all_five": complete,
        "seal_p50_ms": round(median(taken) * 1000, 1),
        "seal_p99_ms": round(percentile(taken, 99) * 1000, 1),
    }


def large(entries: int) -> LogPlace:
    """Return a sealed log of so many entries of 64 bytes, made once."""
    folder = SCRATCH / f"evidence-{entries}"
    if not (folder / "whole").exists():
        shutil.rmtree(folder, ignore_errors=True)
        place = make_log(folder, "log.example/large", BODY)
        log = Log(place.database)
        step = 16_384
        for start in range(0, entries, step):
            numbers = range(start, min(entries, start + step))
            log.append([Entry(f"x:{i}", b"%064d" % i, "one", i + 1) for i in numbers])
            sys.stderr.write(f"\r{start:,} / {entries:,}")
        sys.stderr.write("\n")
        log.close()
        with place.sequencer() as sequencer:
            sequencer.seal()
        (folder / "whole").touch()
    return LogPlace(folder)


def proving(entries: int, draws: int = 2_000) -> dict[str, Any]:
    """Measure inclusion proofs at random places of a large log, each verified, and the audit of its tiles."""
    place = large(entries)
    log, draw, taken, used = Log(place.database), random.Random(1), [], []
    root = log.root(entries)
    for _ in range(draws):
        index = draw.randrange(entries)
        began, worked = time.perf_counter(), time.thread_time()
        found = log.inclusion(index, entries)
        taken.append(time.perf_counter() - began)
        used.append(time.thread_time() - worked)
        assert tree.verify_inclusion(tree.leaf_hash(b"%064d" % index), index, entries, found, root)
    log.close()
    began = time.perf_counter()
    assert verify.audit(place.tiles, place.policy()).root == root
    audit = time.perf_counter() - began
    return {
        "entries": entries,
        "inclusion_p50_ms": round(median(taken) * 1000, 2),
        "inclusion_p99_ms": round(percentile(taken, 99) * 1000, 2),
        "inclusion_cpu_p99_ms": round(percentile(used, 99) * 1000, 2),
        "audited_per_second": round(entries / audit),
        "bytes_per_entry_of_64": round(place.database.stat().st_size / entries),
    }


def floor(count: int) -> int:
    """Return leaves a second that a running frontier takes in Python, of entries like those that are appended."""
    frontier, entry = tree.Frontier(), b"x" * 700
    began = time.perf_counter()
    for _ in range(count):
        frontier.append(tree.leaf_hash(entry))
    return round(count / (time.perf_counter() - began))


def peer(count: int) -> dict[str, int] | None:
    """Return what golang.org/x/mod takes in memory: entries and proofs a second; None where Go is absent."""
    gopath = Path("/usr/share/gocode")
    if shutil.which("go") is None or not (gopath / "src/golang.org/x/mod").is_dir():
        return None
    with tempfile.TemporaryDirectory() as folder:
        environment = {"PATH": "/usr/bin:/bin", "HOME": folder, "GOPATH": str(gopath), "GO111MODULE": "off"}
        built = ["go", "build", "-o", f"{folder}/peer", str(ROOT / "benchmarks/evidence_peer.go")]
        subprocess.run(built, env=environment, check=True)
        done = subprocess.run([f"{folder}/peer", str(count)], capture_output=True, text=True, check=True)
    appended, proved = map(int, done.stdout.split())
    return {"peer_append_per_second": appended, "peer_proofs_per_second": proved}


def mutating(folder: Path, count: int) -> dict[str, int]:
    """Return how many of so many mutations of a proof were accepted: none may be."""
    from tests.evidence.mutations import mutated

    place = make_log(folder / "mutate", "log.example/mutate", BODY)
    keys = {name: note.Signer.new(f"{name}.example/witness", note.COSIGNATURE) for name in NAMES}
    lines = [f"witness {name} {key.verifier.vkey}\n" for name, key in keys.items()]
    with place.sequencer() as sequencer:
        sequencer.submit(drafts(0, 1_000))
        head = sequencer.seal()
        data, record = receipt.receipt(sequencer.log, "outbox:517")
    text = head.data.split(b"\n\n")[0].decode() + "\n"
    data += "".join(key.line(text, now_seconds()) for key in keys.values()).encode()
    log_line = place.policy_file.read_text("utf-8").splitlines()[0]
    rules = policy.parse(f"{log_line}\n{''.join(lines)}{GROUPS}".encode())
    assert proof.verify(proof.parse(data), record, rules).index == 517
    draw, accepted = random.Random(1), 0
    for _ in range(count):
        _, changed, other = mutated(draw, data, record)
        try:
            proof.verify(proof.parse(changed), other, rules)
            accepted += 1
        except Problem:
            continue
    return {"mutations": count, "mutations_accepted": accepted}


def killing(folder: Path, count: int) -> dict[str, int]:
    """Kill a sequencer at random points; return how many entries that it had acknowledged are gone."""
    from tests.evidence.test_kills import examine, kill_once

    place, draw, size, lost = make_log(folder / "kill", "log.example/killed", BODY), random.Random(1), 0, 0
    for number in range(count):
        acknowledged = kill_once(place, size, draw)
        size = examine(place)
        lost += max(0, acknowledged - size)
        sys.stderr.write(f"\r{number + 1} / {count}")
    return {"kills": count, "entries_when_killed": size, "acknowledged_lost": lost} if count else {}


def percentile(taken: list[float], share: int) -> float:
    """Return a percentile of measured times, the nearest one above."""
    return sorted(taken)[min(len(taken) - 1, len(taken) * share // 100)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--appended", type=int, default=60_000)
    parser.add_argument("--seals", type=int, default=100)
    parser.add_argument("--mutations", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=0)
    asked = parser.parse_args()
    data: dict[str, Any] = {"floor_per_second": floor(200_000)}
    with tempfile.TemporaryDirectory(dir=_scratch()) as name:
        folder = Path(name)
        data |= appending(folder, asked.appended) | sealing(folder, asked.seals)
        data |= mutating(folder, asked.mutations) | killing(folder, asked.kills)
    data |= proving(asked.entries) | (peer(200_000) or {})
    beside = f"floor {data['floor_per_second']:,}/s in memory; x/mod in Go {data.get('peer_append_per_second', 0):,}/s"
    rows = [
        ("durable entries, signed already", f"{data['durable_per_second']:,}/s", beside),
        ("with signing and checking", f"{data['signed_and_checked_per_second']:,}/s", "Ed25519, one key, one process"),
        ("seal with five witnesses, p50 / p99", f"{data['seal_p50_ms']} / {data['seal_p99_ms']} ms", "target 3,000 ms"),
        (
            f"inclusion proof at {data['entries']:,}, p50 / p99",
            f"{data['inclusion_p50_ms']} / {data['inclusion_p99_ms']} ms (CPU p99 {data['inclusion_cpu_p99_ms']})",
            f"target 5 ms; x/mod in memory {data.get('peer_proofs_per_second', 0):,} proofs/s",
        ),
        ("audit of all tiles", f"{data['audited_per_second']:,}/s", "target 100,000/s"),
        ("proof mutations accepted", f"{data['mutations_accepted']} of {data['mutations']:,}", "target 0"),
    ]
    tell("evidence", "python -m benchmarks.evidence", rows, data)


def _scratch() -> Path:
    SCRATCH.mkdir(parents=True, exist_ok=True)
    return SCRATCH


if __name__ == "__main__":
    main()
