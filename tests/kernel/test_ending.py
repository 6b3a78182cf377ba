"""How a process is asked to end: also while its main thread holds the lock of what it waits on."""

import subprocess
import sys

ASKED = """
import signal
from zhunsheng.kernel.ending import ending

stop = ending()
with stop._cond:  # as within a wait that is about to begin
    signal.raise_signal(signal.SIGTERM)
print(stop.wait(10))
"""


def test_a_signal_that_meets_a_wait_ends_the_process_all_the_same():
    done = subprocess.run([sys.executable, "-c", ASKED], capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout.strip() == "True", done.stderr
