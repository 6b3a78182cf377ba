"""Indicators: the board, one with its subjects and trend, the rows behind a number, and the long table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from zhunsheng.book.indicators import Indicator
from zhunsheng.casework.bodies.lake import Place, Reader
from zhunsheng.casework.bodies.permissions import Verb, may
from zhunsheng.casework.indicators import queries
from zhunsheng.casework.indicators.queries import Wanted
from zhunsheng.casework.trips import queries as trips
from zhunsheng.facts.wide import COUNTED
from zhunsheng.indicators.compile import UNKNOWN
from zhunsheng.indicators.control import trend
from zhunsheng.indicators.counting import rows_text
from zhunsheng.indicators.plain import Counted
from zhunsheng.indicators.values import Value, hidden, judge, printed, together
from zhunsheng.kernel.errors import Problem
from zhunsheng.web import book, exports
from zhunsheng.web import indicators as told
from zhunsheng.web.access import page
from zhunsheng.web.paging import Pages, last_page, page_number
from zhunsheng.web.templatetags.words import tongue

SIZE = 50
LONG = ("indicator", "name", "subject_kind", "subject", "subject_name", "period", "numerator", "denominator", "unknown",
        "excluded", "value", "unit", "target", "state")  # fmt: skip


@page(Verb.READ_FINDINGS)
def board(request: HttpRequest) -> HttpResponse:
    """List the indicators that have data in view, worst first."""
    if _nothing_yet(request):
        return render(request, "web/overview_empty.html")
    with _reading(request) as (reader, held):
        if not held:
            return render(request, "web/overview_empty.html", {"scoped": True})
        wanted = queries.parse(request.GET, held, _as_of(request))
        lines = queries.board(reader, book.book(), wanted, _places(request), request.scope.readable)
        everything = queries.board(
            reader, book.book(), Wanted(wanted.month, wanted.span), _places(request), request.scope.readable
        )
    rows = [told.row(line, open_to_reader=_open(request, line.indicator, line.values)) for line in lines if line.values]
    return render(
        request,
        "web/indicators.html",
        {
            "rows": rows,
            **_frame(wanted, held),
            "areas": [
                (area, told.area_word(area))
                for area in dict.fromkeys(
                    line.indicator.area for line in sorted(everything, key=lambda line: line.indicator.area)
                )
            ],
            "missed": sum(row["missed"] > 0 for row in rows),
            "worse": sum(row["alerts"] > 0 for row in rows),
            "alone": not request.scope.several,
        },
    )


@page(Verb.READ_FINDINGS)
def one(request: HttpRequest, key: str) -> HttpResponse:
    """Show one indicator: its definition, its subjects with target and peers, its trend. Raises Problem ZS701."""
    indicator = _indicator(key)
    if _nothing_yet(request):
        return render(request, "web/overview_empty.html")
    subject = request.GET.get("subject", "").strip()
    with _reading(request) as (reader, held):
        series = queries.series(reader, indicator.id)[indicator.id]
        if subject and subject not in series:
            raise Problem("ZS701")
        if not held:
            return render(request, "web/overview_empty.html", {"scoped": True})
        wanted, places = queries.parse(request.GET, held, _as_of(request)), _places(request)
        is_stale = indicator.id in queries.stale(reader, book.book())
        line = queries.line(indicator, series, wanted, places, is_stale=is_stale)
        names = _names(reader, indicator, places)
        rows = _subjects(request, reader, line, wanted, names)
    is_open = _open(request, indicator, line.values)
    summed = [c for c in _summed(indicator, series, subject) if is_open or not _kept_back(indicator, c)]
    points = trend(indicator, summed)[-36:]
    title = names.get(subject, subject) if subject else _("全部")
    context = {
        "one": indicator, "name": tongue(indicator, "name"), "area": told.area_word(indicator.area),
        **_frame(wanted, held, indicator=key), "definition": told.definition_rows(indicator), "rows": rows,
        "whole": told.row(line, open_to_reader=is_open), "subject": subject, "subject_name": title, "stale": is_stale,
        "trend": told.trend_chart(indicator, points, title), "alerts": [_alert(a, names) for a in line.alerts],
        "targets": indicator.targets, "unit": told.unit_of(indicator), "peers": any(row["decile"] for row in rows),
        "strips": any(row["strip"] for row in rows),
    }  # fmt: skip
    return render(request, "web/indicator.html", context)


@page(Verb.READ_FINDINGS)
def rows(request: HttpRequest, key: str) -> HttpResponse:
    """Show the rows behind a subject and month, each with what it is to the indicator."""
    indicator = _indicator(key)
    with _reading(request) as (reader, held):
        subject, wanted, where, values = _asked(request, indicator, held, queries.series(reader, key)[key])
        sql = rows_text(indicator, book.book())
        total = reader.one(f"SELECT COUNT(*) AS n FROM ({sql}) WHERE {where}", values)["n"]  # noqa: S608 - our own text
        pages = Pages(page_number(request), SIZE, total)
        if total and (elsewhere := last_page(request, pages)):
            return elsewhere
        found = reader.rows(_page_sql(indicator, sql, where, SIZE, (pages.number - 1) * SIZE), values)
        name = _names(reader, indicator, _places(request)).get(subject, subject)
    query = request.GET.copy()
    query.pop("page", None)
    columns = [c for c in found[0] if c not in ("outcome", "told_month")] if found else []
    context = {
        "one": indicator, "name": tongue(indicator, "name"), "subject_name": name, **_frame(wanted, held),
        "pages": pages, "base": query.urlencode(), "heads": [COUNTED[indicator.table].column(c) for c in columns],
        "rows": [_fact_row(indicator, row, columns) for row in found], "trips": _trips(request, subject, found),
    }  # fmt: skip
    return render(request, "web/indicator_rows.html", context)


def _trips(request: HttpRequest, vendor: str, found: list[dict[str, Any]]) -> dict[str, int]:
    """Return the trips of a vendor among the rows that this site kept itself, and so has a page of, by number."""
    numbers = [row["trip_id"] for row in found if row.get("trip_id")] if may(request.user, Verb.READ_CASES) else []
    held = trips.trips(request.scope).filter(vendor_id=vendor, number__in=numbers) if numbers else ()
    return {one.number: one.pk for one in held}


def _fact_row(one: Indicator, row: dict[str, Any], columns: list[str]) -> dict[str, Any]:
    cells = [(column, told.fact(one, column, row[column])) for column in columns]
    return {"outcome": told.outcome_word(row["outcome"]), "unknown": row["outcome"] == UNKNOWN, "cells": cells}


@page(Verb.EXPORT_FINDINGS)
def rows_export(request: HttpRequest, key: str, kind: str) -> HttpResponse:
    """Export the rows behind a subject and month. Raises Problem ZS710 for too many."""
    indicator = _indicator(key)
    with _reading(request) as (reader, held):
        subject, wanted, where, values = _asked(request, indicator, held, queries.series(reader, key)[key])
        sql = rows_text(indicator, book.book())
        total = reader.one(f"SELECT COUNT(*) AS n FROM ({sql}) WHERE {where}", values)["n"]  # noqa: S608 - our own text
        exports.check_size(total)
        found = reader.rows(_page_sql(indicator, sql, where, exports.MOST, 0), values)
    columns = [c for c in (found[0] if found else {}) if c not in ("outcome", "told_month")]
    cells = [[told.outcome_word(r["outcome"]), *(told.fact(indicator, c, r[c]) for c in columns)] for r in found]
    sheet = exports.Sheet(
        title=f"{_('指标明细')} {tongue(indicator, 'name')}",
        facts=[(_("对象"), subject), (_("期间"), wanted.month), (_("运行"), request.scope.file.path.parent.name)],
        head=[_("归类"), *(COUNTED[indicator.table].column(c).zh for c in columns)],
        money=(),
        rows=iter([cells]),
        totals=[_("合计"), f"{total}"],
    )
    return exports.respond(
        request, sheet, kind, "indicator-rows", {"indicator": key, "subject": subject, "month": wanted.month}
    )


@page(Verb.EXPORT_FINDINGS)
def export(request: HttpRequest, kind: str) -> HttpResponse:
    """Export the long table: a row per indicator, subject and period."""
    with _reading(request) as (reader, held):
        wanted, places = queries.parse(request.GET, held, _as_of(request)), _places(request)
        lines = queries.board(reader, book.book(), wanted, places, request.scope.readable)
        names = {line.indicator.subject: _names(reader, line.indicator, places) for line in lines}
        wanted_id = request.GET.get("indicator", "")
    chosen = [line for line in lines if wanted_id in ("", line.indicator.id)]
    sheet = exports.Sheet(
        title=_("指标长表"),
        facts=[
            (_("期间"), _("{month}（{span} 个月）").format(month=wanted.month, span=wanted.span)),
            (_("运行"), request.scope.file.path.parent.name),
        ],
        head=list(LONG),
        money=(),
        rows=_long(request, chosen, names, wanted),
        totals=[_("合计"), f"{sum(len(line.values) for line in chosen)}"],
    )
    return exports.respond(request, sheet, kind, "indicators", {"month": wanted.month, "area": wanted.area})


def _long(
    request: HttpRequest, lines: list[queries.Line], names: dict[str, dict[str, str]], wanted: Wanted
) -> Iterator[list[Any]]:
    period = wanted.month if wanted.span == 1 else f"{min(wanted.months)}/{wanted.month}"
    for line in lines:
        one = line.indicator
        yield [
            [one.id, tongue(one, "name"), one.subject, v.subject_id, names[one.subject].get(v.subject_id, ""), period,
             *_figures(request, v), one.unit, told.target_word(v), v.known if v.known != "known" else v.verdict]
            for v in line.values
        ]  # fmt: skip


def _figures(request: HttpRequest, value: Value) -> list[Any]:
    """Return counts and value of a row of the long table, empty where they are kept back."""
    if hidden(value, open_to_reader=_open(request, value.indicator, [value])):
        return [""] * 5
    counted = [value.numerator, value.denominator, value.unknown, value.excluded]
    return [*counted, printed(value.indicator, value.ratio)]


def _open(request: HttpRequest, one: Indicator, values: Iterable[Value]) -> bool:
    """Whether the reader sees every row behind some values: a vendor's are also those of others that it serves."""
    return one.subject != "vendor" or all(request.scope.sees(value.subject_id) for value in values)


