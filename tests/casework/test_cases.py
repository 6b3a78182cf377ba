"""Cases: stale forms, double submissions, two people, extensions, files, who sees what, numbers, guards."""

import json
import os
import subprocess
import sys
from datetime import date, timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import translation

from tests.casework.walking import INSTITUTION, PDF, POOL, Clock, opened, person, sample, staff, take
from zhunsheng.casework.bodies import actions as bodies
from zhunsheng.casework.bodies import walls
from zhunsheng.casework.bodies.models import User
from zhunsheng.casework.bodies.scope import scope
from zhunsheng.casework.cases import actions, files, library, queries
from zhunsheng.casework.cases.models import Attachment, Case, CaseEvent, CycleVersion, Proposal
from zhunsheng.casework.outbox.actions import Process
from zhunsheng.casework.outbox.models import EvidenceOutbox
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.files import canonical, digest
from zhunsheng.kernel.home import ROOT
from zhunsheng.sampling.draws import draw

pytestmark = pytest.mark.django_db


@pytest.fixture
def crew(db):
    return staff()


@pytest.fixture
def clock(monkeypatch):
    return Clock(monkeypatch)


@pytest.fixture
def clue(crew, clock):
    return opened(library.cycle("clue"), crew)


def refused(code, act):
    before = CaseEvent.objects.count(), EvidenceOutbox.objects.count()
    with pytest.raises(Problem) as problem:
        act()
    assert problem.value.code == code, problem.value
    assert (CaseEvent.objects.count(), EvidenceOutbox.objects.count()) == before
    return problem.value


def officers(crew):
    return {"officers": [str(crew["one"].pk), str(crew["two"].pk)]}


def test_a_stale_form_is_told_who_acted_and_when(crew, clue):
    seen = clue.version
    actions.move(crew["one"], clue, "assign", officers(crew), version=seen)
    told = refused("ZS905", lambda: actions.move(crew["two"], clue, "assign", officers(crew), version=seen))
    assert told.values["who"] == crew["one"].display_name
    assert str(told.values["move"]) == "指派核查" and told.values["at"] == "2026-03-02 09:30"
    assert "Assign" in told.as_dict("en")["message"] or "指派核查" in told.as_dict("zh")["message"]


def test_the_same_submission_twice_is_one_event(crew, clue):
    first = actions.move(crew["one"], clue, "assign", officers(crew), version=clue.version, key="k1")
    again = actions.move(crew["one"], clue, "assign", officers(crew), version=clue.version, key="k1")
    assert first.pk == again.pk and CaseEvent.objects.filter(case=clue).count() == 2
    refused("ZS911", lambda: actions.move(crew["one"], clue, "transfer", {}, version=2, key="k1"))
    given = sample(library.cycle("clue").opening.needs, crew)
    body = crew["one"].body
    made = [
        actions.open_case(crew["one"], "clue", given, body=body, institution_id=INSTITUTION, key="o1") for _ in range(2)
    ]
    assert made[0] == made[1] and Case.objects.count() == 2


def test_a_step_of_two_is_confirmed_by_another_or_refused_with_a_reason(crew, clue):
    case = take(clue, library.cycle("clue"), "assign", crew)
    given = {"article": "reg-735/38/1", "reason": "核查属实"}
    proposal = actions.propose(crew["one"], case, "file", given, version=case.version)
    refused("ZS909", lambda: actions.confirm(crew["one"], proposal, version=case.version))
    refused("ZS904", lambda: actions.confirm(crew["clerk"], proposal, version=case.version))
    refused("ZS908", lambda: actions.propose(crew["two"], case, "drop", {"reason": "不实"}, version=case.version))
    refused("ZS906", lambda: actions.refuse(crew["two"], proposal, "  "))
    assert queries.may_confirm(proposal, crew["two"]) and not queries.may_confirm(proposal, crew["one"])
    actions.refuse(crew["two"], proposal, "证据不足")
    refused("ZS910", lambda: actions.confirm(crew["two"], proposal, version=case.version))
    again = actions.propose(crew["two"], case, "file", given, version=case.version)
    assert actions.confirm(crew["one"], again, version=case.version).state == "filed"
    assert Proposal.objects.filter(case=case).values_list("state", flat=True).order_by("pk")[0] == "refused"
    kinds = list(EvidenceOutbox.objects.filter(subject=f"case:{case.pk}").values_list("kind", flat=True))
    assert kinds == ["clue.received", "clue.assigned", "clue.filed_proposed", "clue.filed_refused",
                     "clue.filed_proposed", "clue.filed"]  # fmt: skip


