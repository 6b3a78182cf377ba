"""``scope(user)``: the only way to rows, over the database and over the lake.

Authorities and agencies see the institutions of their region, a consortium its lead and members, an institution or a
vendor itself; with a consortium come the vendors that serve it; a data authority sees the bodies of its region and no
fact; who belongs to no body sees nothing. Grants of other bodies add rows to read and none to act on. On SQLite this is
the only wall, so every page passes through it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TypeVar

from django.db.models import CharField, Model, Q, QuerySet

from zhunsheng.casework.bodies import lake
from zhunsheng.casework.bodies.models import CODED, Body, BodyKind, User
from zhunsheng.casework.bodies.sights import NONE, Sight, Sights, sights_of
from zhunsheng.kernel.errors import Problem

Row = TypeVar("Row", bound=Model)
REGIONAL = frozenset({BodyKind.INSURANCE_AUTHORITY, BodyKind.INSURANCE_AGENCY, BodyKind.HEALTH_AUTHORITY})
NOTHING: frozenset[str] = frozenset()
#: By the lead institutions of consortia: which further institutions belong to their view. Apps name these when ready.
_ALSO: list[Callable[[frozenset[str]], frozenset[str]]] = []


@dataclass(frozen=True, slots=True)
class Scope:
    """What one reader sees. ``institutions`` is None for a body that sees the whole site.

    ``broken`` says why the current run cannot be read; whoever asks for no finding need not know. ``as_party``: what
    others decide about the institutions and bodies in view may be seen by them, and so by this reader. ``granted`` is
    what other bodies opened; ``used`` gathers the grants that widened a query, ``opened`` the records opened by one.
    ``home`` is the reader's own body, None where a program reads; what names that very body as its party, and may be
    seen, is in view whatever the kind of the body.
    """

    institutions: frozenset[str] | None
    bodies: frozenset[int] | None
    file: lake.RunFile | None
    broken: Problem | None = None
    as_party: bool = False
    granted: Sights = NONE
    used: set[int] = field(default_factory=set, compare=False)
    opened: list[tuple[str, int]] = field(default_factory=list, compare=False)
    home: int | None = None

    @property
    def own(self) -> Scope:
        """The scope without what others granted: whoever acts, acts within it."""
        return replace(self, granted=NONE)

    @property
    def readable(self) -> frozenset[str] | None:
        """Institutions whose rows in the lake are read, granted ones among them; None for all."""
        return None if self.institutions is None else self.institutions | self.granted.institutions

    @property
    def whole(self) -> bool:
        """Whether every institution of the site is in view."""
        return self.institutions is None

    @property
    def several(self) -> bool:
        """Whether more than one institution can be in view, so that comparing them makes sense."""
        return self.readable is None or len(self.readable) > 1

    def sees(self, institution_id: str) -> bool:
        """Whether an institution's rows are in view."""
        return self.readable is None or institution_id in self.readable

    def places(self) -> list[lake.Place]:
        """Return the institutions in view that the current run knows, by name."""
        known = self.file.places.values() if self.file else ()
        return sorted((p for p in known if self.sees(p.institution_id)), key=lambda p: p.name)

    def billing(self) -> list[lake.Place]:
        """Return the institutions in view that bill the fund: vendors are supervised by those whom they serve."""
        return [place for place in self.places() if place.kind != "vendor"]

    def rows(self, queryset: QuerySet[Row]) -> QuerySet[Row]:
        """Return the rows of a queryset that are in view: by their institution or by their body, as SCOPE_PATH says.

        SCOPE_DRAFT says of a model which of its rows are a draft, that nobody but the body which writes it sees;
        SCOPE_TABLE which of them no region and no whole site opens: they are for the bodies that they name.
        Raises TypeError for a model without SCOPE_PATH.
        """
        path = getattr(queryset.model, "SCOPE_PATH", None)
        if path is None:
            raise TypeError(f"{queryset.model.__name__} does not say how it is scoped")
        draft = getattr(queryset.model, "SCOPE_DRAFT", None)
        if draft and self.home is not None:
            queryset = queryset.exclude(~Q(body=self.home), **draft)
        table = getattr(queryset.model, "SCOPE_TABLE", None)
        if table and self.home is not None:
            called = Q(body=self.home) | self._home(queryset.model) | self._granted(queryset.model)
            queryset = queryset.exclude(~called, **table)
        if (self.institutions if path == "institution_id" else self.bodies) is None:
            return queryset
        if path == "institution_id":
            own = Q(institution_id__in=self.institutions or ())
        else:
            own = self._of_bodies(queryset.model, path) | self._party(queryset.model)
        return queryset.filter(own | self._granted(queryset.model))

    def _of_bodies(self, model: type[Model], path: str) -> Q:
        """Return the rows of the bodies in view; SCOPE_ALSO names the body of another side."""
        found = Q()
        for name in filter(None, (path, getattr(model, "SCOPE_ALSO", ""))):
            textual = name != "pk" and isinstance(model._meta.get_field(name), CharField)
            found |= Q(**{f"{name}__in": [str(pk) if textual else pk for pk in sorted(self.bodies or ())]})
        return found

    def _granted(self, model: type[Model]) -> Q:
        """Return what grants open of a model that says how: SCOPE_GRANT."""
        given = self.granted.of(getattr(model, "SCOPE_GRANT", ""))
        self.used.update(one.grant for one in given)
        found = Q(pk__in=())
        for one in given:
            found |= one.rows
        return found

    def _party(self, model: type[Model]) -> Q:
        """Return what a model opens to whom its rows are about: SCOPE_PARTY names institution, body and gate."""
        path = getattr(model, "SCOPE_PARTY", None)
        if path is None or self.institutions is None or self.bodies is None:
            return Q(pk__in=())
        if not self.as_party:
            return self._home(model)
        institution, body, gate = path
        about = Q(**{f"{institution}__in": self.institutions}) | Q(**{f"{body}__in": self.bodies})
        return about & Q(**{gate: True})

    def _home(self, model: type[Model]) -> Q:
        """Return what a model opens to the reader's own body where it is named as the party itself."""
        path = getattr(model, "SCOPE_PARTY", None)
        return Q(**{path[1]: self.home, path[2]: True}) if path and self.home is not None else Q(pk__in=())

    @contextmanager
    def lake(self) -> Iterator[lake.Reader]:
        """Lend a reader over the current run. Raises Problem ZS707 before the first run, ZS716 for a broken one."""
        if self.file is None:
            raise self.broken or Problem("ZS707")
        with self.reading(self.file) as reader:
            yield reader

    @contextmanager
    def reading(self, file: lake.RunFile) -> Iterator[lake.Reader]:
        """Lend a reader over any run; what grants open of it counts as used."""
        self.used.update(one.grant for one in self.granted.of("findings") if self.institutions is not None)
        with file.reader(self.readable) as reader:
            yield reader

    def open_institution(self, subject: str, institution_id: str | None) -> None:
        """Note that a record of an institution is opened, where a grant alone shows it."""
        if self.institutions is None or institution_id in self.institutions:
            return
        self._opened(subject, [one for one in self.granted.of("findings") if one.place == institution_id])

    def open_case(self, subject: str, sights: Iterable[Sight]) -> None:
        """Note that a case, or something of it, is opened by the grants that show it."""
        self._opened(subject, sights)

    def _opened(self, subject: str, sights: Iterable[Sight]) -> None:
        self.opened.extend((subject, grant) for grant in sorted({one.grant for one in sights}))


