"""The process of the demo's devices: the trip that goes wrong and the fridges that go on, through the broker."""

from __future__ import annotations

import json
import os
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import django

from zhunsheng.kernel.ending import ending

if TYPE_CHECKING:
    from zhunsheng.casework.trips.models import Trip
    from zhunsheng.mqtt.player import Player

#: Seconds between two readings of a fridge.
FRIDGES = 60


def play(broker: str) -> None:
    """Play until the trip is over, then go on with the fridges, until SIGTERM or the site is gone."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "zhunsheng.config.settings")
    django.setup()
    from zhunsheng.casework.trips import demo
    from zhunsheng.mqtt.link import Address
    from zhunsheng.mqtt.player import Player

    stop, parent = ending(), os.getppid()
    player = Player(Address.read(broker, "demo-devices"))
    player.start()
    devices, round_ = Devices(player), 0
    while not stop.is_set() and os.getppid() == parent and not devices.heard():
        stop.wait(1)
    while not stop.is_set() and os.getppid() == parent:
        devices.speak(round_)
        round_ += 1
        stop.wait(demo.EVERY)
    player.stop()


class Devices:
    """The box of the live trip and the fridges, as far as the register holds them."""

    def __init__(self, player: Player) -> None:
        from zhunsheng.casework.trips import demo, queries

        self.player = player
        self.trip: Trip | None = next((one for one in queries.under_plan() if one.device.device_id == demo.LIVE), None)
        self.boot = f"f{os.getpid()}"
        self.hello = self._hello()

    def heard(self) -> bool:
        """Whether the site acknowledges what is sent: until its gateway listens, everything would be lost."""
        if self.hello is None:
            return True
        self.player.send(*self.hello)
        return not self.player.settle(5)

    def _hello(self) -> tuple[str, bytes] | None:
        """Return one reading that may be sent again and again: it is always the same."""
        from zhunsheng.casework.devices import queries
        from zhunsheng.casework.trips import demo
        from zhunsheng.kernel.time import now

        moment = now()
        fridge = next((one for one in queries.all_in_use(moment.date()) if one.kind == "fridge"), None)
        if fridge is None:
            return None
        return demo.fridge_message(fridge.institution_id, fridge.device_id, f"{self.boot}-0", 1, moment)

    def speak(self, number: int) -> None:
        """Send what each device says in a round."""
        from zhunsheng.casework.trips import demo
        from zhunsheng.kernel.time import now

        moment = now()
        if self.trip is not None:
            self._box(self.trip, number, moment)
        if number % (FRIDGES // demo.EVERY) == 0:
            self._fridges(number, moment)

    def _box(self, trip: Trip, number: int, moment: datetime) -> None:
        """Send the next reading of the trip; end it when its time is over."""
        from zhunsheng.casework.trips import actions, demo

        begun = trip.starts_at + demo.BEFORE
        before = int(demo.BEFORE.total_seconds()) // demo.EVERY
        self.player.send(*demo.live_message(trip, before + number, moment, begun))
        if moment < begun + demo.AFTER:
            return
        self.trip = None
        topic, item = demo.delivered(trip, begun, moment)
        self.player.send(topic, json.dumps(item).encode())
        if (actor := demo.office()) is not None:
            actions.end_trip(actor, trip, moment + timedelta(seconds=1))

    def _fridges(self, number: int, moment: datetime) -> None:
        from zhunsheng.casework.devices import queries
        from zhunsheng.casework.trips import demo

        turn = number // (FRIDGES // demo.EVERY) + 1
        for one in queries.all_in_use(moment.date()):
            if one.kind == "fridge":
                self.player.send(*demo.fridge_message(one.institution_id, one.device_id, self.boot, turn, moment))
