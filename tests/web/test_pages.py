"""Pages: numbers lead to rows, totals add up, the filter lives in the address, nothing unknown is hidden."""

import json
import re
import shutil

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.sources.fhir_samples import bundle, county, lines, named
from tests.web.fixtures import CURRENT, EARLIER
from tests.web.people import SEES
from tests.web.serving import LEAD, OTHER
from zhunsheng.casework.bodies import lake
from zhunsheng.casework.bodies.scope import scope
from zhunsheng.casework.findings import overview, queries
from zhunsheng.casework.findings.filters import Filter, parse
from zhunsheng.casework.imports.models import Import
from zhunsheng.kernel.errors import Problem, catalogue
from zhunsheng.kernel.home import ROOT
from zhunsheng.patterns import PATTERNS
from zhunsheng.web import record
from zhunsheng.web.reasons import lacking

pytestmark = pytest.mark.django_db


def html(client, address, status=200):
    response = client.get(address)
    assert response.status_code == status, address
    return response.content.decode()


def first(people, login, **wanted):
    with scope(people[login]).lake() as reader:
        return queries.page(reader, Filter(**wanted), 1)


def test_the_totals_of_the_overview_are_the_sums_of_its_rows_and_of_the_lists_they_lead_to(people, as_):
    response = as_("whole").get("/?month=2026-10&all=1")
    context = response.context
    for name in ("findings", "unknown", "amount_fen", "settlements"):
        assert context["total"][name] == sum(row[name] for row in context["places"])
    assert context["rule_total"]["findings"] == context["total"]["findings"]
    with scope(people["whole"]).lake() as reader:
        listed = queries.totals(reader, Filter(month="2026-10", verdict="lead"))
        assert (listed["findings"], listed["amount_fen"]) == (
            context["total"]["findings"],
            context["total"]["amount_fen"],
        )
        for row in context["reasons"]:
            found = queries.totals(reader, Filter(month="2026-10", verdict="unknown", reason=row["reason"]))
            assert found["findings"] == row["findings"]
        for row in context["worse"]:
            found = queries.totals(
                reader, Filter(month="2026-10", verdict="lead", rule=row["rule_id"], institution=row["institution_id"])
            )
            assert found["findings"] == row["findings"] > row["before"]


def test_institutions_beyond_the_shown_are_summed_up_in_a_row(as_, monkeypatch):
    monkeypatch.setattr("zhunsheng.web.views.overview.SHOWN", 2)
    context = as_("whole").get("/").context
    assert len(context["places"]) == 2
    assert context["rest"]["count"] == 4
    assert (
        sum(row["findings"] for row in context["places"]) + context["rest"]["findings"] == context["total"]["findings"]
    )
    assert [row["findings"] for row in context["places"]] == sorted(
        (r["findings"] for r in context["places"]), reverse=True
    )


def test_the_overview_of_an_institution_compares_it_with_nobody(as_):
    page = html(as_("lead"), "/")
    assert "机构，差者在前" not in page
    assert OTHER.name not in page


def test_control_limits_are_those_of_a_u_chart():
    points = [{"month": f"2026-{m:02d}", "settlements": 100, "findings": 4} for m in range(1, 10)]
    points.append({"month": "2026-10", "settlements": 100, "findings": 14})
    points.append({"month": "2026-11", "settlements": 0, "findings": 0})
    judged = overview.control_limits(points)
    assert [point["month"] for point in judged][-1] == "2026-10"  # a month without settlements has no rate
    centre = 50 / 1000
    assert judged[-1]["upper"] == pytest.approx((centre + 3 * (centre / 100) ** 0.5) * 1000, abs=0.01)
    assert judged[-1]["lower"] == 0
    assert [point["out"] for point in judged] == [False] * 9 + [True]
    assert overview.control_limits([{"month": "2026-01", "settlements": 0, "findings": 0}]) == []


@pytest.mark.parametrize(("month", "before"), [("2026-10", "2026-09"), ("2026-01", "2025-12")])
def test_the_month_before(month, before):
    assert overview.month_before(month) == before


