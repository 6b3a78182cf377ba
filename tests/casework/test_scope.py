"""``scope(user)`` is the only way to rows: over the database and over the lake, by pairs of roles."""

import threading

import duckdb
import pytest

from tests.web.people import ROLES, SEES
from tests.web.serving import FAR, LEAD, OTHER, PLACES, TOWN, VILLAGE
from zhunsheng.book import load
from zhunsheng.casework.bodies import lake
from zhunsheng.casework.bodies.models import Body, User
from zhunsheng.casework.bodies.scope import _of_region, scope
from zhunsheng.casework.jobs.models import Worker
from zhunsheng.facts.schema import TABLES as FACTS
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.home import ROOT

pytestmark = pytest.mark.django_db
#: Readers by their body; duties do not widen or narrow a scope, they decide on verbs.
OF_BODY = {**SEES, "auditor": SEES["head"], "admin": SEES["head"], "idle": {LEAD}}
TABLES = (*lake.BY_INSTITUTION, "finding", "gone_finding")
#: Tables of which a reader of a part of the site has no view at all: a query for them fails.
CLOSED = {"institution_registration", "department_registration"}


def seen(reader, table):
    return {row["institution_id"] for row in reader.rows(f"SELECT DISTINCT institution_id FROM {table}")}


@pytest.mark.any_database  # about the lake
@pytest.mark.parametrize("login", [*ROLES, "stranger"])
def test_each_role_sees_its_institutions_in_every_table_and_no_other(people, login):
    allowed = {place.id for place in OF_BODY[login]}
    with scope(people[login]).lake() as reader:
        for table in TABLES:
            found = seen(reader, table)
            assert found <= allowed, table
            if table in ("institution", "department", "encounter", "charge_line", "finding"):
                assert found == allowed, table


@pytest.mark.any_database  # about the lake
@pytest.mark.parametrize("login", [*ROLES, "stranger"])
def test_tables_without_an_institution_follow_those_with_one(people, login):
    with scope(people[login]).lake() as reader:
        joined = {
            "person": "SELECT person_id AS k FROM encounter",
            "death": "SELECT person_id AS k FROM encounter",
            "diagnosis": "SELECT encounter_id AS k FROM encounter",
            "finding_reason": "SELECT finding_id AS k FROM finding",
            "finding_row": "SELECT finding_id AS k FROM finding",
        }
        for table, sql in joined.items():
            key = {"person": "person_id", "death": "person_id", "diagnosis": "encounter_id"}.get(table, "finding_id")
            known = {row["k"] for row in reader.rows(sql)}
            assert {row["k"] for row in reader.rows(f"SELECT DISTINCT {key} AS k FROM {table}")} <= known
        whole = scope(people[login]).whole
        assert bool(reader.rows("SELECT * FROM rule_stat")) is whole
        assert len(reader.rows("SELECT * FROM rule")) == len(load(ROOT / "rulebook").live)


def test_every_table_of_the_facts_says_how_it_is_scoped(people):
    scoped = {*lake.BY_INSTITUTION, *lake.OPEN, *lake.NARROW}
    assert set(FACTS) <= scoped
    kept = {name for name in lake.current_run().tables if not name.startswith("b_")}
    assert kept - scoped == CLOSED


@pytest.mark.any_database  # about the lake
@pytest.mark.parametrize("login", ["lead", "consortium", "head", "stranger"])
def test_a_table_without_a_view_cannot_be_asked_for(people, login):
    closed = {name for name in lake.current_run().tables if name.startswith("b_")} | CLOSED
    assert len(closed) > len(CLOSED)
    with scope(people[login]).lake() as reader:
        for table in closed:
            with pytest.raises(duckdb.CatalogException, match="does not exist"):
                reader.rows(f"SELECT * FROM {table}")


