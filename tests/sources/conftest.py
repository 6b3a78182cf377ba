"""A site and an inbox for each test."""

import duckdb
import pytest

from zhunsheng.facts import lake
from zhunsheng.kernel.home import Home
from zhunsheng.sources import load

AT = 1_790_000_000


class Site:
    """A site folder with an inbox, and short ways to ask what the lake holds."""

    def __init__(self, root):
        self.home = Home(root / "site")
        self.inbox = root / "inbox"
        self.inbox.mkdir()

    def load(self, *paths, at=AT, **how):
        return load(self.home, list(paths) or [self.inbox], recorded_at=at, **how)

    def rows(self, table, columns="*", where="true"):
        """Return rows of a table in the newest snapshot, in order of batch and row."""
        snapshot = lake.latest(self.home)
        source = lake.select(table, lake.files(self.home, snapshot, table) if snapshot else [])
        with duckdb.connect() as connection:
            sql = f"SELECT {columns} FROM ({source}) WHERE {where} ORDER BY batch, source_row"
            return connection.execute(sql).fetchall()

    def one(self, table, columns, where="true"):
        rows = self.rows(table, columns, where)
        assert len(rows) == 1, rows
        return rows[0]


@pytest.fixture
def site(tmp_path):
    return Site(tmp_path)


def faults(report):
    """Return (row, column, code) of all rejects."""
    return [(one.row, one.column, one.code) for one in report.store.rows()]
