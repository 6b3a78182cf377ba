"""Exports carry title, period, filters, totals and who made them, and leave evidence."""

import csv
import io

import pytest
from openpyxl import load_workbook

from zhunsheng.casework.outbox.models import EvidenceOutbox
from zhunsheng.kernel.money import fen_from_yuan
from zhunsheng.kernel.text import harmless
from zhunsheng.web import exports
from zhunsheng.web.columns import export_row

pytestmark = pytest.mark.django_db
QUERY = "month=2026-10&verdict=unknown&rule=fund/sex-limited-service"


def test_a_csv_says_what_it_is_and_adds_up(as_):
    client = as_("reviewer")
    total = client.get(f"/findings?{QUERY}").context["total"]
    response = client.get(f"/findings.csv?{QUERY}")
    assert response["Content-Disposition"] == 'attachment; filename="findings.csv"'
    text = response.content.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    facts = dict(row for row in rows[1:8] if len(row) == 2)
    assert rows[0] == ["疑点清单"]
    assert facts["期间"] == "2026-10"
    assert "判定 不明" in facts["筛选"]
    assert "医疗服务项目区分性别使用" in facts["筛选"]
    assert facts["生成"].startswith("职员reviewer（青禾县医疗保障局） 20")
    body = rows[rows.index([]) + 2 : -1]
    assert len(body) == total["findings"]
    assert sum(fen_from_yuan(row[11]) for row in body) == total["amount_fen"] == fen_from_yuan(rows[-1][11])
    assert rows[-1][0] == "合计"


def test_a_workbook_holds_numbers_as_numbers(as_):
    response = as_("reviewer").get(f"/findings.xlsx?{QUERY}")
    sheet = load_workbook(io.BytesIO(response.content)).active
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert rows[0][0] == "疑点清单"
    head = next(n for n, row in enumerate(rows) if row[0] == "疑点标识")
    assert all(isinstance(row[11], int | float) for row in rows[head + 1 : -1])
    assert round(sum(row[11] for row in rows[head + 1 : -1]), 2) == round(rows[-1][11], 2)


def test_findings_that_are_gone_are_exported_as_gone(as_):
    rows = list(csv.reader(io.StringIO(as_("whole").get("/findings.csv?state=gone").content.decode("utf-8-sig"))))
    body = rows[rows.index([]) + 2 : -1]
    assert body
    assert {row[13] for row in body} == {"已消失"}


def test_a_finding_of_a_removed_rule_bears_the_id_of_the_rule():
    names = ("finding_id", "rule_code", "rule_name", "ground", "institution_id", "institution_name", "department_name",
             "person_id", "item_code", "item_name", "service_date", "amount_fen", "in_scope_fen")  # fmt: skip
    row = {**dict.fromkeys(names), "rule_id": "fund/removed", "verdict": "suspected", "state": "gone"}
    assert export_row(row)[3] == "fund/removed"


def test_the_overview_goes_out_as_a_workbook(as_):
    response = as_("head").get("/overview.xlsx?month=2026-10")
    sheet = load_workbook(io.BytesIO(response.content)).active
    assert sheet["A1"].value == "机构疑点汇总"
    last = [cell.value for cell in list(sheet.iter_rows())[-1]]
    assert last[1] == "合计"
    assert last[2] == as_("head").get("/?month=2026-10").context["total"]["findings"]


def test_an_export_leaves_evidence_of_who_took_what(as_, people):
    as_("reviewer").get(f"/findings.csv?{QUERY}")
    row = EvidenceOutbox.objects.get(kind="list.exported")
    assert row.actor == f"user:{people['reviewer'].pk}"
    assert "sex-limited-service" in row.payload


def test_who_may_not_export_gets_no_file_and_no_button(as_):
    assert as_("pharmacy").get("/findings.csv").status_code == 403
    assert "导出 CSV" not in as_("pharmacy").get("/findings").content.decode()
    assert as_("reviewer").get("/findings.pdf").status_code == 404


def test_too_many_rows_are_refused_and_never_cut(as_, monkeypatch):
    monkeypatch.setattr(exports, "MOST", 3)
    response = as_("reviewer").get("/findings.csv")
    assert response.status_code == 400
    assert "ZS710" in response.content.decode()


@pytest.mark.parametrize(
    ("value", "cell"), [("=1+1", "'=1+1"), ("@x", "'@x"), ("-x", "'-x"), (-5, "-5"), ("床位费", "床位费"), (None, "")]
)
def test_a_text_that_a_spreadsheet_would_run_is_made_harmless(value, cell):
    assert harmless(value) == cell
