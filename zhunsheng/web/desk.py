"""The desk of this process: who asks, what is answered and what is kept of it, without waiting for the database.

``keep_ready`` starts the threads that hold the rule book compiled and carry the journal into the database; a command
or a test calls ``renew`` and ``take_over`` itself.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from time import monotonic
from typing import Any

from django.conf import settings
from django.db import close_old_connections

from zhunsheng.casework.bodies import walls
from zhunsheng.casework.bodies.models import Body, User
from zhunsheng.casework.desk import actions, queries, tasks
from zhunsheng.casework.desk.journal import Journal
from zhunsheng.casework.desk.models import ApiKey, Reminder
from zhunsheng.casework.desk.policies import Pace, check_own_institution
from zhunsheng.casework.logs import logger
from zhunsheng.casework.points.tasks import put_in_force
from zhunsheng.desk.aside import compiled_aside
from zhunsheng.desk.compiled import CompiledBook
from zhunsheng.desk.desk import Desk, Told
from zhunsheng.desk.forms import OrderForm
from zhunsheng.desk.store import Store
from zhunsheng.facts.rulings import InForce
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.home import home, rulebook
from zhunsheng.kernel.ids import pseudonym, site_key
from zhunsheng.kernel.time import epoch_seconds, now
from zhunsheng.web import outside
from zhunsheng.web.book import fingerprint

#: Seconds between two looks at the rule book, between two takings over of the journal, and for which a key is believed.
LOOK, TAKE, BELIEVED = 2.0, 0.5, 5.0
log = logger("desk")
_pace = Pace()


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, in the name of which body, about orders of which institution."""

    who: ApiKey | User
    body: Body
    institution_id: str


#: Keys believed for a moment, by the digest of their secret: no secret stays in memory, and what is looked up tells
#: a caller nothing of another's secret.
_keys: dict[str, tuple[float, ApiKey]] = {}


@lru_cache
def desk() -> Desk:
    """Return the desk of the site."""
    return Desk(Store(tasks.folder(home())), _changed, InForce(home()))


_seen: list[object] = [None]


def _changed(held: str | None) -> CompiledBook | None:
    """Return the book made ready where a file of it has changed since the last look."""
    now_seen = fingerprint()
    if held is not None and _seen[0] == now_seen:
        return None
    _seen[0] = now_seen
    return compiled_aside(rulebook(), home().book, held)


@lru_cache
def journal() -> Journal:
    """Return this process's journal."""
    return Journal(tasks.folder(home()) / "journal")


def take_over() -> int:
    """Carry what was told into the database; return how many asks were taken."""
    with walls.within(walls.SITE):  # what all institutions left there
        return actions.take_over(journal())


def keep_ready() -> None:
    """Start the threads that look after the desk until the process ends."""
    for work, pause in ((desk().renew, LOOK), (take_over, TAKE), (put_in_force, LOOK), (outside.renew, LOOK)):
        threading.Thread(target=_again, args=(work, pause), daemon=True).start()


def _again(work: Any, pause: float) -> None:
    waiting = threading.Event()
    while True:
        try:
            work()
        except Exception as error:
            log.exception("desk", exc_info=error)
        close_old_connections()
        waiting.wait(pause)


def asker_of(secret: str) -> Asker:
    """Return who holds a key, and count the request. Raises Problem ZS742 or ZS744."""
    sealed = queries.sealed(secret)
    believed = _keys.get(sealed)
    if believed is None or monotonic() - believed[0] > BELIEVED:
        with walls.within(walls.SITE):  # whose key it is says what may be seen
            found = queries.key_of(secret)
        if found is None:
            _keys.pop(sealed, None)
            raise Problem("ZS742")
        if len(_keys) > 1000:
            _keys.clear()
        believed = monotonic(), found
        _keys[sealed] = believed
    key = believed[1]
    _pace.check(key, epoch_seconds(now()))
    return Asker(key, key.body, key.body.institution_code)


