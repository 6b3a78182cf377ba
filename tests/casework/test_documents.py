"""Documents: drafted from a step, issued once under a number, frozen, told genuine or not, and kept from strangers."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from pypdf import PdfReader

from tests.casework.walking import Clock, opened, person, staff, take
from zhunsheng.casework.bodies import walls
from zhunsheng.casework.bodies.models import DutyName
from zhunsheng.casework.bodies.scope import scope
from zhunsheng.casework.cases import library as cycles
from zhunsheng.casework.documents import actions, codes, files, library, queries
from zhunsheng.casework.documents.models import CheckFailure, Document, DocumentCounter
from zhunsheng.casework.documents.states import DocumentState
from zhunsheng.casework.inbox import actions as inbox
from zhunsheng.casework.outbox.models import EvidenceOutbox
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.time import now

pytestmark = pytest.mark.django_db
HOSTILE = '#panic("x") *甲* <b>{case.number}</b> \\ $x$ \u202e反向\x0b “引号”'
TO_DECISION = ("notify", "defend", "submit_for_review", "pass_review", "decide_penalty")


@pytest.fixture
def crew(db, monkeypatch):
    Clock(monkeypatch)
    return staff()


def walked(crew, *moves, name="fund_case", **given):
    cycle = cycles.cycle(name)
    case = opened(cycle, crew)
    for move in moves:
        case = take(case, cycle, move, crew, given.get(move))
    return case


def issued(crew, case, kind, given=None):
    made = actions.draft(crew["one"], case, kind, given or {})
    return actions.issue(crew["two"], made)


def text_of(data):
    return "".join("".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages).split())


def refused(code, act, *args, **more):
    with pytest.raises(Problem) as caught, transaction.atomic():
        act(*args, **more)
    assert caught.value.code == code


def code_in(data):
    printed = re.search(r"验证码([0-9A-Z-]{21})", text_of(data))[1]
    return codes.read(printed)


def test_a_decision_says_what_the_steps_said_and_is_issued_by_another(crew):
    case = walked(crew, *TO_DECISION, notify={"facts": f"重复收费若干笔，{HOSTILE}"})
    made = actions.draft(crew["one"], case, "penalty_decision", {})
    draft = text_of(actions.take(crew["one"], made, "pdf"))
    assert "草稿" in draft and "未编号" in draft and "第1号" not in draft
    refused("ZS965", actions.issue, crew["one"], made)
    refused("ZS904", actions.issue, crew["away"], made)
    made = actions.issue(crew["two"], made)
    assert re.fullmatch(r"青医保罚决〔20\d\d〕第1号", made.number)
    said = text_of(actions.take(crew["office"], made, "pdf"))
    for words in ("青禾县人民医院", "2,500.00元（大写：人民币贰仟伍佰元整）", made.number, "第三十八条第（一）项",
                  '#panic("x")*甲*<b>{case.number}</b>'):  # fmt: skip
        assert words in said, words
    row = EvidenceOutbox.objects.get(pk=made.evidence)
    assert (row.kind, row.subject) == ("document.issued", f"document:{made.pk}") and made.pdf_digest in row.payload
    taken = EvidenceOutbox.objects.filter(kind="document.taken").last()
    assert taken.actor == crew["office"].actor_key
    refused("ZS964", actions.issue, crew["two"], made)
    refused("ZS962", actions.draft, crew["one"], case, "penalty_decision", {})


def test_numbers_have_no_gap_when_issuing_fails(crew, monkeypatch):
    cases = [walked(crew, "notify") for _ in range(2)]
    drafts = [actions.draft(crew["one"], case, "penalty_notice", {}) for case in cases]
    with monkeypatch.context() as patch:
        patch.setattr(actions, "docx", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            actions.issue(crew["one"], drafts[0])
    assert not DocumentCounter.objects.exists()
    assert [actions.issue(crew["one"], one).sequence for one in reversed(drafts)] == [1, 2]


def test_an_issued_document_is_frozen_by_the_database(crew):
    made = issued(crew, walked(crew, "notify"), "penalty_notice")
    for change in ({"number": "x"}, {"paper": {}}, {"pdf_digest": "0"}, {"served": False}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Document.objects.filter(pk=made.pk).update(**change)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM documents_document")
    actions.void(crew["one"], made, "文号用错")
    with pytest.raises(DatabaseError), transaction.atomic():
        Document.objects.filter(pk=made.pk).update(state="issued")
    files.path_of(made.pdf_digest).write_bytes(b"%PDF-other")
    refused("ZS967", actions.take, crew["one"], made, "pdf")
    files.path_of(made.pdf_digest).unlink()


def test_an_issued_document_is_not_replaced_by_another_row(crew):
    made = issued(crew, walked(crew, "notify"), "penalty_notice")
    if connection.vendor == "postgresql":
        ways = ["SET CONSTRAINTS ALL IMMEDIATE; TRUNCATE documents_document"]
    else:  # deletes the row that stands there without asking the trigger on DELETE
        held = [one.column for one in Document._meta.fields]
        other = ["id + 9" if name == "id" else "'[]'" if name == "paper" else name for name in held]
        told = f"INSERT OR REPLACE INTO documents_document ({', '.join(held)}) SELECT {{}} FROM documents_document"
        ways = [told.format(", ".join(names)) for names in (other, ["id", *other[1:]])]
    for way in ways:
        with pytest.raises(DatabaseError, match="never changed"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(way)
    assert Document.objects.get().paper == made.paper


def test_two_people_of_one_voice_make_no_document(crew):
    """A deputy issues nothing that the giver drafted, nor the giver what the deputy drafted for the giver."""
    crew["deputy"] = person("deputy", crew["one"].body, DutyName.LEGAL_REVIEWER)
    today = now().date()
    inbox.delegate(crew["one"], crew["deputy"], ["reviewer"], [], today, today + timedelta(days=9), "出差")
    case = walked(crew, "notify", "confirm", name="points_decision")
    made = actions.draft(crew["one"], case, "points_decision", {})
    refused("ZS957", actions.issue, crew["deputy"], made)
    actions.drop(crew["one"], made)
    made = actions.draft(crew["deputy"], case, "points_decision", {})
    said = EvidenceOutbox.objects.get(pk=made.evidence).payload
    assert made.drafted_for == crew["one"] and f'"on_behalf_of":"user:{crew["one"].pk}"' in said
    refused("ZS957", actions.issue, crew["one"], made)
    refused("ZS965", actions.issue, crew["deputy"], made)
    assert actions.issue(crew["two"], made).issued_for is None


def test_a_correction_is_a_new_number_that_cites_the_old(crew):
    case = walked(crew, "notify")
    old = issued(crew, case, "penalty_notice")
    refused("ZS906", actions.draft, crew["one"], case, "penalty_notice", {"reason": " "}, replaces=old)
    new = actions.draft(crew["one"], case, "penalty_notice", {"reason": "金额笔误"}, replaces=old)
    assert Document.objects.get(pk=old.pk).state == DocumentState.ISSUED
    new = actions.issue(crew["two"], new)
    said = text_of(actions.take(crew["one"], new, "pdf"))
    assert f"更正并替代{old.number}" in said and "金额笔误" in said and new.sequence == 2
    assert Document.objects.get(pk=old.pk).state == DocumentState.SUPERSEDED
    refused("ZS964", actions.void, crew["one"], old, "再作废")


def test_the_party_meets_what_was_served_on_it_and_nothing_else(crew):
    case = walked(crew, "notify")
    inside = issued(crew, case, "filing_approval")
    draft = actions.draft(crew["one"], case, "penalty_notice", {})
    sees = {login: scope(crew[login]) for login in ("one", "office", "away")}
    assert {one.pk for one in queries.documents(sees["one"])} == {inside.pk, draft.pk}
    assert not queries.documents(sees["office"]).exists()
    notice = actions.issue(crew["one"], draft)
    assert [one.pk for one in queries.documents(sees["office"])] == [notice.pk]
    assert not queries.documents(sees["away"]).exists()
    for login, wanted in (("office", {notice.pk}), ("away", set())):
        if connection.vendor == "postgresql":
            with walls.within(walls.wall_of(sees[login])):
                assert set(Document.objects.values_list("pk", flat=True)) == wanted


@pytest.mark.parametrize("name", ["fund_case", "inspection", "rectification", "tip_off", "points_decision"])
def test_every_kind_of_document_is_made_from_a_walk(crew, name):
    cycle, done = cycles.cycle(name), set()
    for path in WALKS[name]:
        case = walked(crew, *path, name=name)
        for one in queries.offered(case, crew["one"]):
            if one.kind in done:
                continue
            done.add(one.kind)
            made = actions.draft(crew["one"], case, one.kind, {ask.id: _typed(ask) for ask in one.asks})
            assert not re.search(r"\{[a-z_]+\.", str(made.paper)), one.kind
    assert done == {one.kind for one in library.templates().values() if one.fits(name)} - {"demand"}
    assert cycle.name == name


DECIDED = (*TO_DECISION, "serve")
WALKS = {
    "fund_case": [
        (), ("notify", "ask_hearing"), ("notify", "ask_hearing", "hear"), (*DECIDED, "pay"),
        (*DECIDED, "agree_instalments"), ("transfer",), ("hand_to_justice",),
        (*TO_DECISION[:-1], "decide_no_penalty"),
    ],
    "inspection": [("draw", "arrive", "list_problems", "answer", "report", "order")],
    "rectification": [()],
    "tip_off": [("assign", "establish")],
    "points_decision": [("notify", "object", "confirm")],
}  # fmt: skip


def _typed(ask):
    return "2099-01-04" if ask.when == "future" else "2026-01-05" if ask.kind == "date" else "甲乙丙"


def test_a_stranger_learns_whether_a_code_stands_and_nothing_else(crew):
    made = issued(crew, walked(crew, "notify", notify={"facts": "不得外泄的违法事实内容"}), "penalty_notice")
    data = actions.take(crew["one"], made, "docx"), actions.take(crew["one"], made, "pdf")
    code, client = code_in(data[1]), Client()
    assert code not in str(Document.objects.filter(pk=made.pk).values())
    for number, copy in enumerate((*data, data[1] + b" ")):
        upload = io.BytesIO(copy)
        upload.name = "a.pdf"
        sent = {"code": codes.printed(code).lower(), "number": made.number, "file": upload}
        page = client.post("/verify", sent).content.decode()
        assert "本文书有效" in page and "与登记的相符" in page and str(made.evidence) in page
        assert (
            ("与签发的逐字节相同" in page) == (number < 2) and "不得外泄" not in page and "青禾县人民医院" not in page
        )
    assert "与登记的不符" in client.post("/verify", {"code": code, "number": "罚告〔2026〕第9号"}).content.decode()
    actions.void(crew["one"], made, "内部的理由")
    page = client.get(f"/verify?code={code}").content.decode()
    assert "本文书已作废" in page and "内部的理由" not in page


def test_codes_that_are_none_are_counted_and_then_wait(db, settings):
    client = Client()
    good = codes.new_code()
    slips = {good[:3] + sign + good[4:] for sign in codes.SIGNS} - {good}
    for slip in slips:
        with pytest.raises(Problem):
            codes.read(slip)
    settings.CHECK_LIMITS = {**settings.CHECK_LIMITS, "address": 2}
    assert client.get(f"/verify?code={good}").status_code == 404
    assert client.get("/verify?code=abc").status_code == 422
    assert client.get(f"/verify?code={good}").status_code == 429
    assert CheckFailure.objects.count() == 2
    assert client.post("/documents/1/issue").status_code == 302 and client.get("/documents").status_code == 302