def test_every_filter_narrows_the_list_and_the_count_says_so(people, as_):
    everything = as_("whole").get("/findings").context["total"]["findings"]
    for query in (
        "rule=fund/duplicate-charge", f"institution={LEAD.id}", f"institution={LEAD.id}&department=D1",
        "verdict=unknown", "state=new", "month=2026-10", "amount=100",
        "q=子宫", "q=0021", "reason=sex_missing", "verdict=lead",
    ):  # fmt: skip
        context = as_("whole").get(f"/findings?{query}").context
        assert 0 < context["total"]["findings"] < everything, query
        assert len(context["rows"]) == min(50, context["total"]["findings"])
        assert context["conditions"], query


def test_pages_of_a_list_cover_it_without_overlap(people):
    with scope(people["whole"]).lake() as reader:
        for sort in ("severity", "amount", "date", "-date", "institution", "rule", "state"):
            wanted = Filter(sort=sort)
            total = queries.totals(reader, wanted)["findings"]
            rows = [row["finding_id"] for n in range(1, total // 50 + 2) for row in queries.page(reader, wanted, n)]
            assert len(rows) == len(set(rows)) == total, sort


def test_next_and_previous_walk_the_filtered_list(people):
    wanted = Filter(month="2026-10", verdict="unknown")
    with scope(people["whole"]).lake() as reader:
        ids = [row["finding_id"] for row in queries.page(reader, wanted, 1)]
        walked, at = [], ids[0]
        while at:
            found = queries.neighbours(reader, wanted, at)
            assert (found["place"], found["count"]) == (len(walked) + 1, len(ids))
            walked.append(at)
            at = found["next"]
    assert walked == ids


@pytest.mark.parametrize(
    ("query", "name"),
    [("verdict=guilty", "verdict"), ("state=old", "state"), ("month=2026-13", "month"), ("amount=1e9", "amount"),
     ("sort=person_id", "sort"), ("page=0", "page"), ("page=x", "page"), ("page=²", "page")],
)  # fmt: skip
def test_a_filter_value_that_no_page_offers_is_refused_in_words(as_, query, name):
    page = html(as_("head"), f"/findings?{query}", 400)
    assert "ZS709" in page
    assert name in page


def test_a_filter_survives_its_way_through_an_address():
    wanted = Filter(rule="fund/duplicate-charge", verdict="unknown", q="床位 & 费", sort="amount")
    from django.http import QueryDict

    assert parse(QueryDict(wanted.query())) == wanted
    assert Filter().query() == ""
    assert wanted.without("q").set_names == ["rule", "verdict"]


def test_text_that_looks_like_sql_is_text(as_):
    for text in ("' OR 1=1 --", "%", "\\", '"; DROP TABLE finding; --'):
        response = as_("lead").get("/findings", {"q": text, "institution": text, "rule": text})
        assert response.status_code == 200
        assert response.context["total"]["findings"] == 0


def test_a_finding_shows_reasons_rows_law_rule_and_where_each_row_came_from(people, as_):
    found = first(people, "reviewer", rule="fund/duplicate-charge")[0]
    page = html(as_("reviewer"), f"/findings/{found['finding_id']}")
    for text in (
        "普通病房床位费",
        "急诊监护费",
        "charge_line.csv 第",
        "其内涵已包括本项",
        "第 38 条",
        "重复收费、超标准收费",
        "已知误判",
        "本件如何得出",
    ):
        assert text in page
    context = as_("reviewer").get(f"/findings/{found['finding_id']}").context
    assert sum(row["at_stake_fen"] for row in context["rows"]) == context["finding"]["amount_fen"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: text.replace("version: 1\n", "version: 2\n", 1), "此后已有改动"),
        (lambda _: None, "此后已从规则库移出"),
    ],
    ids=["changed", "taken out"],
)
def test_a_finding_quotes_the_rule_of_its_run_and_says_what_became_of_it(
    people, as_, tmp_path, monkeypatch, change, said
):
    found = first(people, "reviewer", rule="fund/duplicate-charge")[0]
    address = f"/findings/{found['finding_id']}"
    assert said not in html(as_("reviewer"), address)
    later = tmp_path / "rulebook"
    shutil.copytree(ROOT / "rulebook", later)
    path = later / "rules" / "fund" / "duplicate-charge.yaml"
    text = change(path.read_text("utf-8"))
    path.write_text(text, "utf-8") if text else path.unlink()
    monkeypatch.setenv("ZHUNSHENG_RULEBOOK", str(later))
    page = html(as_("reviewer"), address)
    for told in (said, "其内涵已包括本项", "第 38 条", "第 1 版"):
        assert told in page


