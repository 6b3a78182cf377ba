"""The subsidy of remote areas as pages show it: rates with their cite, who is named, what each quarter earned."""

from __future__ import annotations

from datetime import date
from typing import Any

from zhunsheng.casework.bodies.scope import Scope
from zhunsheng.casework.ratings import library
from zhunsheng.casework.ratings import subsidies as reckoned
from zhunsheng.kernel.time import parse_date
from zhunsheng.web import book

#: Rows of the panel; the rest is behind its link.
MOST = 6


def panel(scope: Scope, vendor: str = "") -> dict[str, Any]:
    """Return the latest quarters in view, of one vendor or of all, with the rates and whether anyone is named.

    ``run``: whether there is a run to reckon on.
    """
    told, rules = library.incentives(), book.book()
    found = reckoned.earned(scope, rules, told.subsidy, vendor)
    return {
        **rates(),
        "named": bool(reckoned.named(scope, rules, told.subsidy)),
        "run": scope.file is not None,
        "rows": found[:MOST],
        "more": max(0, len(found) - MOST),
        "names": names(scope),
    }


def rates() -> dict[str, Any]:
    """Return the subsidy with its rates and their cites."""
    told = library.incentives()
    stated = [{"rate": one, "cite": told.cites[one.cite]} for one in told.subsidy.rates]
    return {"told": told.subsidy, "rates": stated}


def names(scope: Scope) -> dict[str, str]:
    """Return names by code: of institutions in view, of all vendors, and of those that the list itself names."""
    file = scope.file
    known = file.places.values() if file else ()
    listed = reckoned.named(scope, book.book(), library.incentives().subsidy)
    found = {one.code: one.name for one in listed if one.name}
    return found | {
        one.institution_id: one.name for one in known if one.kind == "vendor" or scope.sees(one.institution_id)
    }


def as_of(scope: Scope) -> date | None:
    """Return the day that the run reaches, None before the first run."""
    return parse_date(str(scope.file.manifest["as_of"])) if scope.file else None