def _kept_back(one: Indicator, counted: Counted) -> bool:
    return hidden(judge(one, counted), open_to_reader=False)


@contextmanager
def _reading(request: HttpRequest) -> Iterator[tuple[Reader, list[str]]]:
    """Lend a reader and the months that hold counts, newest first. Raises Problem ZS707, ZS716, ZS606."""
    if request.scope.file is not None:
        queries.check_counted(request.scope.file.tables)
    with request.scope.lake() as reader:
        yield reader, queries.months(reader)


def _nothing_yet(request: HttpRequest) -> bool:
    return request.scope.file is None and not request.scope.broken


def _indicator(key: str) -> Indicator:
    found = book.book().indicators.get(key)
    if found is None:
        raise Problem("ZS701")
    return found


def _as_of(request: HttpRequest) -> date:
    return date.fromisoformat(request.scope.file.manifest["as_of"])


def _places(request: HttpRequest) -> dict[str, Place]:
    """Return the institutions in view by id, and all vendors: one that serves a reader has a name to the reader."""
    known = request.scope.file.places.items()
    return {key: place for key, place in known if place.kind == "vendor" or request.scope.sees(key)}


def _names(reader: Reader, one: Indicator, places: dict[str, Place]) -> dict[str, str]:
    if one.subject != "department":
        return {key: place.name for key, place in places.items()}
    named = queries.department_names(reader)
    return {
        key: f"{places[key.partition('/')[0]].name if key.partition('/')[0] in places else ''} {name}"
        for key, name in named.items()
    }