def test_a_finding_whose_rule_book_is_lost_still_shows_its_rows(people, as_, monkeypatch):
    found = first(people, "reviewer", rule="fund/duplicate-charge")[0]
    monkeypatch.setattr(record, "kept", lost)
    page = html(as_("reviewer"), f"/findings/{found['finding_id']}")
    assert "无法引用规则与法条" in page
    assert "charge_line.csv 第" in page


def lost(folder, digest):
    raise Problem("ZS505", digest=digest)


def test_the_unknown_is_said_and_never_shown_as_a_pass(people, as_):
    found = first(people, "reviewer", rule="fund/sex-limited-service", verdict="unknown")[0]
    page = html(as_("reviewer"), f"/findings/{found['finding_id']}")
    assert "为何不明" in page
    assert "性别不明" in page
    assert "合格" not in page
    assert 'class="is-unknown"' in html(as_("reviewer"), "/findings?verdict=unknown")


def test_another_institution_is_named_as_such_inside_evidence(people, as_):
    found = first(people, "lead", rule="fund/overlapping-stays")
    assert found
    for row in found:
        page = html(as_("lead"), f"/findings/{row['finding_id']}")
        assert "另一机构" in page
        assert "不在您的查看范围" in page


def test_history_tells_new_from_same_and_gone(people, as_):
    def changes(**wanted):
        found = first(people, "whole", **wanted)[0]
        return [one["change"] for one in as_("whole").get(f"/findings/{found['finding_id']}").context["history"]]

    assert changes(state="new", month="2026-10") == ["first", "absent"]
    assert changes(state="same", month="2026-05") == ["same", "start"]
    assert changes(state="gone")[:1] == ["gone"]


def test_an_encounter_shows_its_lines_and_findings(people, as_):
    found = first(people, "reviewer", rule="fund/duplicate-charge")[0]
    response = as_("reviewer").get(f"/encounters/{found['encounter_id']}")
    assert response.context["total"]["lines"] == 16
    assert found["finding_id"] in {row["finding_id"] for row in response.context["findings"]}


def test_a_rule_shows_law_parameters_points_examples_and_its_review(as_):
    page = html(as_("auditor"), "/rules/fund/duplicate-charge")
    for text in (
        "尚无人核对",
        "2027-05-22",
        "急诊监护费与Ⅰ级护理同日收取",
        "转科当日",
        "001103000010000",
        "第 38 条",
        "已知误判",
    ):
        assert text in page
    found = as_("auditor").get("/knowledge/exclusive_services?q=心电").context["view"]
    assert 0 < found["pages"].total < found["all"]
    assert "没有符合的知识点" in html(as_("auditor"), "/knowledge/exclusive_services?q=nothing")


def test_a_run_shows_its_manifest_and_what_is_new_same_and_gone(as_):
    page = html(as_("whole"), f"/runs/{CURRENT}")
    assert EARLIER in page
    context = as_("whole").get(f"/runs/{CURRENT}").context
    assert context["total"]["new"] > 0
    assert context["total"]["same"] > 0
    assert context["total"]["gone"] > 0
    assert as_("lead").get(f"/runs/{CURRENT}").context["run"].counts is None
    html(as_("whole"), "/runs/r-unknown", 404)


def test_two_runs_are_compared_within_the_scope_of_the_reader(people, as_):
    """The earlier run lacks the last month: all that is new is put down to the facts, never to a rule."""
    address = f"/runs/{CURRENT}/against"
    whole = as_("whole").get(address).context["found"]
    assert (whole.before["run_id"], whole.changes) == (EARLIER, ())
    assert {group.cause for group in whole.groups} == {"facts"}
    lead = as_("lead").get(address).context["found"]
    assert 0 < lead.counts["new"] < whole.counts["new"]
    assert {row["institution_id"] for row in lead.findings} <= {place.id for place in SEES["lead"]}
    page = html(as_("whole"), address)
    assert f"/findings/{whole.findings[0]['finding_id']}" in page
    for wrong in (f"/runs/{CURRENT}/against?before=r1", "/runs/r1/against"):
        assert "ZS701" in html(as_("whole"), wrong, 404)
    assert "没有可比较的另一次运行" in html(as_("whole"), f"/runs/{EARLIER}/against")


