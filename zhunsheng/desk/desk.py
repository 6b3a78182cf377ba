"""The desk of a site: the compiled book in force, the hot store, and the change of either without a pause."""

from __future__ import annotations

import gc
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from zhunsheng.desk.compiled import CompiledBook
from zhunsheng.desk.focus import OrderView
from zhunsheng.desk.forms import OrderForm
from zhunsheng.desk.judging import BUDGET_MS, Answer, judge, plain
from zhunsheng.desk.orders import order_view
from zhunsheng.desk.store import Opened, Store
from zhunsheng.facts.rulings import InForce
from zhunsheng.kernel.errors import Problem

#: Seconds a thread may hold the interpreter while another waits, as long as a book is being taken over.
YIELD = 0.0005


@dataclass(frozen=True, slots=True)
class Told:
    """An answer with what it was made from."""

    answer: Answer
    view: OrderView
    history: dict[str, Any]
    language: str

    def plain(self) -> dict[str, Any]:
        """Return everything as plain data for JSON."""
        return {**plain(self.answer, self.view, self.language), "history": self.history}


class Desk:
    """Judges orders. One reference names the book in force; a request keeps the one that it began with."""

    def __init__(
        self, store: Store, make: Callable[[str | None], CompiledBook | None], ruled: InForce | None = None
    ) -> None:
        """``make`` returns the present book made ready, or None where it is the one of the digest that it is given.

        ``ruled`` knows which practitioners the site barred from payment, as of the moment it is asked.
        """
        self.store = store
        self._ruled = ruled
        self._make = make
        self._compiled: CompiledBook | None = None
        self._lock = threading.Lock()

    @property
    def digest(self) -> str | None:
        """The digest of the book in force, None before the first."""
        held = self._compiled
        return held.digest if held else None

    def renew(self) -> bool:
        """Put the present book in force where it differs; return whether it did.

        Raises Problem ZS4xx for a book that cannot be read or bound; the one in force stays then.
        """
        with self._lock, _undisturbed():
            made = self._make(self.digest)
            if made is None:
                return False
            self._compiled = made
            return True

    def in_force(self, patience: float = 0.0) -> CompiledBook:
        """Return the book in force. Raises Problem ZS740 where the first is not ready after some seconds."""
        if self._compiled is None and self._lock.acquire(timeout=max(patience, 0.001)):
            self._lock.release()
        held = self._compiled
        if held is None:
            raise Problem("ZS740")
        return held

    def ask(self, asked: OrderForm, person_id: str, institution_id: str, budget_ms: float = BUDGET_MS) -> Told:
        """Judge an order of an institution. ``person_id`` is the pseudonym of the person asked about.

        The budget begins here: what reading the history takes is not left for judging.
        """
        began = time.perf_counter()
        book = self.in_force(budget_ms / 1000)
        opened = self.store.open()
        view = order_view(asked, person_id, institution_id, opened, self._ruled)
        answer = judge(book, view, asked.moment, budget_ms=budget_ms, began=began)
        return Told(answer, view, _history(asked, opened), asked.language)


def _history(asked: OrderForm, opened: Opened | None) -> dict[str, Any]:
    """Say where the history came from, and up to which day."""
    known = opened.known if opened else None
    held = {"snapshot": known.snapshot, "as_of": known.as_of, "since": known.since} if known else {}
    if asked.history is not None:
        source = "request" if asked.history.complete or not known else "both"
    else:
        source = "store" if known else "none"
    return {"source": source, "snapshot": None, "as_of": None, "since": None, **held}


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Let orders have the interpreter soon while a book is taken over beside them, and search nothing for garbage.

    A book of thousands of points is set aside from the search for good: no order waits for it to be gone through.
    """
    before = sys.getswitchinterval()
    sys.setswitchinterval(YIELD)
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
        sys.setswitchinterval(before)
