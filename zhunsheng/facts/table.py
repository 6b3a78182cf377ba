"""What a fact table promises: grain, key, columns with unit and meaning. Data, read by lake, docs and tests."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import pyarrow as pa


class Kind(StrEnum):
    """The few column types that every engine agrees on."""

    TEXT = "text"
    DATE = "date"
    MOMENT = "moment"  # epoch seconds: the same integer on every engine, no time-zone surprises
    FEN = "fen"
    E4 = "e4"  # quantity x 10^4
    E6 = "e6"  # unit price in yuan x 10^6
    COUNT = "count"
    FLAG = "flag"


ARROW = {
    Kind.TEXT: pa.string(),
    Kind.DATE: pa.date32(),
    Kind.MOMENT: pa.int64(),
    Kind.FEN: pa.int64(),
    Kind.E4: pa.int64(),
    Kind.E6: pa.int64(),
    Kind.COUNT: pa.int64(),
    Kind.FLAG: pa.bool_(),
}
SQL = {
    Kind.TEXT: "VARCHAR",
    Kind.DATE: "DATE",
    Kind.MOMENT: "BIGINT",
    Kind.FEN: "BIGINT",
    Kind.E4: "BIGINT",
    Kind.E6: "BIGINT",
    Kind.COUNT: "BIGINT",
    Kind.FLAG: "BOOLEAN",
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column. ``required`` means that a row without it is rejected, not that unknown is forbidden elsewhere.

    ``later``: the table was stored without it before; rows of that time read as empty, so it is never required.
    """

    name: str
    kind: Kind
    zh: str
    meaning: str
    required: bool = False
    codes: tuple[str, ...] = ()
    later: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """One promised table. ``key`` names the columns that identify a row across batches."""

    name: str
    zh: str
    grain: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    partition: str | None = None

    @property
    def arrow(self) -> pa.Schema:
        """The Arrow schema, origin columns included."""
        return pa.schema([pa.field(c.name, ARROW[c.kind], not c.required) for c in (*self.columns, *ORIGIN)])

    @property
    def names(self) -> tuple[str, ...]:
        """Column names in order, origin columns included."""
        return tuple(c.name for c in (*self.columns, *ORIGIN))

    @property
    def later(self) -> tuple[Column, ...]:
        """The columns that stored files may lack."""
        return tuple(one for one in self.columns if one.later)

    def column(self, name: str) -> Column:
        """Return a column by name. Raises KeyError."""
        for column in (*self.columns, *ORIGIN):
            if column.name == name:
                return column
        raise KeyError(name)


#: Every row says where it came from: file (batch) and row. ``recorded_at`` is when the site learnt it.
ORIGIN = (
    Column("batch", Kind.TEXT, "批次", "identity of the file that brought the row", required=True),
    Column(
        "source_row",
        Kind.COUNT,
        "来源行号",
        "row in that file, the header being row 1; of FHIR the place of the resource",
        required=True,
    ),
    Column("recorded_at", Kind.MOMENT, "入库时间", "when the site accepted the row", required=True),
)