def texts(reader, view):
    """Each text of a view with its column; the consortium to which one's own institution belongs is no secret."""
    kept = reader._connection.execute(f"SELECT * FROM {view} LIMIT 0").description
    for name in [column[0] for column in kept if (view, column[0]) != ("institution", "parent_id")]:
        for row in reader.rows(f"SELECT DISTINCT CAST({name} AS VARCHAR) AS text FROM {view}"):
            yield name, row["text"] or ""


@pytest.mark.any_database  # about the lake
@pytest.mark.parametrize("login", ["lead", "town", "other", "far", "consortium", "idle", "stranger"])
def test_no_column_of_any_view_names_an_institution_outside_the_scope(people, login):
    hidden = {place.id for place in PLACES if place not in OF_BODY[login]}
    assert hidden
    with scope(people[login]).lake() as reader:
        for view in (*lake.BY_INSTITUTION, *lake.OPEN, *lake.NARROW):
            shown = {(name, code) for name, text in texts(reader, view) for code in hidden if code in text}
            assert not shown, view


CROSSING = """SELECT f.finding_id, f.rule_id, r.row_id, r.amount_fen, fr.expected FROM finding f
    JOIN finding_row r USING (finding_id) JOIN finding_reason fr USING (finding_id)
    WHERE f.rule_id IN ('fund/overlapping-stays', 'fund/duplicate-claim') AND f.institution_id = ?"""


def test_a_row_of_another_institution_is_masked_inside_evidence(people):
    def read(login):
        with scope(people[login]).lake() as reader:
            return reader.rows(CROSSING, [TOWN.id])

    whole, own, shared = read("whole"), read("town"), read("consortium")
    foreign = {row["row_id"] for row in whole if row["row_id"].startswith((LEAD.id, f"M{LEAD.id[-4:]}"))}
    hidden = [row for row in own if row["row_id"] is None]
    assert len(foreign) == 2  # a stay and a charge line of the lead hospital
    assert len(hidden) == 3  # and a stay in a hospital outside the consortium
    assert len(own) == len(whole)
    assert all(row["amount_fen"] is None for row in hidden)
    assert not foreign & {row["row_id"] for row in own}
    assert foreign <= {row["row_id"] for row in shared}
    assert sum(row["row_id"] is None for row in shared) == 1


def test_nothing_but_its_place_is_told_of_a_masked_row(people):
    with scope(people["town"]).lake() as reader:
        masked = reader.rows("SELECT * FROM finding_row WHERE row_id IS NULL")
    assert masked
    told = {name for row in masked for name, value in row.items() if value is not None}
    assert told == {"finding_id", "position", "role", "row_kind"}


def test_a_reason_that_quotes_a_masked_row_is_masked_too(people):
    def quoted(login):
        with scope(people[login]).lake() as reader:
            rows = reader.rows(CROSSING, [TOWN.id])
            return {row["expected"] for row in rows if row["rule_id"] == "fund/duplicate-claim"}

    assert any(line.startswith(LEAD.id) for line in quoted("whole"))
    assert None in quoted("town")
    assert not [line for line in quoted("town") if line and not line.startswith(TOWN.id)]


@pytest.mark.any_database  # about the lake
@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM duckdb_databases()",
        "SELECT * FROM duckdb_tables()",
        "SELECT * FROM information_schema.tables",
        "PRAGMA database_list",
        "ATTACH 'x.duckdb'",
        "SELECT * FROM read_parquet('x')",
        "COPY finding TO 'x.csv'",
        "CREATE OR REPLACE TEMP VIEW finding AS SELECT 1",
        "SELECT 1; SET enable_external_access = true",
        "DELETE FROM finding",
    ],
)
def test_a_query_that_looks_around_its_views_is_refused(people, query):
    with scope(people["lead"]).lake() as reader, pytest.raises(PermissionError):
        reader.rows(query)