def test_one_who_lost_the_duty_confirms_nothing(crew, clue):
    case = take(clue, library.cycle("clue"), "assign", crew)
    proposal = actions.propose(crew["one"], case, "drop", {"reason": "不实"}, version=case.version)
    duty = crew["two"].duties.get()
    bodies.end_duty(Process("test"), duty, date(2020, 1, 2))
    refused("ZS904", lambda: actions.confirm(crew["two"], proposal, version=case.version))


def test_an_extension_is_granted_by_the_head_within_its_days_and_once(crew, clue):
    before = clue.due_on
    assert before == date(2026, 3, 23)
    extend = lambda who, days, case: actions.extend(who, case, "verification", days, "案情复杂", version=case.version)  # noqa: E731
    refused("ZS904", lambda: extend(crew["one"], 15, clue))
    refused("ZS906", lambda: extend(crew["two"], 16, clue))
    refused("ZS906", lambda: extend(crew["two"], True, clue))  # noqa: FBT003
    case = extend(crew["two"], 15, clue)
    assert case.due_on == date(2026, 4, 14)  # 15 working days more, the Tomb-Sweeping holiday of 6 April left out
    refused("ZS912", lambda: extend(crew["two"], 1, case))
    refused("ZS912", lambda: actions.extend(crew["two"], case, "nothing", 1, "x", version=case.version))


HOSTILE = [
    ({"officers": "x y"}, "officers"), ({"officers": ["1", "1"]}, "officers"), ({"officers": [None, 1]}, "officers"),
    ({"officers": {"a": 1}}, "officers"), ({}, "officers"), ({"surprise": "1"}, "surprise"),
    ({"officers": "1' OR 1=1"}, "officers"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "field"), HOSTILE)
def test_a_field_that_is_wrong_is_named_and_nothing_is_kept(crew, clue, given, field):
    if given.get("officers") == ["1", "1"]:
        given = {"officers": [str(crew["one"].pk)] * 2}
    told = refused("ZS906", lambda: actions.move(crew["one"], clue, "assign", given, version=clue.version))
    assert str(told.values["field"]) == {"officers": "核查人员"}.get(field, field)


@pytest.mark.parametrize(
    ("name", "value"),
    [("loss_fen", "1,000.001"), ("loss_fen", "-1"), ("loss_fen", "NaN"), ("loss_fen", 100), ("loss_fen", "1e20"),
     ("article", "reg-735/99"), ("article", "reg-735/38/9"), ("article", "../x"), ("facts", "短"),
     ("facts", "长" * 10001), ("facts", ["a"])],
)  # fmt: skip
def test_amounts_articles_and_texts_are_read_within_their_limits(crew, clock, name, value):
    cycle = library.cycle("fund_case")
    case = opened(cycle, crew)
    given = sample(cycle.move("notify").needs, crew, case) | {name: value}
    refused("ZS906", lambda: actions.move(crew["one"], case, "notify", given, version=case.version))


@pytest.mark.parametrize(
    ("article", "fine", "fits"),
    [("reg-735/38/1", "999.99", False), ("reg-735/38/1", "1000.00", True), ("reg-735/38", "2000.00", True),
     ("reg-735/38/7", "2000.01", False), ("reg-735/40/3", "1999.99", False), ("reg-735/40/3", "5000.00", True),
     ("reg-735/39/1", "9999.99", False), ("reg-735/39/1", "50000.00", True), ("reg-735/15", "1000.00", False)],
)  # fmt: skip
def test_a_fine_lies_within_the_band_of_its_article(crew, clock, article, fine, fits):
    cycle = library.cycle("fund_case")
    case = opened(cycle, crew)
    for name in ("notify", "waive", "submit_for_review", "pass_review"):
        case = take(case, cycle, name, crew)
    given = sample(cycle.move("decide_penalty").needs, crew, case)
    given |= {"article": article, "fine_fen": fine, "multiple": ""}
    act = lambda: actions.propose(crew["one"], case, "decide_penalty", given, version=case.version)  # noqa: E731
    if fits:
        assert act().fields["fine_fen"] == int(fine.replace(".", ""))
    else:
        assert "reg" not in refused("ZS913", act).code


