"""Filed prices and conflicts as readers meet them in a run: each within the own view, both sides of each limit."""

from datetime import date

import duckdb
import pytest

from tests.web.people import ACTOR
from tests.web.serving import AS_OF, OTHER, TOWN, County, load_facts, places
from zhunsheng.casework.agreements import facts, tasks
from zhunsheng.casework.agreements.models import Declaration
from zhunsheng.casework.bodies import actions as bodies
from zhunsheng.casework.bodies.lake import RunFile
from zhunsheng.casework.bodies.scope import Scope
from zhunsheng.casework.cases.models import Case
from zhunsheng.casework.ratings.sources import COUNTS, Asked
from zhunsheng.kernel.quantity import scaled
from zhunsheng.kernel.time import now
from zhunsheng.web import relations

LAB, COURIER = "91990124MA7QH00016", "91990124MA7QH0004F"
SINCE = {"valid_from": date(2020, 1, 1)}
#: Code, filed price, lines and sum of the last comparison; None: nothing was compared.
FILED = {"AT": ("260", 20, "4000"), "BELOW": ("259.99", 20, "4000"), "FEW": ("10", 3, "9"), "NONE": ("5", None, "")}


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    county = County()
    places(county)
    for code in (LAB, COURIER):
        county.add(
            "institution", institution_id=code, name=f"名{code[-4:]}", kind="vendor", valid_from=date(2020, 1, 1)
        )
    county.add("service_order", vendor_id=LAB, order_id="O1", service_kind="laboratory", institution_id=TOWN.id,
               ordered_on=AS_OF)  # fmt: skip
    for code, (price, _lines, _sum) in FILED.items():
        county.add("price_filing", vendor_id=LAB, item_code=code, unit_price_e6=scaled(price, 6), **SINCE)
    county.add("price_filing", vendor_id=LAB, item_code="AT", unit_price_e6=scaled("200", 6),
               valid_from=date(2019, 1, 1))  # fmt: skip
    county.add("price_filing", vendor_id=COURIER, item_code="AT", unit_price_e6=1, **SINCE)
    county.add("ownership", holder_id="P001", company_id="乙", role="shareholder", share_ppm=400_000, **SINCE)
    county.add("ownership", holder_id="乙", company_id=LAB, role="shareholder", share_ppm=600_000, **SINCE)
    county.add("ownership", holder_id="P001", company_id=TOWN.id, role="director", holder_name="院长", **SINCE)
    path = tmp_path_factory.mktemp("run") / "run.duckdb"
    with duckdb.connect(str(path)) as con:
        load_facts(con, county)
        con.execute("CREATE TABLE meta (key VARCHAR, value VARCHAR)")
        con.execute("CREATE TABLE measure (rule_id VARCHAR, point_id VARCHAR, subject_kind VARCHAR, "
                    "subject_id VARCHAR, institution_id VARCHAR, period VARCHAR, item_code VARCHAR, "
                    "peer_group VARCHAR, numerator BIGINT, "
                    "denominator BIGINT, weight BIGINT, gap VARCHAR)")  # fmt: skip
        for code, (price, lines, total) in FILED.items():
            if lines is not None:
                gap = "peers_few" if lines < 20 else ""
                row = [facts.RULE, "", "institution", LAB, LAB, "2026-10", code, "", scaled(price, 6) * lines,
                       scaled(total, 6), lines, gap]  # fmt: skip
                con.execute("INSERT INTO measure VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
    return RunFile(path)


def sight(file, *codes):
    return Scope(frozenset(codes), frozenset(), file)


def test_prices_say_their_ratio_exactly_and_what_cannot_be_compared_is_unknown(file):
    found = {one.item_code: one for one in facts.filed_prices(sight(file, TOWN.id, LAB), AS_OF)}
    assert {code: one.ratio_bp for code, one in found.items()} == {
        "AT": 13_000, "BELOW": 12_999, "FEW": None, "NONE": None,
    }  # fmt: skip
    assert [one.reaches(130) for one in found.values()] == [True, False, False, False]  # the highest in front
    assert (found["AT"].mean_e6, found["AT"].before_e6) == (200_000_000, 200_000_000)
    public = facts.published_prices(file, AS_OF)  # of every vendor, whoever asks
    assert [(one.vendor_id, one.item_code) for one in public] == [
        *((LAB, code) for code in sorted(FILED)),
        (COURIER, "AT"),
    ]


@pytest.mark.django_db
def test_a_conflict_is_seen_where_the_post_is_and_nowhere_else(file):
    mine = sight(file, TOWN.id, LAB)
    (one,) = facts.conflicts(mine, AS_OF)
    row = relations.row(one, relations.names_of(mine, [one]))
    assert row["chains"] == ["院长 40% → 乙 60% → 名0016 = 24%"]
    assert (row["standing"], row["harmless"]) == ("未申报", False)
    drawn = relations.graph(one, relations.names_of(mine, [one]))
    assert [node["level"] for node in drawn["nodes"]] == [0, 1, 2, 3]
    assert facts.conflicts(sight(file, OTHER.id), AS_OF) == []
    assert facts.conflicts(sight(file, LAB), AS_OF) == []  # the vendor does not learn of posts in its customers
    assert Declaration.objects.count() == 0


@pytest.mark.django_db
def test_a_conflict_that_a_run_shows_becomes_a_check_once(file, monkeypatch):
    monkeypatch.setattr(tasks, "held", lambda _body: frozenset({TOWN.id, LAB}))
    monkeypatch.setattr(tasks.lake, "current_run", lambda: file)
    monkeypatch.setattr(facts, "as_of", lambda _scope: AS_OF)
    bodies.create_body(ACTOR, "consortium", "青禾县医共体", code=TOWN.id)
    assert tasks.find({}, lambda *_: None).result == {"opened": 1}
    check = Case.objects.get(cycle="conflict_check")
    told = check.events.get(kind="opened")
    assert (check.institution_id, told.fields["person"]) == (LAB, "P001") and "40% → 乙 60%" in told.fields["chain"]
    assert tasks.find({}, lambda *_: None).result == {"opened": 0}
    Case.objects.update(state="harmless", closed_at=now())
    assert tasks.find({}, lambda *_: None).result == {"opened": 0}


def test_a_scorecard_counts_prices_by_the_comparison_and_the_limit_of_the_light(file, monkeypatch):
    asked = Asked(None, file, None, date(2026, 10, 1), date(2026, 11, 1))
    found = COUNTS["prices_at_limit"](asked)
    assert (found.of(LAB), found.of(COURIER)) == (1, None)  # 130 % reaches it, 129.995 % does not; none compared
    before = COUNTS["prices_at_limit"](Asked(None, file, None, date(2026, 9, 1), date(2026, 10, 1)))
    assert before.of(LAB) is None  # nothing was compared in September: unknown
    monkeypatch.setattr("zhunsheng.casework.ratings.sources.limit_of", lambda _rule, day: 131 if day.month == 10 else 1)
    assert COUNTS["prices_at_limit"](asked).of(LAB) == 0  # by the limit of the month
