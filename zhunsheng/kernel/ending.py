"""How a process that goes on by itself is asked to end."""

from __future__ import annotations

import _thread
import signal
import threading


def ending() -> threading.Event:
    """Return what SIGTERM and SIGINT set; nothing sets it beside the main thread, which alone hears them.

    A signal interrupts the main thread anywhere, also while it holds the lock of this very event, on which it waits.
    Set there and then, it would wait for itself for ever; so a thread of its own sets it.
    """
    stop = threading.Event()
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: _thread.start_new_thread(stop.set, ()))
    return stop