def test_what_is_owed_is_paid_in_instalments_to_the_last_fen(crew, clock):
    cycle = library.cycle("fund_case")
    case = opened(cycle, crew)
    for name in ("notify", "waive", "submit_for_review", "pass_review", "decide_penalty", "serve"):
        case = take(case, cycle, name, crew)
    assert queries.owed(case) == 250_000
    case = take(case, cycle, "agree_instalments", crew)
    case = take(case, cycle, "pay", crew, {"paid_fen": "999.99"})
    assert queries.owed(case) == 150_001
    refused("ZS913", lambda: actions.move(crew["one"], case, "settle", {}, version=case.version))
    refused("ZS913", lambda: take(case, cycle, "pay", crew, {"paid_fen": "0.02"}))
    case = take(case, cycle, "pay", crew, {"paid_fen": "0.01"})
    case = take(case, cycle, "pay", crew, {"paid_fen": "1500.00", "account": "treasury"})
    assert take(case, cycle, "settle", crew).state == "paid"


def test_a_draw_can_be_repeated_and_a_chosen_one_is_refused(crew, clock):
    cycle = library.cycle("inspection")
    case = opened(cycle, crew)
    assert draw(reversed(POOL), "2026-03-02 seed", 1) == [INSTITUTION] != draw(POOL, "another seed 2", 1)
    wrong = next(code for code in POOL if code != INSTITUTION)
    given = sample(cycle.move("draw").needs, crew, case) | {"drawn": wrong}
    refused("ZS913", lambda: actions.propose(crew["one"], case, "draw", given, version=case.version))
    assert take(case, cycle, "draw", crew).institution_id == INSTITUTION


def test_the_party_sees_its_case_from_the_notice_on_and_nothing_internal(crew, clock):
    cycle = library.cycle("fund_case")
    case = opened(cycle, crew)
    seen = lambda login: queries.one(scope(crew[login]), case.pk)  # noqa: E731
    assert seen("office") is None and seen("away") is None and seen("one") == case
    actions.attach(crew["one"], case, "笔录.pdf", [PDF + b"1"])
    case = take(case, cycle, "notify", crew)
    assert seen("office") == case and seen("away") is None
    inside = actions.attach(crew["one"], case, "内部.pdf", [PDF + b"2"], internal=True)
    actions.attach(crew["office"], case, "申辩.pdf", [PDF + b"3"], internal=True)
    view = scope(crew["office"])
    assert [one.event.about for one in queries.timeline(view, case)] == ["notify", ""]
    assert [one.name for one in queries.attachments(view, case)] == ["申辩.pdf"]
    assert queries.file_of(view, case, inside.pk) is None
    assert [one.name for one in queries.attachments(scope(crew["one"]), case)] == ["笔录.pdf", "内部.pdf", "申辩.pdf"]
    given = {"statement": "不认可", "files": [inside.digest]}
    refused("ZS906", lambda: actions.move(crew["office"], case, "defend", given, version=case.version))
    assert queries.sees_all(scope(crew["one"]), case) and not queries.sees_all(view, case)
    whole = queries.timeline(scope(crew["one"]), case)
    assert "reason" in whole[0].fields and [one.event.kind for one in whole] == [
        "opened", "attached", "moved", "attached", "attached"
    ]  # fmt: skip


def test_a_party_with_a_stale_form_is_not_told_of_an_internal_step(crew, clock):
    cycle = library.cycle("fund_case")
    case = take(opened(cycle, crew), cycle, "notify", crew)
    seen = case.version
    case = take(case, cycle, "waive", crew)
    case = take(case, cycle, "submit_for_review", crew)
    told = refused("ZS905", lambda: actions.move(crew["office"], case, "defend", {"statement": "x"}, version=seen))
    assert str(told.values["who"]) == "系统" and crew["two"].display_name not in str(told)