def _subjects(
    request: HttpRequest,
    reader: Reader,
    line: queries.Line,
    wanted: Wanted,
    names: dict[str, str],
) -> list[dict[str, Any]]:
    """Return a row per subject, missed first, then unknown, then the rest by value; beside its peers of one month."""
    places = _places(request)
    one, groups = line.indicator, queries.peers(reader, line.indicator, wanted.month) if wanted.span == 1 else {}
    worse = {subject for alert in line.alerts for subject in (alert.subject_id, *alert.children)}
    rows = []
    for value in sorted(line.values, key=lambda v: _order(one, v)):
        cell = told.cell(value, open_to_reader=_open(request, one, [value]))
        peers = told.peer_cells(value, places.get(value.subject_id), {} if cell["hidden"] else groups)
        at = float(value.ratio) if value.ratio is not None and not cell["hidden"] else None
        rows.append({**cell, **peers, "at": at, "id": value.subject_id, "worse": value.subject_id in worse,
                     "name": names.get(value.subject_id) or value.subject_id})  # fmt: skip
    return told.strips(rows)


def _order(one: Indicator, value: Value) -> tuple[Any, ...]:
    rank = {"missed": 0, "unknown": 1, "untargeted": 2, "met": 3}[value.verdict] if value.known == "known" else 4
    ratio = float(value.ratio) if value.ratio is not None else 0.0
    return rank, ratio if one.direction == "higher" else -ratio, value.subject_id