def test_each_error_code_has_a_page_for_everyone(client, db):
    listed = html(client, "/errors")
    for code in catalogue():
        assert f"/errors/{code}" in listed
    for code in ("ZS101", "ZS704"):
        assert catalogue()[code].mend_zh in html(client, f"/errors/{code}")
    html(client, "/errors/ZS999", 404)


def test_an_absent_page_says_what_to_do(client, db):
    page = html(client, "/nothing-here", 404)
    assert "没有这个页面" in page
    assert "ZS701" in page


def test_without_a_run_pages_say_what_comes_first(as_, monkeypatch):
    monkeypatch.setattr(lake, "current_file", lambda: None)
    page = html(as_("reviewer"), "/")
    assert "还没有运行结果" in page
    assert "/imports" in page
    assert "ZS707" in html(as_("reviewer"), "/findings", 404)
    for address in ("/rules", "/imports", "/rules/fund/duplicate-charge"):
        html(as_("reviewer"), address)


def test_health_says_what_works_and_names_no_fact(client, county, db):
    told = client.get("/health").json()
    assert told["status"] == told["database"] == "ok"
    assert told["run"] == CURRENT
    assert told["worker"] in ("ok", "absent")
    assert set(told) == {"status", "database", "worker", "run", "log", "backup", "drill", "version"}


MEDINS = "fixmedins_code,fixmedins_name,fixmedins_type,begndate\nH1,甲医院,医院,2020-01-01\nH2,乙医院,未知,2020-01-01\n"


def test_an_upload_goes_through_dry_run_report_and_confirmation(as_, work, tmp_path, monkeypatch):
    monkeypatch.setenv("ZHUNSHENG_HOME", str(tmp_path))
    client = as_("reviewer")
    answer = client.post("/imports", {"files": [SimpleUploadedFile("机构.csv", MEDINS.encode())]})
    address = answer["Location"]
    assert "试读中" in html(client, address)
    assert "hx-get" in html(client, address + "/progress")
    work()
    assert client.get(address + "/progress")["HX-Refresh"] == "true"
    page = html(client, address)
    assert "可入库 1 行，退回 1 行" in page
    assert "未知" in page
    assert "怎样改" in page
    for kind in ("xlsx", "json"):
        assert "attachment" in client.get(f"{address}/report.{kind}")["Content-Disposition"]
    assert client.get(f"{address}/report.exe").status_code == 404
    assert client.post(address + "/confirm").status_code == 302
    work()
    assert "已入库" in html(client, address)
    assert client.post(address + "/confirm").status_code == 409
    assert Import.objects.get().state == "loaded"
    assert "机构.csv" in html(client, "/imports")


def test_an_upload_of_fhir_names_the_element_that_comes_back(as_, work, tmp_path, monkeypatch):
    monkeypatch.setenv("ZHUNSHENG_HOME", str(tmp_path))
    client = as_("reviewer")
    found = county()
    named(found, "C2")["item"][0]["net"]["value"] = 120.123
    files = [
        SimpleUploadedFile("Claim.ndjson", lines([one for one in found if one["resourceType"] == "Claim"]).encode()),
        SimpleUploadedFile(
            "rest.json", json.dumps(bundle([o for o in found if o["resourceType"] != "Claim"])).encode()
        ),
    ]
    address = client.post("/imports", {"files": files})["Location"]
    work()
    page = html(client, address)
    assert "可入库 19 行，退回 1 行" in page
    assert "/item/0/net/value" in page and "ZS102" in page
    assert client.post(address + "/confirm").status_code == 302
    work()
    assert "已入库" in html(client, address)