def test_a_query_by_full_name_meets_nothing_but_the_views(people):
    with scope(people["lead"]).lake() as reader:
        for name in ("main.finding", "temp.finding", "memory.main.finding", "serving.main.finding", "system.finding"):
            try:
                assert seen(reader, name) == {LEAD.id}
            except duckdb.Error as error:
                assert "does not exist" in str(error)
        assert seen(reader, "finding") == {LEAD.id}


def test_the_run_file_cannot_be_written_even_without_the_guard(people):
    with scope(people["whole"]).lake() as reader:
        for statement in ("DELETE FROM finding", f"INSERT INTO {lake.current_run()._file}.meta VALUES ('a', 'b')"):
            with pytest.raises(duckdb.Error):
                reader._connection.execute(statement)


def test_many_readers_at_once_keep_their_own_scope(people):
    scopes = {login: scope(people[login]) for login in ("whole", "lead", "town", "other", "consortium")}
    wrong = []

    def read(login):
        try:
            for _ in range(6):
                with scopes[login].lake() as reader:
                    if seen(reader, "finding") != {place.id for place in OF_BODY[login]}:
                        wrong.append(login)
        except duckdb.Error as error:
            wrong.append(error)

    threads = [threading.Thread(target=read, args=(login,)) for login in scopes for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_connection_is_reused_by_its_own_scope_only(people):
    file = lake.current_run()
    lead, town = frozenset({LEAD.id}), frozenset({TOWN.id})
    with file.reader(lead) as first:
        kept = first._connection
    with file.reader(town) as other:
        assert other._connection is not kept
    with file.reader(lead) as again:
        assert again._connection is kept


def test_a_reader_keeps_the_run_that_it_opened(people, monkeypatch, county):
    earlier = county.parent.parent / "r20261002-aaaaaaaaaaaa" / county.name
    before = scope(people["whole"])
    monkeypatch.setattr(lake, "current_file", lambda: earlier)
    with before.lake() as old, scope(people["whole"]).lake() as new:
        assert old.run == "r20261031-bbbbbbbbbbbb"
        assert new.run == "r20261002-aaaaaaaaaaaa"


def test_before_the_first_run_there_is_no_lake_and_no_wider_scope(people, monkeypatch):
    monkeypatch.setattr(lake, "current_file", lambda: None)
    assert scope(people["consortium"]).institutions == {LEAD.id}
    assert scope(people["head"]).institutions == frozenset()
    with pytest.raises(Problem, match="ZS707"), scope(people["head"]).lake():
        pass


def test_members_of_members_belong_to_the_consortium(people):
    assert scope(people["consortium"]).institutions == {LEAD.id, TOWN.id, VILLAGE.id}


@pytest.mark.parametrize(
    ("region", "expected"),
    [("", None), ("330781", 5), ("330700", 5), ("330000", 6), ("330802", 1), ("110000", 0)],
)
def test_a_region_code_that_ends_in_zeros_stands_for_all_below_it(people, region, expected):
    found = _of_region(region, lake.current_run())
    assert (None if found is None else len(found)) == expected


def test_the_database_is_scoped_by_body(people):
    names = {login: {body.name for body in scope(people[login]).rows(Body.objects.all())} for login in people}
    assert names["whole"] == {body.name for body in Body.objects.all()}
    assert FAR.name not in names["head"]
    assert OTHER.name in names["head"]
    assert names["consortium"] == {people["consortium"].body.name, LEAD.name, TOWN.name}
    assert names["lead"] == {LEAD.name}
    assert names["vendor"] == {"恒诺检验"}
    assert names["stranger"] == set()
    assert set(scope(people["lead"]).rows(User.objects.all())) == {people["lead"], people["idle"]}


def test_a_model_that_does_not_say_how_it_is_scoped_is_refused(people):
    with pytest.raises(TypeError, match="Worker"):
        scope(people["whole"]).rows(Worker.objects.all())


def test_a_locked_account_sees_nothing(people):
    user = people["whole"]
    user.is_active = False
    assert scope(user).institutions == frozenset()