def _summed(one: Indicator, series: queries.Series, subject: str) -> list[Any]:
    """Return the months of a subject, or of all in view together."""
    if subject:
        return series[subject]
    months = sorted({counted.month for counts in series.values() for counted in counts})
    found = (together(one, (c for counts in series.values() for c in counts if c.month == month)) for month in months)
    return [counted for counted in found if counted is not None]


def _alert(alert: Any, names: dict[str, str]) -> dict[str, Any]:
    return {
        "id": alert.subject_id,
        "name": names.get(alert.subject_id, alert.subject_id),
        "since": alert.since,
        "month": alert.month,
        "children": [names.get(child, child) for child in alert.children],
    }


def _asked(
    request: HttpRequest, one: Indicator, held: list[str], series: queries.Series
) -> tuple[str, Wanted, str, list[Any]]:
    """Return subject and months of an address with the condition on the rows. Raises Problem ZS701 for none in view."""
    subject = request.GET.get("subject", "").strip()
    if subject not in series:
        raise Problem("ZS701")
    wanted = queries.parse(request.GET, held, _as_of(request))
    first, _slash, department = subject.partition("/")
    months = sorted(wanted.months)
    marks = ", ".join("?" * len(months))
    if one.subject == "department":
        where, values = "institution_id = ? AND COALESCE(department_id, '') = ?", [first, department]
    else:
        where, values = f"{one.subject}_id = ?", [subject]
    return subject, wanted, f"{where} AND told_month IN ({marks})", [*values, *months]


def _page_sql(one: Indicator, sql: str, where: str, size: int, start: int) -> str:
    order = ", ".join(COUNTED[one.table].key)
    return f"SELECT * FROM ({sql}) WHERE {where} ORDER BY outcome, {one.date}, {order} LIMIT {size} OFFSET {start}"  # noqa: S608


def _frame(wanted: Wanted, held: list[str], **more: str) -> dict[str, Any]:
    """Return what the pages share: the period, what may be chosen, and the addresses that keep it."""
    return {
        "wanted": wanted,
        "months": held,
        "spans": _spans(),
        "period_query": wanted.query(area=""),
        "export_query": wanted.query(**more),
    }


def _spans() -> list[tuple[int, str]]:
    return [(1, _("当月")), (3, _("近 3 个月")), (6, _("近 6 个月")), (12, _("近 12 个月"))]