def test_what_the_party_sends_makes_a_waiting_proposal_lapse(crew, clock):
    cycle = library.cycle("points_decision")
    case = take(opened(cycle, crew), cycle, "notify", crew)
    proposal = actions.propose(crew["one"], case, "confirm", {}, version=case.version)
    assert queries.allowed(case, crew["one"]) == []
    assert [one.move for one in queries.allowed(case, crew["office"])] == ["object"]
    case = actions.move(crew["office"], case, "object", {"statement": "记分过重"}, version=case.version)
    proposal.refresh_from_db()
    assert proposal.state == "lapsed" and case.state == "noticed"
    refused("ZS910", lambda: actions.confirm(crew["two"], proposal, version=case.version))


def test_a_consortium_sees_its_own_and_a_bureau_of_elsewhere_does_not(crew, clock):
    case = take(opened(library.cycle("fund_case"), crew), library.cycle("fund_case"), "notify", crew)
    body = bodies.create_body(Process("test"), "consortium", "医共体", code=INSTITUTION)
    lead = person("lead", body, "head")
    health = person(
        "health", bodies.create_body(Process("test"), "health_authority", "卫健局", region="330781"), "head"
    )
    other = bodies.create_body(Process("test"), "institution", "另一医院", code="H33078100009")
    stranger = person("stranger", other, "office")
    seen = [bool(queries.one(scope(who), case.pk)) for who in (lead, health, stranger)]
    assert seen == [True, False, False]
    refused("ZS904", lambda: actions.move(lead, case, "waive", {}, version=case.version))


def test_a_case_goes_on_under_the_version_it_was_opened_with(crew, clock, monkeypatch):
    case = opened(library.cycle("clue"), crew)
    changed = library.cycle("clue").model_copy(update={"version": 2, "zh": "新线索"})
    monkeypatch.setattr(library, "cycles", lambda: {"clue": changed})
    later = opened(changed, crew)
    assert (case.life.version, later.life.version) == (1, 2) and CycleVersion.objects.count() == 2
    for version in CycleVersion.objects.all():
        assert digest(canonical(version.content)) == version.digest
    assert later.number == "XS2026-00002" and later.life.digest == later.bound_id != case.bound_id


FILES = [
    ("程序.pdf", b"MZ\x90\x00", "程序"), ("a.txt", b"#!/bin/sh\nrm", "程序"), ("a.txt", b"a" + files.EICAR, "病毒"),
    ("a.pdf", b"\x89PNG\r\n\x1a\n00", ".png"), ("a.zip", b"PK\x03\x04broken", "损坏"), ("a.html", b"<script>", "类型"),
    ("空.pdf", b"", "空"), ("a.doc", b"\xd0\xcf\x11\xe0\xa1", "宏"), ("a.bin", b"\xff\xfe\x00\x01\x80", "类型"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "data", "word"), FILES)
def test_a_file_that_could_harm_or_is_not_what_it_says_is_refused(crew, clue, name, data, word):
    told = refused("ZS914", lambda: actions.attach(crew["one"], clue, name, [data]))
    assert word in str(told.values["reason"]) and not Attachment.objects.exists()


def test_files_are_kept_by_digest_outside_the_site_once_and_within_the_limit(crew, clue, settings):
    settings.ATTACHMENT_BYTES = 100
    refused("ZS914", lambda: actions.attach(crew["one"], clue, "大.pdf", [b"%PDF-", b"x" * 96]))
    made = actions.attach(crew["one"], clue, "../../证据.pdf", [PDF[:9], PDF[9:]])
    assert made.name == "证据.pdf" and files.path_of(made.digest).read_bytes() == PDF
    assert settings.STATIC_ROOT not in files.path_of(made.digest).parents
    assert actions.attach(crew["one"], clue, "证据.pdf", [PDF]) == made and Attachment.objects.count() == 1
    payload = json.loads(EvidenceOutbox.objects.filter(kind="case.file_attached").get().payload)
    assert payload["attachments"] == [made.digest]
    refused("ZS904", lambda: actions.attach(crew["office"], clue, "x.pdf", [PDF]))


