"""The SQL of patterns and facts, written once for DuckDB, as Apache Spark says it: rewrites of the tree, no templates.

sqlglot carries most of the step. What it leaves is rewritten here, each by the shape of the tree and never by the
name of a table, so that another pattern or another fact needs nothing new. What cannot be carried raises an error
instead of giving another result (``unsupported_level``); what silently gives another one is refused in the texts
themselves, by the portable subset (tests/patterns/test_sql.py).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

import sqlglot
from sqlglot import exp
from sqlglot.optimizer.qualify import qualify

#: The widest whole number of the other engine: 38 digits, where DuckDB's HUGEINT holds 38 and a few more.
_WIDE = exp.DataType.build("DECIMAL(38, 0)")


def statements(text: str) -> dict[str, exp.Expr]:
    """Return the queries that a text of CREATE ... AS statements stores, by name and in order."""
    found = {}
    for one in sqlglot.parse(text, dialect="duckdb"):
        if not isinstance(one, exp.Create):
            raise TypeError(f"not a CREATE ... AS statement: {one}")
        found[one.this.name] = one.expression
    return found


def temporary(text: str) -> set[str]:
    """Return the names that a text of CREATE ... AS statements makes as temporary tables: steps, not results."""
    made = [one for one in sqlglot.parse(text, dialect="duckdb") if isinstance(one, exp.Create)]
    return {one.this.name for one in made if one.find(exp.TemporaryProperty)}


def tables(query: str | exp.Expr) -> set[str]:
    """Return the names that a query reads from; names of its own CTEs are among them."""
    return {one.name for one in _tree(query).find_all(exp.Table)}


def needed(stored: Mapping[str, exp.Expr], wanted: Iterable[str]) -> list[str]:
    """Return what of the stored queries is read, directly or through others, to answer for the wanted names."""
    left, found = set(wanted), []
    for name in reversed(list(stored)):
        if name in left:
            found.append(name)
            left |= tables(stored[name])
    return found[::-1]


def for_spark(
    query: str | exp.Expr,
    columns: Mapping[str, Sequence[str]] | None = None,
    variables: Mapping[str, date] | None = None,
) -> str:
    """Return a query as Spark reads it.

    ``columns`` names what the tables hold, for a query that picks from a star, filters windows or unites by name;
    ``variables`` the days that GETVARIABLE stands for. Raises KeyError for another variable, and what sqlglot raises
    where a text cannot be read or carried.
    """
    tree = _tree(query).copy()
    tree = tree.transform(_variable, variables or {})
    if any(_needs_columns(node) for node in tree.walk()):
        schema: dict[str, object] = {name: dict.fromkeys(held, "VARCHAR") for name, held in (columns or {}).items()}
        tree = qualify(
            tree,
            dialect="duckdb",
            schema=schema,
            expand_alias_refs=False,
            quote_identifiers=False,
            validate_qualify_columns=False,
        )
    for operation in reversed(list(tree.find_all(exp.SetOperation))):
        _by_position(operation)
    for select in reversed(list(tree.find_all(exp.Select))):
        _by_filter(select)
    tree = tree.transform(_carried)
    return tree.sql("spark", unsupported_level=sqlglot.ErrorLevel.RAISE, comments=False)


def steps(query: str, prefix: str) -> list[tuple[str, exp.Expr]]:
    """Return a query as the parts to be kept, by name and in order, and at last, without a name, what asks them.

    Spark computes a CTE anew for each place that reads it, and those that it is made of each time again. A CTE read in
    several places therefore becomes a table by itself, ``<prefix>_<name>``, as DuckDB keeps it without being told.
    """
    tree = _tree(query).copy()
    clause = tree.args.get("with_")
    listed: list[exp.CTE] = list(clause.expressions) if clause else []
    read = Counter(one.name for one in tree.find_all(exp.Table))
    kept = {one.alias: f"{prefix}_{one.alias}" for one in listed if read[one.alias] > 1}
    for table in list(tree.find_all(exp.Table)):
        if table.name in kept and not table.db:
            table.replace(exp.alias_(exp.to_table(kept[table.name]), table.alias or table.name, table=True))
    found: list[tuple[str, exp.Expr]] = []
    inline: list[exp.CTE] = []
    for one in listed:
        if one.alias in kept:
            found.append((kept[one.alias], _under(inline, one.this)))
        else:
            inline.append(one)
    tree.set("with_", None)
    return [*found, ("", _under(inline, tree))]


def _under(inline: Sequence[exp.CTE], query: exp.Expr) -> exp.Expr:
    """Return a query with those CTEs before it that it reads, directly or through others."""
    stored = {one.alias: one for one in inline}
    chosen = [stored[name].copy() for name in needed({name: one.this for name, one in stored.items()}, tables(query))]
    alone = query.copy()
    if chosen:
        alone.set("with_", exp.With(expressions=chosen))
    return alone


def kind(name: str) -> str:
    """Return a column type of DuckDB as Spark names it."""
    return exp.DataType.build(name, dialect="duckdb").sql("spark")


def _tree(query: str | exp.Expr) -> exp.Expr:
    return query if isinstance(query, exp.Expr) else sqlglot.parse_one(query, dialect="duckdb")


def _needs_columns(node: exp.Expr) -> bool:
    """Whether a part can be said in Spark only with the columns of its tables spelled out."""
    if isinstance(node, exp.Star):
        return bool(node.args.get("except_") or node.args.get("replace") or node.args.get("rename"))
    return isinstance(node, exp.Qualify) or bool(isinstance(node, exp.SetOperation) and node.args.get("by_name"))


def _variable(node: exp.Expr, variables: Mapping[str, date]) -> exp.Expr:
    if not isinstance(node, exp.Anonymous) or node.name.upper() != "GETVARIABLE":
        return node
    return exp.cast(exp.Literal.string(variables[node.expressions[0].name].isoformat()), exp.DataType.Type.DATE)


def _by_position(operation: exp.SetOperation) -> None:
    """Bring the columns of both sides of a union by name into one order; what one side lacks is NULL there."""
    if not operation.args.get("by_name"):
        return
    sides = (operation.left, operation.right)
    names = list(dict.fromkeys(name for side in sides for name in side.named_selects))
    for side in sides:
        for select in _selects(side):
            said = dict(zip(side.named_selects, select.selects, strict=True))
            select.set("expressions", [said.get(name) or exp.alias_(exp.null(), name) for name in names])
    operation.set("by_name", None)


def _by_filter(select: exp.Select) -> None:
    """Turn QUALIFY into a filter around the select.

    sqlglot has such a step of its own. It puts the select's aliases in the place of columns of the same name inside the
    windows, and ``s.end_date`` of a table then means the end date that the select makes: another value, without error.
    """
    condition = select.args.get("qualify")
    if condition is None:
        return
    names = select.named_selects
    select.set("qualify", None)
    inner = select.copy()
    test = condition.this
    for number, window in enumerate(list(test.find_all(exp.Window))):
        inner = inner.select(exp.alias_(window.copy(), f"_window{number}"), copy=False)
        window.replace(exp.column(f"_window{number}"))
    for part in list(select.args):
        if part not in ("kind", "hint"):
            select.set(part, None)
    select.set("with_", inner.args.pop("with_", None))
    select.select(*names, copy=False).from_(inner.subquery("_windowed"), copy=False).where(test, copy=False)


def _selects(side: exp.Expr) -> list[exp.Select]:
    if isinstance(side, exp.SetOperation):
        return [*_selects(side.left), *_selects(side.right)]
    if isinstance(side, exp.Subquery):
        return _selects(side.this)
    if not isinstance(side, exp.Select):
        raise TypeError(f"not a SELECT: {side}")
    return [side]


def _carried(node: exp.Expr) -> exp.Expr:
    """Rewrite what sqlglot leaves as DuckDB says it."""
    if isinstance(node, exp.CTE) and node.args.get("materialized") is not None:
        node.set("materialized", None)
    elif isinstance(node, exp.DataType) and node.this in (exp.DataType.Type.INT128, exp.DataType.Type.UINT128):
        return _WIDE.copy()
    elif isinstance(node, exp.Anonymous) and node.name.upper() == "ROW":
        return exp.func("STRUCT", *node.expressions)
    elif isinstance(node, (exp.ArgMax, exp.ArgMin)):
        # DuckDB passes over rows whose value is NULL, Spark over rows whose measure is: both must be the same rows
        known = exp.Not(this=exp.Is(this=node.this.copy(), expression=exp.null()))
        node.set("expression", exp.Case(ifs=[exp.If(this=known, true=node.expression.copy())]))
    return node
