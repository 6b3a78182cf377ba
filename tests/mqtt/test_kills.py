"""200,000 readings while broker, gateway and forwarder are killed at random: none lost, none doubled."""

import pytest

from benchmarks import readings
from benchmarks._broker import MOSQUITTO


@pytest.mark.skipif(MOSQUITTO is None, reason="Mosquitto is not installed (tools/system.sh)")
def test_no_kill_loses_or_doubles_a_reading(laid):
    told = readings.kills(200_000, 6, 50, seed=20261123, every=(0.7, 2.0), lay=laid, rate=8000)
    assert (told["readings"], told["kills"], told["lost"], told["doubled"]) == (200_000, 6, 0, 0)
    assert {"broker", "gateway", "forward"} <= told.keys()