def scope(user: User) -> Scope:
    """Return what a user sees now."""
    file, broken = _current()
    if not user.is_authenticated or not user.is_active or user.body is None:
        return Scope(NOTHING, frozenset(), file, broken)
    body = user.body
    institutions = _institutions(body, file)
    as_party = body.kind not in REGIONAL and body.kind != BodyKind.DATA_AUTHORITY
    granted = NONE if body.kind == BodyKind.DATA_AUTHORITY else sights_of(user, lambda one: _institutions(one, file))
    bodies = _bodies(body, institutions, file)
    return Scope(institutions, bodies, file, broken, as_party=as_party, granted=granted, home=body.pk)


def _current() -> tuple[lake.RunFile | None, Problem | None]:
    try:
        return lake.current_run(), None
    except Problem as problem:
        return None, problem


def also_seen(find: Callable[[frozenset[str]], frozenset[str]]) -> None:
    """Let an app say which institutions come with the consortia that some lead; called when it is ready."""
    if find not in _ALSO:
        _ALSO.append(find)


def _institutions(body: Body, file: lake.RunFile | None) -> frozenset[str] | None:
    if body.kind in REGIONAL:
        region = _of_region(body.region, file)
        return None if region is None else region.union(*(find(region) for find in _ALSO))
    if body.kind == BodyKind.CONSORTIUM:
        served = (find(frozenset({body.institution_code})) for find in _ALSO)
        return _with_members(body.institution_code, file).union(*served)
    if body.kind in CODED:
        return frozenset({body.institution_code} - {""})
    return NOTHING


