"""Every fact leads back to batch, file and row."""

from tests.facts.rows import add, batch, table
from zhunsheng.facts import lake
from zhunsheng.facts.lineage import origins
from zhunsheng.kernel.home import Home


def test_a_fact_names_its_file_and_row(tmp_path):
    home = Home(tmp_path)
    add(home, "march", charge_line=5)
    found = origins(home, lake.latest(home), "charge_line", "id-march-3")
    assert [(one.batch.file_name, one.batch.digest, one.row) for one in found] == [("march.csv", "digest", 5)]
    assert origins(home, lake.latest(home), "charge_line", "nobody") == []


def test_a_fact_stated_twice_names_both_files(tmp_path):
    home = Home(tmp_path)
    for name in ("a", "b"):
        with lake.commit(home, name, 1) as change:
            rows = table("person", f"id-{name}", 1)
            change.append("person", rows.set_column(0, rows.schema.field(0), [["P1"]]))
            change.register(batch(name, person=1))
    found = origins(home, lake.latest(home), "person", "P1")
    assert sorted(one.batch.name for one in found) == ["a", "b"]
