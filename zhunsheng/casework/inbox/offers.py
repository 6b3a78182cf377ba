"""By what an app says what it asks of a person. Apps name their source when they are ready; the inbox knows none.

A source gives two things. ``rows`` is a query of what is asked of a reader, one row each, with the columns of
``shown_as``; the inbox lays the queries of all sources beside each other in one statement, counts them and cuts out a
page. ``tasks`` then tells the rows of that page in words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import CharField, DateField, F, QuerySet, Value
from django.db.models.functions import Cast, Coalesce

from zhunsheng.casework.bodies.models import User
from zhunsheng.casework.bodies.permissions import Verb
from zhunsheng.casework.bodies.scope import Scope
from zhunsheng.kernel.time import OPEN_END

#: What each row says: its source, key, kind, number, institution and last day (OPEN_END where there is none).
COLUMNS = ("task_source", "task_key", "task_kind", "task_number", "task_place", "task_due")


@dataclass(frozen=True, slots=True)
class Asker:
    """A reader of the inbox with what a source needs to know: scope, rights, and the day."""

    scope: Scope
    user: User
    verbs: frozenset[Verb]
    day: date


@dataclass(frozen=True, slots=True)
class Task:
    """One thing that is asked of a person: what, about whom, why of this person, by when, since when, from whom."""

    source: str
    key: int
    kind: Any
    number: str
    title: Any
    about: str
    why: Any
    due_on: date | None
    since: datetime
    sender: str
    address: str
    provisional: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """An app that asks: ``kinds`` are its kinds of tasks with their names."""

    name: str
    kinds: Callable[[], Mapping[str, Any]]
    rows: Callable[[Asker], QuerySet[Any]]
    tasks: Callable[[Asker, Sequence[int]], list[Task]]


SOURCES: dict[str, Source] = {}
#: Tasks that nobody can do now, by app: body, what, which duties are missing, how many.
UNOWNED: list[Callable[[Scope], list[Unowned]]] = []


@dataclass(frozen=True, slots=True)
class Unowned:
    """Tasks of a body that wait for duties which too few people hold: ``needed`` people, ``held`` hold one."""

    body: Any
    title: Any
    duties: tuple[Any, ...]
    needed: int
    held: int
    count: int


def offer(source: Source) -> None:
    """Name what an app asks of people; called when the apps are ready."""
    SOURCES[source.name] = source


def offer_unowned(find: Callable[[Scope], list[Unowned]]) -> None:
    """Name a function that finds an app's tasks which nobody can do now; called when the apps are ready."""
    UNOWNED.append(find)


def shown_as(
    rows: QuerySet[Any], source: str, *, kind: str = "", number: str = "pk", place: str = "", due: str = ""
) -> QuerySet[Any]:
    """Give a query the columns of a source: names of its fields, or nothing where there is none."""
    return rows.annotate(
        task_source=Value(source, CharField()),
        task_key=F("pk"),
        task_kind=F(kind) if kind else Value(source, CharField()),
        task_number=Cast(F(number), CharField()),
        task_place=F(place) if place else Value("", CharField()),
        task_due=Coalesce(F(due), Value(OPEN_END, DateField())) if due else Value(OPEN_END, DateField()),
    )