def _of_region(region: str, file: lake.RunFile | None) -> frozenset[str] | None:
    if not region:
        return None
    places = file.places.values() if file else ()
    return frozenset(p.institution_id for p in places if (p.region or "").startswith(prefix(region)))


def reach(user: User) -> frozenset[str] | None:
    """Return the institutions whose bodies a user's body may register; None: all of them.

    They are those in view, and for a data authority, which sees none, those of its region.
    """
    file, _broken = _current()
    is_host = user.body.kind == BodyKind.DATA_AUTHORITY
    return _of_region(user.body.region, file) if is_host else _institutions(user.body, file)


def held(body: Body) -> frozenset[str] | None:
    """Return the institutions that a body sees by itself; None: all of them. Grants of others do not count."""
    return _institutions(body, _current()[0])


def members(lead: str) -> frozenset[str]:
    """Return the institutions of a consortium, its lead among them."""
    return _with_members(lead, _current()[0])


def prefix(region: str) -> str:
    """A code ends in zeros where it stands for all below it: 330700 holds 330781."""
    while region.endswith("00") and len(region) > 2:
        region = region[:-2]
    return region


def _with_members(lead: str, file: lake.RunFile | None) -> frozenset[str]:
    places = file.places.values() if file else ()
    found, fresh = {lead}, {lead}
    while fresh:
        fresh = {p.institution_id for p in places if p.parent_id in fresh} - found
        found |= fresh
    return frozenset(found)


def _bodies(body: Body, institutions: frozenset[str] | None, file: lake.RunFile | None) -> frozenset[int] | None:
    """A data authority runs the site for all bodies of its region and sees none of their rows of facts."""
    if body.kind == BodyKind.DATA_AUTHORITY:
        institutions = _of_region(body.region, file)
    if institutions is None:
        return None
    wanted = Q(pk=body.pk)
    if body.kind == BodyKind.DATA_AUTHORITY:
        wanted |= Q(region__startswith=prefix(body.region)) | Q(institution_code__in=institutions)
    if body.kind in REGIONAL or body.kind == BodyKind.CONSORTIUM:
        wanted |= Q(kind=BodyKind.INSTITUTION, institution_code__in=institutions)
    if body.kind in REGIONAL:  # what consortia of the region handle, such as the entry of a vendor
        wanted |= Q(kind__in=(BodyKind.CONSORTIUM, BodyKind.VENDOR), institution_code__in=institutions)
    return frozenset(Body.objects.filter(wanted).values_list("pk", flat=True))
