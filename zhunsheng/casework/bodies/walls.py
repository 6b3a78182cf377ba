"""Row-level security of PostgreSQL under the scope: a forgotten filter shows nothing instead of everything.

``scope`` says what a reader sees and every query asks through it. On PostgreSQL the database holds the same line: each
table that says how it is scoped has a policy that compares its rows with two settings of the connection, written in
the form that is evaluated once per statement and not once per row. Within a request a connection sees nothing until
the reader's scope is raised; commands and the worker act for the site and see all. SQLite has no such wall.

The role of the site must neither be a superuser nor bypass row security: ``holds`` says whether it is so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, NamedTuple

from django.apps import apps
from django.db import connections
from django.db.models import CharField, Model

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

    from zhunsheng.casework.bodies.scope import Scope

ALL, SEPARATOR = "*", "\x1f"
#: Cases that a grant about an institution opens only where it names them: what was reported may tell who reported.
APART = "tip_off"


class Wall(NamedTuple):
    """What a connection may see, each part one text: names between separators, ALL for everything, empty for nothing.

    ``party``: whether what others decide about those in view is in view as well. ``granted_cases`` and
    ``granted_findings``: the keys of what was granted to the reader beside. ``home``: the reader's own body.
    """

    institutions: str
    bodies: str
    party: str = ""
    granted_cases: str = ""
    granted_findings: str = ""
    home: str = ""


SITE = Wall(ALL, ALL)
NOTHING = Wall("", "")
#: The settings of a connection, in the order of a wall.
SETTINGS = Wall._fields
#: Read before anybody's scope is known: who logs in, with which duties, and how often it failed.
BEFORE_SCOPE = frozenset({"bodies.Body", "bodies.User", "bodies.Duty"})

_wall: ContextVar[Wall] = ContextVar("wall", default=SITE)


def wall_of(scope: Scope) -> Wall:
    """Return the wall around what a reader sees."""
    institutions = ALL if scope.institutions is None else SEPARATOR.join(sorted(scope.institutions))
    bodies = ALL if scope.bodies is None else SEPARATOR.join(str(pk) for pk in sorted(scope.bodies))
    granted = (SEPARATOR.join(sorted({one.key for one in scope.granted.of(kind)})) for kind in ("cases", "findings"))
    home = "" if scope.home is None else str(scope.home)
    return Wall(institutions, bodies, "1" if scope.as_party else "", *granted, home)


@contextmanager
def within(wall: Wall) -> Iterator[None]:
    """Hold a wall for the block. What stands before it stands again afterwards."""
    token = _wall.set(wall)
    try:
        yield
    finally:
        _wall.reset(token)


def narrow(wall: Wall) -> None:
    """Change the wall of the block that holds one: of a request, once its reader is known."""
    _wall.set(wall)


def guard(connection: BaseDatabaseWrapper, **_signal: Any) -> None:
    """Let a new connection tell the database the wall before each statement for which it has changed.

    The wrappers of a connection outlive what it is connected to: one that was there before a reconnect is replaced, or
    every statement would pass through one more of them after each. In front, where no block takes it for its own.
    """
    if connection.vendor == "postgresql":
        others = [one for one in connection.execute_wrappers if not isinstance(one, _Told)]
        connection.execute_wrappers[:] = [_Told(connection), *others]


class _Told:
    """Remembers what the database of one connection was told."""

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self.connection = connection
        self.told: Wall | None = None

    def __call__(self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any) -> Any:
        """Run a statement behind the present wall."""
        wall = _wall.get()
        if wall != self.told and not self._has_failed():
            # what is told within a transaction is forgotten with it: it is told again, and not remembered as told
            inside = self.connection.in_atomic_block
            self._tell(wall, inside)
            self.told = None if inside else wall
        return execute(sql, params, many, context)

    def _has_failed(self) -> bool:
        """A transaction that failed takes nothing but its rollback."""
        from psycopg.pq import TransactionStatus  # a site on SQLite starts without it

        return self.connection.connection.info.transaction_status == TransactionStatus.INERROR

    def _tell(self, wall: Wall, inside: bool) -> None:
        with self.connection.connection.cursor() as cursor:
            told = ", ".join(f"set_config('zhunsheng.{name}', %s, {inside})" for name in SETTINGS)
            cursor.execute(f"SELECT {told}", wall)


def walled() -> list[type[Model]]:
    """Return the models whose rows stand behind the wall: those that say how they are scoped, but for BEFORE_SCOPE."""
    return [m for m in apps.get_models() if getattr(m, "SCOPE_PATH", None) and m._meta.label not in BEFORE_SCOPE]


def condition(model: type[Model], alias: str = "") -> str:
    """Return the SQL condition under which a row of a model is the reader's own to see and to write.

    ``alias``: the name of the model's table in a query around it. Raises ValueError for a path that it cannot say.
    """
    path: str = model.SCOPE_PATH  # type: ignore[attr-defined]
    first, _, rest = path.partition("__")
    field = model._meta.get_field(first)
    if rest:  # as the row that it hangs on
        return _hangs(model, alias, condition(field.related_model, f"{alias}p"))
    if path not in ("institution_id", "body"):
        raise ValueError(f"{model._meta.label}: no policy for the path {path}")
    before = f"{alias}." if alias else ""
    if path == "institution_id":
        return _listed("institutions", before + field.column, "text")
    sides = [field] + [model._meta.get_field(name) for name in (getattr(model, "SCOPE_ALSO", ""),) if name]
    own = [_listed("bodies", before + f.column, "text" if isinstance(f, CharField) else "bigint") for f in sides]
    party = [_party(model, before)] if hasattr(model, "SCOPE_PARTY") else []
    return f"({' OR '.join([*own, *party])})"


def _hangs(model: type[Model], alias: str = "", more: str = "") -> str:
    """A row hangs on one that is in view. By its key: a list of all in view would be made anew for each statement."""
    field = model._meta.get_field(model.SCOPE_PATH.partition("__")[0])  # type: ignore[attr-defined]
    parent, name = field.related_model._meta.db_table, f"{alias}p"
    own = f'{alias or chr(34) + model._meta.db_table + chr(34)}."{field.column}"'
    also = f" AND {more}" if more else ""
    return f'EXISTS (SELECT 1 FROM "{parent}" AS {name} WHERE {name}.id = {own}{also})'  # noqa: S608


def granted(model: type[Model]) -> str:
    """Return the SQL condition under which a row may be read beside the wall; empty where none may.

    Because another body granted it, or because a row that tells of it (SCOPE_SHOWN_BY) is in view: that row's own wall
    decides, since the database holds it in this condition as well.
    """
    if shown := getattr(model, "SCOPE_SHOWN_BY", ""):
        telling = model._meta.get_field(shown)
        own, column = model._meta.db_table, telling.field.column  # type: ignore[union-attr]
        return f'EXISTS (SELECT 1 FROM "{telling.related_model._meta.db_table}" AS t WHERE t."{column}" = "{own}".id)'  # noqa: S608
    kind = getattr(model, "SCOPE_GRANT", "")
    first, _, rest = model.SCOPE_PATH.partition("__")  # type: ignore[attr-defined]
    if rest:
        return _hangs(model) if granted(model._meta.get_field(first).related_model) else ""
    if kind == "findings":
        return _any("granted_findings", "institution_id")
    if kind == "cases":
        about = "'cases:' || body_id || ':' || institution_id || ':'"
        of_all = f"CASE WHEN cycle <> '{APART}' THEN {about} END"
        return _any("granted_cases", "'case:' || body_id || ':' || id", of_all, f"{about} || cycle")
    return ""


def _any(setting: str, *texts: str) -> str:
    given = f"string_to_array(nullif(current_setting('zhunsheng.{setting}', true), ''), E'\\x1f')"
    return "(" + " OR ".join(f"{text} = ANY (ARRAY(SELECT unnest({given})))" for text in texts) + ")"


def _party(model: type[Model], before: str) -> str:
    """What a model opens to whom its rows are about; a reader of the whole site sees it anyhow."""
    names = model.SCOPE_PARTY  # type: ignore[attr-defined]
    institution, body, gate = (before + model._meta.get_field(name).column for name in names)
    about = f"{_listed('institutions', institution, 'text')} OR {_listed('bodies', body, 'bigint')}"
    home = f"{body} = (SELECT nullif(current_setting('zhunsheng.home', true), '')::bigint)"
    return f"({gate} AND ((SELECT current_setting('zhunsheng.party', true)) = '1' AND ({about}) OR {home}))"


def _listed(setting: str, column: str, kind: str) -> str:
    """The whole in one sub-select each, so that the planner asks once per statement."""
    given = f"nullif(current_setting('zhunsheng.{setting}', true), '')"
    names = f"unnest(string_to_array(nullif({given}, '{ALL}'), E'\\x1f'))"
    return f"((SELECT {given}) = '{ALL}' OR {column} = ANY (ARRAY(SELECT x::{kind} FROM {names} AS x)))"  # noqa: S608


def raise_walls(using: str = "default", **_signal: Any) -> None:
    """Write the policy of every walled table anew. Run after each migration; does nothing on SQLite."""
    connection = connections[using]
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        present = set(connection.introspection.table_names(cursor))
        for model in walled():
            table = model._meta.db_table
            if table not in present:
                continue
            rows = condition(model)
            cursor.execute(f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY')
            cursor.execute(f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY')
            cursor.execute(f'DROP POLICY IF EXISTS wall ON "{table}"')
            cursor.execute(f'CREATE POLICY wall ON "{table}" USING ({rows}) WITH CHECK ({rows})')
            cursor.execute(f'DROP POLICY IF EXISTS granted ON "{table}"')
            if also := granted(model):  # beside the wall, and to read only
                cursor.execute(f'CREATE POLICY granted ON "{table}" FOR SELECT USING ({also})')


def holds(using: str = "default") -> bool | None:
    """Whether the wall holds for the role of the site; None where the database has no walls."""
    connection = connections[using]
    if connection.vendor != "postgresql":
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
        bypasses = cursor.fetchone()[0]
        names = [model._meta.db_table for model in walled()]
        cursor.execute("SELECT COUNT(*) FROM pg_class WHERE relname = ANY(%s) AND relforcerowsecurity", (names,))
        return not bypasses and cursor.fetchone()[0] == len(names)
