"""A sequencer to be killed: appends batches and says what is on the disk, so that a test can look afterwards.

    python -m tests.evidence.killed FOLDER FIRST

Writes one line for each batch after ``submit`` returned: these entries are acknowledged and may not be lost.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.evidence.sites import draft
from zhunsheng.evidence.places import LogPlace


def main() -> None:
    place, number = LogPlace(Path(sys.argv[1])), int(sys.argv[2])
    with place.sequencer() as sequencer:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while True:
            width = number % 37 + 1
            done = sequencer.submit([draft(number + i, "operator", case=(number + i) % 11) for i in range(width)])
            number += width
            sys.stdout.write(f"{number} {max(done.indices.values())}\n")
            sys.stdout.flush()
            if number % 5 == 0:
                sequencer.seal()


if __name__ == "__main__":
    main()