def admitted(secret: str) -> Asker:
    """Return who asks by a key, for whom the rest of the request is answered. Raises Problem ZS742 or ZS744."""
    asker = asker_of(secret)
    walls.narrow(walls.Wall(asker.institution_id, str(asker.body.pk), party="1"))
    return asker


def forget(key: ApiKey) -> None:
    """Believe a key no longer in this process."""
    for sealed, (_, known) in list(_keys.items()):
        if known.pk == key.pk:
            _keys.pop(sealed, None)


def check_asker(asked: OrderForm, asker: Asker) -> None:
    """Raise Problem ZS743 for an order of another institution than the asker's."""
    stated = (asked.encounter.institution_id, *(line.institution_id for line in asked.lines))
    check_own_institution(asker.institution_id, stated)


def ask(asked: OrderForm, asker: Asker, *, keep: bool = True) -> dict[str, Any]:
    """Judge an order and keep what is told; return the answer as plain data.

    ``keep`` false counts the ask alone, for an order that is still being typed. Raises Problem ZS651, ZS740, ZS743.
    """
    check_asker(asked, asker)
    refused = outside.refused(asked, asker.institution_id)
    person_id = pseudonym(_site_key(), "psn_no", asked.person.person_id)
    told = desk().ask(asked, person_id, asker.institution_id, settings.DESK_BUDGET_MS)
    answer = {**told.plain(), "refused": refused}
    ask_id = uuid.uuid4().hex[:24]
    if keep:
        for place, one in enumerate((*answer["findings"], *refused)):
            one["reminder"] = f"{ask_id}-{place}"
    journal().append(_entry(told, answer, ask_id, asker, keep=keep))
    return {"ask": ask_id, **answer}


@lru_cache
def _site_key() -> bytes:
    return site_key(home().key)


def _entry(told: Told, said: dict[str, Any], ask_id: str, asker: Asker, *, keep: bool) -> dict[str, Any]:
    """Return what is kept of an ask: of each finding the amount that the asker was ``said``."""
    view, answer = told.view, told.answer
    reminders = [
        {
            "reminder_id": f"{ask_id}-{place}",
            "finding_id": one.finding_id,
            "rule_id": one.rule_id,
            "subject_key": one.subject_key[:400],
            "verdict": one.verdict,
            "amount_fen": said["findings"][place]["amount_fen"],
        }
        for place, one in enumerate(answer.findings)
    ]
    reminders += [outside.reminder(one, f"{ask_id}-{len(reminders) + n}") for n, one in enumerate(said["refused"])]
    return {
        "ask": ask_id,
        "key": None if isinstance(asker.who, User) else asker.who.pk,
        "user": asker.who.pk if isinstance(asker.who, User) else None,
        "body": asker.body.pk,
        "at": now().isoformat(),
        "moment": answer.moment,
        "book": answer.book.digest,
        "person": view.case.person_id,
        "encounter": next(iter(view.encounter_ids)),
        "late": len(answer.late),
        "reminders": reminders if keep else [],
    }


def respond(asker: Asker, given: Iterable[tuple[str, str, str]], clerk: str) -> list[int]:
    """Keep answers (reminder, kind, reason), all or none; return their numbers. Raises Problem ZS745, ZS746, ZS713."""
    rows = [(_reminder(asker, reminder_id), kind, reason) for reminder_id, kind, reason in given]
    return [int(one.pk) for one in actions.respond_all(asker.who, rows, clerk)]


def _reminder(asker: Asker, reminder_id: str) -> Reminder:
    found = queries.reminder(asker.body.pk, reminder_id)
    if found is None:
        take_over()  # told a moment ago, and not yet carried over
        found = queries.reminder(asker.body.pk, reminder_id)
    if found is None:
        raise Problem("ZS745", reminder=reminder_id)
    return found


def status() -> dict[str, Any]:
    """Return by which book and which history an order would be judged now."""
    opened = desk().store.open()
    held = {"snapshot": None, "as_of": None, "since": None}
    if opened:
        held = {name: getattr(opened.known, name) for name in held}
    return {"book": desk().digest, "history": {"source": "store" if opened else "none", **held}}