def test_a_run_started_from_the_page_shows_its_progress_and_leads_to_its_result(as_, work, monkeypatch):
    from zhunsheng import runs

    made = {**runs.manifest(__import__("zhunsheng.kernel.home", fromlist=["home"]).home(), CURRENT)}

    class Made:
        def as_dict(self):
            return made

    monkeypatch.setattr("zhunsheng.runs.execute", lambda *_a, progress, **_k: progress("judge", 3, 6) or Made())
    client = as_("reviewer")
    address = client.post("/runs/start", {"as_of": "2026-10-31"})["Location"]
    assert "等候" in html(client, address)
    assert client.post("/runs/start", {"as_of": "2026-10-31"}).status_code == 409
    work()
    assert client.get(address)["Location"] == f"/runs/{CURRENT}"
    assert "职员reviewer" in html(client, "/runs")
    assert client.post("/runs/start", {"as_of": "soon"}).status_code == 400


def test_a_page_number_beyond_the_end_leads_to_the_last_page(as_):
    client = as_("head")
    address = client.get("/findings?page=9999&verdict=suspected")["Location"]
    pages = client.get(address).context["pages"]
    assert pages.number == pages.count > 1
    assert "verdict=suspected" in address
    assert client.get(address).context["rows"]


@pytest.mark.parametrize("month", ["2031-05", "2026-13", "0000-01", "2026-1"])
def test_a_month_without_data_is_refused_and_not_called_the_first(as_, month):
    for address in ("/", "/overview.xlsx"):
        assert "ZS709" in html(as_("head"), f"{address}?month={month}", 400)


def test_what_is_missing_is_named_and_not_only_called_undecided():
    lacks = re.compile(r"_(missing|absent|open|unknown)$")
    rows = [
        {"pattern": name, "reason": reason}
        for name, pattern in PATTERNS.items()
        for reason in pattern.reasons
        if lacks.search(reason)
    ]
    assert len(rows) > 30
    assert [row for row in rows if not lacking(row) or lacking(row).startswith(("无法判定", "暂不能判定"))] == []


def test_a_line_that_several_rules_name_is_said_to_count_for_each(as_):
    for address in ("/", "/findings", "/findings.csv?month=2026-10"):
        assert "每条规则各计一次" in html(as_("head"), address)


def test_a_line_whose_amount_is_not_price_times_quantity_says_so(people, as_):
    with scope(people["whole"]).lake() as reader:
        odd = reader.one(
            "SELECT finding_id FROM finding_row r JOIN charge_line l ON l.line_id = r.row_id WHERE l.q_amount_mismatch"
        )
    assert "与单价 × 数量不符" in html(as_("whole"), f"/findings/{odd['finding_id']}")
    plain = first(people, "whole", rule="fund/sex-limited-service")[0]
    assert "与单价 × 数量不符" not in html(as_("whole"), f"/findings/{plain['finding_id']}")


@pytest.fixture
def broken_run(tmp_path, monkeypatch):
    path = tmp_path / "r-broken" / "serving.duckdb"
    path.parent.mkdir()
    path.write_bytes(b"no database")
    monkeypatch.setattr(lake, "current_file", lambda: path)


def test_a_run_that_cannot_be_read_takes_down_no_page_that_needs_no_finding(as_, client, broken_run):
    for address in ("/", "/findings"):
        assert "ZS716" in html(as_("reviewer"), address, 503)
    for address in ("/rules", "/imports", "/errors"):
        assert "运行结果无法读取" in html(as_("reviewer"), address)
    health = client.get("/health")
    assert (health.status_code, health.json()["run"], health.json()["database"]) == (503, "failing", "ok")


def test_the_page_of_an_unforeseen_error_does_not_need_the_frame(as_, monkeypatch):
    def fail(*_args):
        raise RuntimeError("the frame")

    client = as_("reviewer")
    client.raise_request_exception = False
    monkeypatch.setattr("zhunsheng.web.context.verbs_of", fail)
    assert "ZS703" in html(client, "/rules", 500)


def test_a_problem_of_a_view_has_its_page(as_, monkeypatch):
    def refuse(*_args):
        raise Problem("ZS710", rows="200,000", limit="100,000")

    monkeypatch.setattr("zhunsheng.web.exports.check_size", refuse)
    page = html(as_("head"), "/findings.csv", 400)
    assert "200,000" in page
    assert re.search(r"缩小范围", page)
