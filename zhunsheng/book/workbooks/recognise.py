"""Which layout a sheet has: by its headings in any order, its words and what of its first rows can be read."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from itertools import islice

from zhunsheng.book.models import ListKind
from zhunsheng.book.workbooks.layouts import Layout, Layouts, fold
from zhunsheng.book.workbooks.points import data_rows, missing, point_row
from zhunsheng.book.workbooks.sheets import Sheet, text_of
from zhunsheng.kernel.errors import Problem

#: The header stands in one of the first rows, below titles; so many rows of data are tried.
HEADER_WITHIN, TRIED = 10, 20


@dataclass(frozen=True, slots=True)
class Match:
    """A sheet and the layout it was recognised by; ``header`` counts rows from zero.

    ``place`` holds the column of each heading; ``part`` is 0 for a speaking sheet, 1 for a sheet of codes.
    """

    sheet: Sheet
    layout: Layout
    part: int
    header: int
    place: dict[str, int]


def recognise(
    file: str, sheets: list[Sheet], layouts: Layouts, lists: dict[str, ListKind], only: Collection[str] = ()
) -> list[Match]:
    """Return the recognised sheets of a workbook, a speaking sheet before its sheet of codes.

    ``only`` limits the layouts to those of some lists.
    Raises Problem ZS409 (no sheet is known), ZS427 (two layouts fit alike), ZS429 (the sheet of codes is missing).
    """
    allowed = [one for one in layouts.layouts if not only or one.list in only]
    found: list[Match] = []
    for sheet in sheets:
        if match := _speaking(file, sheet, allowed, layouts, lists):
            found.append(match)
            if match.layout.coded and not _holds_codes(match, layouts):
                found.append(_codes(file, sheets, match, layouts))
    if not found:
        raise _unknown(file, sheets, allowed, layouts)
    return found


def _speaking(
    file: str, sheet: Sheet, allowed: list[Layout], layouts: Layouts, lists: dict[str, ListKind]
) -> Match | None:
    fitting = [match for layout in allowed if (match := _headed(sheet, layout, 0, layouts))]
    ranked = sorted(((_rank(file, match, layouts, lists), match) for match in fitting), key=lambda pair: pair[0])
    if not ranked:
        return None
    best, match = ranked[-1]
    if len(ranked) > 1 and ranked[-2][0] == best:
        names = "、".join(lists[one.layout.list].zh for rank, one in ranked if rank == best)
        raise Problem("ZS427", file=file, sheet=sheet.name, lists=names)
    return match


def _headed(sheet: Sheet, layout: Layout, part: int, layouts: Layouts) -> Match | None:
    """Return the match of a sheet whose header holds what the layout needs, and whose data is of its kind."""
    wanted = {layouts.heading(heading) for heading in layout.needed(part)}
    for number, row in enumerate(sheet.rows[:HEADER_WITHIN]):
        place = {layouts.heading(text_of(cell)): at for at, cell in reversed(list(enumerate(row))) if cell != ""}
        if wanted <= place.keys():
            match = Match(sheet, layout, part, number, place)
            return match if _of_kind(match, layouts) else None
    return None


def _of_kind(match: Match, layouts: Layouts) -> bool:
    for heading, value in match.layout.where.items():
        column = match.place.get(layouts.heading(heading))
        rows = data_rows(match.sheet, match.header) if column is not None else ()
        seen = {fold(text_of(row[column])) for _, row in rows if column is not None and column < len(row)} - {""}
        if seen and fold(value) not in seen:
            return False
    return True


def _rank(file: str, match: Match, layouts: Layouts, lists: dict[str, ListKind]) -> tuple[int, bool, bool, int]:
    """Return how well a layout fits: its headings found, whether rows can be read, its hints, how many rows."""
    headings = {layouts.heading(heading) for sheet in match.layout.sheets for heading in sheet}
    tried = [row for _, row in islice(data_rows(match.sheet, match.header), TRIED)]
    kind = lists[match.layout.list]
    made = [point_row(match.place, row, match.layout, kind, layouts) for row in tried]
    open_ = set(kind.key)  # a speaking sheet may leave the codes to the other one
    read = sum(
        not one.faults
        and one.row["reading"] != "waiting"
        and {fault.column for fault in missing(one.row, kind)} <= open_
        for one in made
    )
    printed = [text_of(cell) for row in (*match.sheet.rows[: match.header], *tried) for cell in row]
    text = "".join((file, match.sheet.name, *printed))
    return len(headings & match.place.keys()), read > 0, any(hint in text for hint in match.layout.hints), read


def _holds_codes(match: Match, layouts: Layouts) -> bool:
    return layouts.heading(match.layout.columns["item_code"]) in match.place


def _codes(file: str, sheets: list[Sheet], speaking: Match, layouts: Layouts) -> Match:
    others = (sheet for sheet in sheets if sheet is not speaking.sheet)
    found = next((match for sheet in others if (match := _headed(sheet, speaking.layout, 1, layouts))), None)
    if found is None:
        wanted = "、".join(speaking.layout.sheets[1])
        raise Problem("ZS429", file=file, sheet=speaking.sheet.name, expected=wanted)
    return found


def _unknown(file: str, sheets: list[Sheet], allowed: list[Layout], layouts: Layouts) -> Problem:
    """Say what was found and which known layout comes nearest."""
    headers = [
        (sheet, row) for sheet in sheets for row in sheet.rows[:HEADER_WITHIN] if any(cell != "" for cell in row)
    ]
    candidates = [
        (len(_folded(row, layouts) & {layouts.heading(text) for text in headings}), -number, row, layout, headings)
        for _, row in headers
        for number, layout in enumerate(allowed)
        for headings in layout.sheets[:1]
    ]
    found = " / ".join(_shown(sheet) for sheet in sheets)
    if not candidates:
        return Problem("ZS409", file=file, found=found, nearest="-", expected="-", missing="-")
    _, _, row, layout, headings = max(candidates, key=lambda one: one[:2])
    missing = [text for text in layout.needed(0) if layouts.heading(text) not in _folded(row, layouts)]
    wrong = [f"{heading}={value}" for heading, value in layout.where.items()] if not missing else []
    said = "、".join(missing or wrong) or "-"
    return Problem("ZS409", file=file, found=found, nearest=layout.list, expected="、".join(headings), missing=said)


def _folded(row: tuple[object, ...], layouts: Layouts) -> set[str]:
    return {layouts.heading(str(cell)) for cell in row if cell != ""}


def _shown(sheet: Sheet) -> str:
    """Say the first filled row of a sheet, cut short, and what its column 限定类型 holds."""
    row = next((row for row in sheet.rows if any(cell != "" for cell in row)), ())
    return f"{sheet.name}：" + ("、".join(text_of(cell)[:30] for cell in row[:20] if cell != "") or "空")