def test_evidence_names_fields_by_digest_and_events_cannot_be_changed(crew, clue):
    actions.move(crew["one"], clue, "assign", officers(crew), version=clue.version)
    text = "".join(EvidenceOutbox.objects.filter(subject=f"case:{clue.pk}").values_list("payload", flat=True))
    assert "经核查" not in text and '"fields":' in text
    for statement in ("UPDATE cases_caseevent SET about = 'x'", "DELETE FROM cases_caseevent"):
        with pytest.raises(DatabaseError, match="never changed"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_a_step_whose_evidence_fails_did_not_happen(crew, clue, monkeypatch):
    def fail(*_args, **_kwargs):
        raise DatabaseError("disk full")

    monkeypatch.setattr(EvidenceOutbox, "save", fail)
    with pytest.raises(DatabaseError, match="disk full"):
        actions.move(crew["one"], clue, "assign", officers(crew), version=clue.version)
    monkeypatch.undo()
    clue.refresh_from_db()
    assert (clue.state, clue.version, CaseEvent.objects.count()) == ("received", 1, 1)


def test_opening_asks_who_what_and_about_whom(crew, clock):
    given = sample(library.cycle("clue").opening.needs, crew)
    body, away = crew["one"].body, crew["away"].body
    about = {"institution_id": INSTITUTION}
    refused("ZS902", lambda: actions.open_case(crew["one"], "nothing", given, body=body, **about))
    refused("ZS904", lambda: actions.open_case(crew["one"], "clue", given, body=away, **about))
    refused("ZS904", lambda: actions.open_case(crew["clerk"], "clue", given, body=body, **about))
    refused("ZS904", lambda: actions.open_case(crew["office"], "clue", given, body=crew["office"].body, **about))
    refused("ZS915", lambda: actions.open_case(crew["one"], "clue", given, body=body))
    names = [one.name for one in queries.openings(crew["one"])]
    assert "fund_case" in names
    own = {one.name for one in queries.openings(crew["office"])}
    assert own == {"interest_declaration", "service_agreement"}, "what an institution keeps about its own vendors"


def test_what_may_be_done_and_how_the_clocks_stand_is_told(crew, clock, clue):
    assert [(one.move, one.two_person) for one in queries.allowed(clue, crew["one"])] == [
        ("assign", False), ("transfer", True)
    ]  # fmt: skip
    assert queries.allowed(clue, crew["clerk"]) == [] == queries.allowed(clue, crew["office"])
    [view] = queries.clock_views(clue, crew["two"], date(2026, 3, 6))
    assert (view.days_left, view.spent, view.late, view.extension_days) == (11, 4, False, 15)
    assert queries.clock_views(clue, crew["one"], date(2026, 3, 6))[0].extension_days == 0
    late = clue.due_on + timedelta(days=1)
    assert queries.clock_views(clue, crew["two"], late)[0].days_left == -1
    assert list(queries.cases(scope(crew["one"]), late_on=late)) == [clue]
    assert not queries.cases(scope(crew["one"]), late_on=clue.due_on)


#: A site of its own: threads with a connection each, on a database file.
CROWD = """
import os, sys, threading
os.environ |= {"ZHUNSHENG_HOME": sys.argv[1], "DJANGO_SETTINGS_MODULE": "zhunsheng.config.settings"}
import django
django.setup()
from django.core.management import call_command
from django.db import connection
call_command("migrate", verbosity=0)
from tests.casework.walking import opened, staff
from zhunsheng.casework.cases import actions, library
from zhunsheng.casework.cases.models import Case, CaseEvent
from zhunsheng.casework.outbox.models import EvidenceOutbox
from zhunsheng.kernel.errors import Problem
people = staff()
case = opened(library.cycle("clue"), people)
given = {"officers": [str(people["one"].pk), str(people["two"].pk)]}
told, start = [], threading.Barrier(6)
def work(user, key):
    start.wait()
    try:
        actions.move(user, case, "assign", given, version=1, key=key)
        told.append("moved")
    except Problem as problem:
        told.append(problem.code + str(problem.values["who"]))
    except Exception as error:
        told.append(repr(error))
    connection.close()
keys = sys.argv[2].split(",")
threads = [threading.Thread(target=work, args=(people["one" if n % 2 else "two"], key)) for n, key in enumerate(keys)]
for one in threads:
    one.start()
for one in threads:
    one.join()
event = CaseEvent.objects.get(about="assign")
print(sorted(one.replace(event.actor.display_name, " the winner") for one in told))
kept = EvidenceOutbox.objects.filter(kind="clue.assigned").count()
print(Case.objects.get().version, CaseEvent.objects.count(), kept)
"""


def crowd(folder, keys):
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    command = [sys.executable, "-c", CROWD, str(folder), keys]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    return done.stdout.splitlines() or done.stderr[-2000:]


@pytest.mark.any_database  # processes on an SQLite file of their own
def test_of_six_who_click_at_once_one_moves_the_case_and_five_are_told_who(tmp_path, laid):
    assert crowd(laid(tmp_path), ",,,,,") == [str(["ZS905 the winner"] * 5 + ["moved"]), "2 2 1"]


@pytest.mark.any_database  # processes on an SQLite file of their own
def test_one_who_clicks_three_times_moves_the_case_once_and_is_told_so_each_time(tmp_path, laid):
    """Keys belong to an actor: three clicks of one person under one key, three of another under another."""
    told = crowd(laid(tmp_path), "b,a,b,a,b,a")
    assert told == [str(["ZS905 the winner"] * 3 + ["moved"] * 3), "2 2 1"]


def test_a_refusal_is_told_in_the_language_of_its_reader(crew, clue):
    told = refused("ZS904", lambda: actions.move(crew["clerk"], clue, "assign", {}, version=clue.version))
    assert "指派核查" in told.as_dict("zh")["message"]
    with translation.override("en"):
        message = told.as_dict("en")["message"]
    assert "Assign officers" in message and "指派" not in message


def test_behind_the_wall_of_the_database_the_party_still_sees_and_acts(crew, clock):
    case = opened(library.cycle("fund_case"), crew)
    wall = walls.wall_of(scope(crew["office"]))
    walled = connection.vendor == "postgresql"
    with walls.within(wall):
        assert Case.objects.exists() is not walled
    case = take(case, library.cycle("fund_case"), "notify", crew)
    with walls.within(wall):
        done = actions.move(crew["office"], case, "waive", {}, version=case.version)
        assert done.state == "defended" and CaseEvent.objects.filter(case=done, about="waive").exists()


def test_a_file_that_the_other_side_holds_unseen_is_still_the_partys_own(crew, clock):
    cycle = library.cycle("fund_case")
    case = opened(cycle, crew)
    actions.attach(crew["one"], case, "内部.pdf", [PDF])
    case = take(case, cycle, "notify", crew)
    told = CaseEvent.objects.count()
    for _ in range(2):
        actions.attach(crew["office"], case, "申辩.pdf", [PDF])
    assert CaseEvent.objects.count() == told + 1
    assert [one.name for one in queries.attachments(scope(crew["office"]), case)] == ["申辩.pdf"]


def test_what_somebody_proposed_who_has_left_is_not_confirmed(crew, clue):
    case = take(clue, library.cycle("clue"), "assign", crew)
    waiting = actions.propose(crew["one"], case, "drop", {"reason": "不实"}, version=case.version)
    User.objects.filter(pk=crew["one"].pk).update(is_active=False)
    waiting.refresh_from_db()
    with pytest.raises(Problem, match="ZS904"):
        actions.confirm(crew["two"], waiting, version=case.version)


def test_an_event_is_not_replaced_either(crew, clue):
    names = [one.column for one in CaseEvent._meta.concrete_fields]
    forged = ", ".join("'forged'" if name == "about" else f'"{name}"' for name in names)
    columns = ", ".join(f'"{name}"' for name in names)
    sql = f"INSERT OR REPLACE INTO cases_caseevent ({columns}) SELECT {forged} FROM cases_caseevent"
    sql = sql if connection.vendor == "sqlite" else "TRUNCATE cases_caseevent CASCADE"
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
