"""Forms of the steps of a case, made from the fields that a life-cycle names; and what a form sent, read back.

Nothing typed is lost: a refused form comes back with its words.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

from django.http import QueryDict

from zhunsheng.book.cycles import Cycle, Input
from zhunsheng.casework.bodies.models import Body, User
from zhunsheng.casework.cases import library, queries
from zhunsheng.casework.cases.fields import named_bodies, officers
from zhunsheng.casework.cases.models import Attachment, Case
from zhunsheng.casework.cases.words import named, said
from zhunsheng.kernel.quantity import plain
from zhunsheng.kernel.time import now
from zhunsheng.web import casemoney

#: Names of fields in a form begin so: none collides with the form's own.
PREFIX = "f-"
MANY = frozenset({"codes", "people", "attachment", "several", "bodies"})
#: Empty rows below a plan, for more instalments.
SPARE = 2
#: Above this many characters a text gets several rows.
SHORT = 120


@dataclass(frozen=True, slots=True)
class Shown:
    """A field of a form: its name, kind, what may be chosen as (value, words), and what stands in it."""

    id: str
    name: str
    kind: str
    required: bool
    rows: int
    most: int | None
    options: tuple[tuple[str, str], ...]
    value: Any


@dataclass(frozen=True, slots=True)
class Around:
    """What the choices of a form are taken from: the handling body, its people, and the files of the case."""

    people: tuple[tuple[str, str], ...] = ()
    files: tuple[tuple[str, str], ...] = ()
    articles: tuple[tuple[str, str], ...] = field(default=())
    accounts: tuple[tuple[str, str], ...] = ()
    body: Body | None = None


def around(body: Body, files: Iterable[Attachment] = (), life: Cycle | None = None) -> Around:
    """Return what forms of a body's cases choose from."""
    return Around(
        people=tuple((str(one.pk), one.display_name) for one in officers(body, now().date())),
        files=tuple((one.digest, one.name) for one in files),
        articles=articles(),
        accounts=tuple((one.id, named(one)) for one in life.recovery.accounts) if life and life.recovery else (),
        body=body,
    )


def articles() -> tuple[tuple[str, str], ...]:
    """Return the articles of law that a case can name, as ``instrument/article`` and words."""
    found = []
    for instrument in library.laws().values():
        title = said(instrument.title, instrument.title_en)
        found += [(f"{instrument.id}/{number}", f"{title} {_numbered(number)}") for number in instrument.articles]
    return tuple(found)


def _numbered(number: str) -> Any:
    return said(f"第{number}条", f"article {number}")


def fields(inputs: Iterable[Input], around_: Around, given: dict[str, Any] | None = None) -> list[Shown]:
    """Return the fields of a form with what was given so far."""
    return [_shown(one, around_, (given or {}).get(one.id)) for one in inputs]


def _shown(one: Input, around_: Around, value: Any) -> Shown:
    options: dict[str, tuple[tuple[str, str], ...]] = {
        "choice": tuple((key, said(*words)) for key, words in one.choices.items()),
        "several": tuple((key, said(*words)) for key, words in one.choices.items()),
        "plan": around_.accounts,
        "people": around_.people,
        "attachment": around_.files,
        "article": around_.articles,
    }
    if one.kind == "bodies" and around_.body is not None:
        options["bodies"] = tuple((str(body.pk), name_of(body)) for body in named_bodies(around_.body, one.of))
    long = one.kind == "codes" or (one.kind == "text" and (one.most or 0) > SHORT)
    shown = " ".join(value) if one.kind == "codes" and isinstance(value, list) else value
    if one.kind == "plan":
        shown = [_cells(row, around_.accounts) for row in [*(value or []), *({} for _ in range(SPARE))]]
    return Shown(
        id=f"{PREFIX}{one.id}",
        name=named(one),
        kind=one.kind,
        required=one.required,
        rows=3 if long else 1,
        most=one.most if one.kind == "text" else None,
        options=options.get(one.kind, ()),
        value=shown if shown is not None else [] if one.kind in MANY - {"codes"} else "",
    )


def _cells(row: dict[str, str], accounts: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    """A row of a plan as its inputs: the day, and name, words and amount of each account."""
    return {"on": row.get("on", ""), "amounts": [(key, words, row.get(key, "")) for key, words in accounts]}


def _rows(name: str, sent: QueryDict) -> list[dict[str, str]]:
    """Return a plan as it was sent: parallel lists of days and amounts."""
    columns = {key.removeprefix(f"{name}-"): sent.getlist(key) for key in sent if key.startswith(f"{name}-")}
    return [dict(zip(columns, row, strict=True)) for row in zip_longest(*columns.values(), fillvalue="")]


def read(inputs: Iterable[Input], sent: QueryDict) -> dict[str, Any]:
    """Return what a form sent for the fields of a step, as text and lists of text; unknown names are left out."""
    found: dict[str, Any] = {}
    for one in inputs:
        name = f"{PREFIX}{one.id}"
        if one.kind in MANY - {"codes"}:
            found[one.id] = sent.getlist(name)
        elif one.kind == "plan":
            found[one.id] = _rows(name, sent)
        elif one.kind == "codes":
            found[one.id] = sent.get(name, "").split()
        else:
            found[one.id] = sent.get(name, "")
    return found


def told(case: Case, scope: Any, names: dict[str, Input], values: dict[str, object]) -> list[tuple[str, str, str]]:
    """Return the fields of an event as (name, kind, words), in the order of the life-cycle."""
    people = {str(one.pk): one.display_name for one in User.objects.filter(pk__in=_numbers(names, values))}
    files = {one.digest: one.name for one in queries.attachments(scope, case)}
    bodies = {str(one.pk): name_of(one) for one in Body.objects.filter(pk__in=_numbers(names, values, "bodies"))}
    by_kind = {"people": people, "attachment": files, "article": dict(articles()), "bodies": bodies}
    shown = {key: values[key] for key in names if key in values}
    for key, value in shown.items():
        if names[key].kind == "plan":
            shown[key] = casemoney.plan_words(case.life, value)  # type: ignore[arg-type]
    return [_words(names[key], value, by_kind) for key, value in shown.items()]


def _numbers(names: dict[str, Input], values: dict[str, Any], kind: str = "people") -> list[int]:
    return [number for key, one in names.items() if one.kind == kind for number in values.get(key, ())]


def name_of(body: Body) -> str:
    """Return the name of a body in the reader's language."""
    return str(said(body.name, body.name_en or body.name))


def _words(one: Input, value: Any, by_kind: dict[str, dict[str, str]]) -> tuple[str, str, Any]:
    known = by_kind.get(one.kind, {})
    if one.kind == "choice":
        return named(one), one.kind, said(*one.choices[value]) if value in one.choices else value
    if one.kind == "several":
        return named(one), one.kind, [said(*one.choices[key]) for key in value if key in one.choices]
    if one.kind == "multiple":
        return named(one), one.kind, said(f"{plain(value, 4)} 倍", f"{plain(value, 4)} times")
    if isinstance(value, list):
        return named(one), one.kind, [known.get(str(part), str(part)) for part in value]
    return named(one), one.kind, known.get(str(value), value)
