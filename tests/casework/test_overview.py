"""The overview's rate counts who settles: a vendor's findings are findings, but none per settlement."""

import duckdb
import pytest

from zhunsheng.casework.findings import overview
from zhunsheng.casework.findings.filters import Filter


class Rows:
    """A reader of one small file."""

    def __init__(self, con):
        self.con = con

    def rows(self, sql, values=()):
        found = self.con.execute(sql, list(values))
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


@pytest.fixture
def reader():
    con = duckdb.connect()
    con.execute("CREATE TABLE institution (institution_id VARCHAR, kind VARCHAR)")
    con.execute("INSERT INTO institution VALUES ('H', 'hospital'), ('V', 'vendor')")
    con.execute("CREATE TABLE institution_month (institution_id VARCHAR, month VARCHAR, settlements BIGINT, "
                "findings BIGINT, unknown BIGINT, finding_amount_fen BIGINT)")  # fmt: skip
    con.execute("""INSERT INTO institution_month VALUES
        ('H', '2026-10', 100, 4, 1, 500), ('V', '2026-10', NULL, 9, 0, 0), ('X', '2026-10', 20, 2, 0, 10),
        ('V', '2026-09', NULL, 3, 0, 0)""")
    con.execute("CREATE TABLE finding AS SELECT * FROM (VALUES ('H'), ('V'), (NULL), ('V')) AS t(institution_id)")
    return Rows(con)


def test_findings_at_vendors_are_no_part_of_a_rate_per_settlement(reader):
    september, october = overview.by_month(reader, "2026-10")
    assert (october["findings"], october["fund_findings"], october["settlements"]) == (15, 6, 120)
    assert (september["findings"], september["fund_findings"]) == (3, 0)


@pytest.mark.parametrize(("area", "count"), [("", 4), ("service", 2), ("fund", 2)])
def test_the_list_is_narrowed_to_where_a_finding_stands(reader, area, count):
    where, values = Filter(area=area).where()
    assert reader.rows(f"SELECT COUNT(*) AS n FROM finding WHERE {where}", values)[0]["n"] == count
