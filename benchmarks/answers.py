"""Recall and precision of the whole live rule book against planted answers: three seeds, blind plants apart.

    python -m benchmarks.answers [LINES] [SEED ...]        (default 300000, seeds 1 2 3)

The key is written by the generator from worked examples of each rule; the blind fifth was written from the sentence of
the standard by a reader who had not seen the rules. Beside each figure stands how often it was tried.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks._measure import AS_OF, SCRATCH, START, in_child, tell
from zhunsheng import runs, sources
from zhunsheng.book import load
from zhunsheng.cli.county import knowledge_of
from zhunsheng.engines import duck
from zhunsheng.generator import generate
from zhunsheng.kernel.home import ROOT, Home
from zhunsheng.runs.answers import answers

COUNTED = (
    "planted",
    "found",
    "blind_planted",
    "blind_found",
    "unknown_planted",
    "unknown_found",
    "overturned_planted",
    "overturned_found",
    "look_alikes",
    "look_alikes_hit",
    "blind_look_alikes",
    "blind_look_alikes_hit",
    "findings",
    "findings_right",
    "beside",
    "unasked",
)


def measure(lines: int, seed: int) -> dict[str, Any]:
    """Generate, import, judge and score one county."""
    SCRATCH.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=SCRATCH))
    try:
        home, knowledge = Home(folder / "var"), knowledge_of(load(ROOT / "rulebook"))
        generate(folder / "files", seed=seed, lines=lines, months=12, start=START, knowledge=knowledge)
        sources.load(home, [folder / "files" / "import"], recorded_at=1_793_000_000)
        runs.execute(home, ROOT / "rulebook", as_of=AS_OF, finished_at=0)
        with duck.connect(str(runs.current(home)), read_only=True) as con:
            scores = answers(con, folder / "files" / "answer_key.csv")
    finally:
        shutil.rmtree(folder)
    return {
        "seed": seed,
        "rules": {one.rule_id: {name: getattr(one, name) for name in COUNTED} for one in scores},
        "amiss": {one.rule_id: len(one.wrong) for one in scores if one.wrong},
    }


def main() -> None:
    """Measure each seed in a child process and print."""
    numbers = [int(argument) for argument in sys.argv[1:] if argument.isdigit()]
    if "--child" in sys.argv:
        sys.stdout.write(json.dumps(measure(*numbers)) + "\n")
        return
    lines, *seeds = numbers or [300_000]
    told = [in_child(__file__, str(lines), str(seed), "--child") for seed in seeds or (1, 2, 3)]
    rows = [row for one in told for row in _rows(one)]
    tell("answers", f"zhunsheng bench answers   # {lines:,} lines", rows, {"lines": lines, "seeds": told})


def _rows(one: dict[str, Any]) -> list[tuple[str, str, str]]:
    rules = one["rules"]
    total = {name: sum(counts[name] for counts in rules.values()) for name in COUNTED}
    planted, found = total["planted"] - total["blind_planted"], total["found"] - total["blind_found"]
    short = [
        rule
        for rule, c in rules.items()
        if c["found"] - c["blind_found"] < c["planted"] - c["blind_planted"] or c["findings_right"] < c["findings"]
    ]
    return [
        (
            f"seed {one['seed']}: {len(rules)} rules, recall · precision",
            f"{found / planted:.2%} · {total['findings_right'] / total['findings']:.2%}",
            f"{found:,} of {planted:,} plants · {total['findings_right']:,} of {total['findings']:,} findings",
        ),
        (
            f"seed {one['seed']}: rules below 100 %",
            str(len(short)),
            f"look-alikes hit {total['look_alikes_hit']} of {total['look_alikes']:,}; {', '.join(short)}",
        ),
        (
            f"seed {one['seed']}: blind plants",
            f"{total['blind_found']} of {total['blind_planted']}",
            f"blind look-alikes hit {total['blind_look_alikes_hit']} of {total['blind_look_alikes']}",
        ),
        (
            f"seed {one['seed']}: told unknown · to be overturned",
            " · ".join(f"{total[f'{kind}_found']} of {total[f'{kind}_planted']}" for kind in ("unknown", "overturned")),
            f"beside {total['beside']}, left unknown {total['unasked']}",
        ),
    ]


if __name__ == "__main__":
    main()
