"""Tip-offs below the pages: receipts, sealed identities that the database cannot open, merges, figures, the demo."""

import json
import string
from types import SimpleNamespace

import pytest
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from django.db import ProgrammingError, connection, transaction
from hypothesis import example, given
from hypothesis import strategies as st

from tests.casework import walking
from zhunsheng.book.rewards import Several, load_schemes
from zhunsheng.casework.bodies import walls
from zhunsheng.casework.cases import actions as cases
from zhunsheng.casework.cases import policies
from zhunsheng.casework.cases.models import Case, CaseEvent
from zhunsheng.casework.outbox.models import EvidenceOutbox
from zhunsheng.casework.tips import actions, demo, figures, queries, receipts, sealing
from zhunsheng.casework.tips.models import SealedIdentity, TipFile, TipMessage, TipOff, Unsealing
from zhunsheng.casework.tips.policies import plain
from zhunsheng.casework.tips.similar import alike
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.home import home, rulebook

PASSPHRASE = "qing-he-mi-feng-2026"
KEY_FILE, PUBLIC_KEY = sealing.new_key_file(PASSPHRASE)
GIVEN = {"channel": "page", "act": "charge", "about": "", "happened": "2026年3月", "amount_fen": "1200.00",
         "content": "住院期间同一天的护理费收了两次，收费清单可以看到。"}  # fmt: skip
WHO = {"name": "钱证人", "contact": "13900001111", "payment": "农商行 6228000011112222"}


def report(secret="secret of form 1", identity=None, **changes):
    place = changes.pop("institution_id", walking.INSTITUTION)
    files = changes.pop("files", ())
    return actions.Report(GIVEN | changes, place, secret, identity or {}, tuple(files))


@pytest.fixture
def crew(db):
    made = walking.staff()
    actions.register_key(walking.ACTOR, made["one"].body, PUBLIC_KEY)
    return made


def send(crew, *args, **kwargs):
    """Send a report as the page does: behind the wall of a page without a login."""
    body = crew["one"].body
    with walls.within(queries.behind(body)):
        return actions.receive(actions.PUBLIC, report(*args, **kwargs), body)


def every_value():
    """Everything that the database holds, as text."""
    with connection.cursor() as cursor:
        tables = [name for name in connection.introspection.table_names(cursor) if name != "django_migrations"]
        rows = []
        for table in tables:
            cursor.execute(f'SELECT * FROM "{table}"')
            rows += [str(value) for row in cursor.fetchall() for value in row]
    return "\n".join(rows)


@given(st.text(alphabet=string.ascii_letters, min_size=1, max_size=20), st.integers(0, 15), st.integers(1, 30))
def test_a_code_is_read_however_typed_and_any_wrong_sign_is_noticed(secret, place, by):
    code = receipts.code_of(secret)
    signs = code.replace("-", "")
    wide = "".join(chr(ord(sign) + 0xFEE0) for sign in signs.upper())
    assert receipts.typed(f" {wide[:8]} — {wide[8:]} ") == receipts.typed(code) == signs
    other = receipts.ALPHABET[(receipts.ALPHABET.index(signs[place]) + by) % 31]
    assert receipts.typed(signs[:place] + other + signs[place + 1 :]) is None
    if place < 15 and signs[place] != signs[place + 1]:
        assert receipts.typed(signs[:place] + signs[place + 1] + signs[place] + signs[place + 2 :]) is None


@given(st.text(max_size=200), st.text(max_size=200))
def test_likeness_is_the_same_both_ways_and_whole_for_the_same_text(one, other):
    assert alike(one, other) == alike(other, one)
    assert 0 <= alike(one, other) <= 1000
    assert alike(one, one) in (0, 1000)


def test_a_report_is_received_once_and_its_receipt_is_kept_nowhere(crew):
    tip, code = send(crew, identity=WHO)
    again, same = send(crew, identity=WHO)
    assert (again.pk, same) == (tip.pk, code)
    assert Case.objects.count() == TipOff.objects.count() == SealedIdentity.objects.count() == 1
    assert queries.by_receipt(code.upper()).pk == tip.pk
    held = every_value()
    for secret in (code, code.replace("-", ""), "secret of form 1", *WHO.values()):
        assert secret not in held
    with pytest.raises(Problem, match="ZS911"):
        send(crew, identity=WHO, happened="2026年4月")


def test_what_was_added_to_a_form_sent_before_is_not_told_as_taken(crew):
    paper = SimpleNamespace(name="清单.pdf", size=len(walking.PDF), chunks=lambda: [walking.PDF])
    tip, _code = send(crew)
    for more in ({"identity": WHO}, {"files": [paper]}):
        with pytest.raises(Problem, match="ZS911"):
            send(crew, **more)
    actions.write(crew["one"], tip, "请补充日期", "k1")
    with pytest.raises(Problem, match="ZS911"):
        actions.write(crew["one"], tip, "请补充日期和科室", "k1")
    assert not tip.sealed.exists() and not tip.files.exists() and tip.messages.count() == 1


def test_a_forged_key_file_is_refused_and_leaves_evidence(crew):
    tip, _code = send(crew, identity=WHO)
    asked = actions.ask_unseal(crew["one"], tip, tip.sealed.get(), "核实")
    salt, nonce = b"s" * 16, b"n" * 12
    for public, raw in (("no hex", b"r" * 32), (PUBLIC_KEY, b"short")):
        box = ChaCha20Poly1305(sealing._stretched(PASSPHRASE, salt)).encrypt(nonce, raw, public.encode())
        forged = {"kind": sealing.KIND, "public": public, "salt": salt.hex(), "nonce": nonce.hex(), "box": box.hex()}
        with pytest.raises(Problem, match="ZS926"):
            actions.open_seal(crew["two"], tip, asked, json.dumps(forged).encode(), PASSPHRASE)
    assert EvidenceOutbox.objects.filter(kind="tip_off.not_unsealed").count() == 2


def test_the_database_alone_opens_no_seal_and_two_people_with_the_key_do(crew):
    tip, _code = send(crew, identity=WHO)
    box = tip.sealed.get()
    everything = every_value()
    stranger_file, _public = sealing.new_key_file(PASSPHRASE)
    with pytest.raises(Problem, match="ZS926"):
        sealing.unseal(stranger_file, PASSPHRASE, f"{tip.case.number}\x1freporter", box.box)
    with pytest.raises(Problem, match="ZS926"):  # the box of one tip-off does not open as that of another
        sealing.unseal(KEY_FILE, PASSPHRASE, "JB2026-99999\x1freporter", box.box)
    assert json.loads(KEY_FILE)["box"] not in everything
    asked = actions.ask_unseal(crew["one"], tip, box, "需要联系举报人核实时间")
    with pytest.raises(Problem, match="ZS927"):
        actions.open_seal(crew["one"], tip, asked, KEY_FILE, PASSPHRASE)
    for file, words in ((KEY_FILE, "wrong-passphrase"), (b"{}", PASSPHRASE), (b"\xff" * 9000, PASSPHRASE)):
        with pytest.raises(Problem, match="ZS926"):
            actions.open_seal(crew["two"], tip, asked, file, words)
    assert EvidenceOutbox.objects.filter(kind="tip_off.not_unsealed").count() == 3
    for login in ("clerk", "office", "away"):
        with pytest.raises(Problem, match=r"ZS70[12]"):
            actions.open_seal(crew[login], tip, asked, KEY_FILE, PASSPHRASE)
    assert actions.open_seal(crew["two"], tip, asked, KEY_FILE, PASSPHRASE) == WHO
    with pytest.raises(Problem, match="ZS927"):  # once
        actions.open_seal(crew["two"], tip, Unsealing.objects.get(), KEY_FILE, PASSPHRASE)
    row = EvidenceOutbox.objects.get(kind="tip_off.unsealed")
    assert (row.actor, row.subject) == (crew["two"].actor_key, f"tip_off:{tip.pk}")
    after = every_value()
    assert not [secret for secret in (*WHO.values(), PASSPHRASE) if secret in after]


def test_a_report_without_whom_half_a_name_or_with_hidden_signs(crew):
    with pytest.raises(Problem, match="ZS921"):
        send(crew, institution_id="")
    with pytest.raises(Problem, match="ZS925"):
        send(crew, identity={"name": "钱证人"})
    with pytest.raises(Problem, match="ZS906"):
        send(crew, content="太短")
    with pytest.raises(Problem, match="ZS906"):
        send(crew, act="<script>")
    assert not Case.objects.exists()
    tip, _code = send(crew, content="\u202e护理费\u200b重复收取\x00，共\ufeff两次。<script>alert(1)</script>")
    assert queries.told(tip)["content"] == "护理费重复收取，共两次。<script>alert(1)</script>"
    assert plain("\u2066a\u2069") == "a"


def test_without_a_key_only_anonymous_reports_are_taken(crew):
    crew["one"].body.tip_keys.update(retired_at="2026-01-01T00:00:00Z")
    with pytest.raises(Problem, match="ZS925"):
        send(crew, identity=WHO)
    assert send(crew)[0].sealed.count() == 0


def test_a_merged_report_follows_the_other_and_shows_nothing_of_its_reporter(crew):
    first, _ = send(crew, "secret of form 1", identity=WHO)
    second, code = send(crew, "secret of form 2")
    with walls.within(queries.behind(first.body)):
        actions.add(first, "第一位举报人的补充", [], "k1")
    cases.move(crew["one"], second.case, "merge", {"other_case": first.case.number}, version=second.case.version)
    with pytest.raises(Problem, match="ZS913"):
        cases.move(crew["one"], first.case, "merge", {"other_case": second.case.number}, version=1)
    found = queries.by_receipt(code)
    standing = queries.standing(found)
    assert (standing.state, standing.merged) == ("received", True)
    assert not found.messages.exists() and not found.sealed.exists()
    walking.take(first.case, first.case.life, "assign", crew)
    assert queries.standing(queries.by_receipt(code)).state == "verifying"


def prove(crew, tip, value):
    """Walk a tip-off to its proof by two."""
    case = walking.take(tip.case, tip.case.life, "assign", crew)
    walking.take(case, case.life, "establish", crew, {"value_fen": value, "result": "属实，已责令退回"})
    return TipOff.objects.get(pk=tip.pk)


def test_a_reward_is_what_the_scheme_gives_and_is_claimed_by_the_receipt(crew):
    tip, code = send(crew)
    with walls.within(queries.behind(tip.body)), pytest.raises(Problem, match="ZS929"):
        actions.claim_reward(tip, {"payment": "农商行 6228000011112222"})
    tip = prove(crew, tip, "600000.00")
    trial = queries.trial(tip, "institution", "second")
    assert (trial.scheme.name, trial.reward.amount_fen) == ("local_default", 980_000)
    given = {"scheme": "local_default", "subject": "institution", "grade": "second", "basis": "按办法计算"}
    for wrong in ({"reward_fen": "9800.01"}, {"reward_fen": "9800.00", "scheme": "other"},
                  {"reward_fen": "9800.00", "grade": "first"}):  # fmt: skip
        case = Case.objects.get(pk=tip.case_id)
        with pytest.raises(Problem, match="ZS913"):
            cases.propose(crew["one"], case, "reward", given | wrong, version=case.version)
    case = Case.objects.get(pk=tip.case_id)
    for low in ("199.99", "200000.01"):
        with pytest.raises(Problem, match="ZS906"):
            cases.propose(crew["one"], case, "reward", given | {"reward_fen": low}, version=case.version)
    walking.take(case, case.life, "reward", crew, given | {"reward_fen": "9800.00"})
    tip = queries.by_receipt(code)
    assert queries.granted(tip)["amount_fen"] == 980_000
    with walls.within(queries.behind(tip.body)):
        actions.claim_reward(tip, {"payment": "农商行 6228000011112222"})
    asked = actions.ask_unseal(crew["two"], tip, tip.sealed.get(kind="claim"), "发放奖励")
    inside = actions.open_seal(crew["one"], tip, asked, KEY_FILE, PASSPHRASE)
    assert inside["payment"].endswith("2222")


def test_of_several_who_report_the_same_the_first_is_rewarded_whichever_case_is_kept(crew):
    (first, early), (second, kept), (third, late) = (send(crew, f"secret of form {n}") for n in (1, 2, 3))
    for tip, into in ((third, first), (first, second)):  # the latest into the earliest, that into the second
        given = {"other_case": into.case.number}
        cases.move(crew["one"], Case.objects.get(pk=tip.case_id), "merge", given, version=tip.case.version)
    second = prove(crew, second, "600000.00")
    assert [(one.pk, fen) for one, fen in queries.parts_of(second.case, 980_000)] == [
        (first.pk, 980_000), (second.pk, 0), (third.pk, 0),
    ]  # fmt: skip
    given = {"scheme": "local_default", "subject": "institution", "grade": "second", "basis": "按办法计算"}
    walking.take(second.case, second.case.life, "reward", crew, given | {"reward_fen": "9800.00"})
    told = [queries.granted(queries.by_receipt(code)) for code in (early, kept, late)]
    assert [one["amount_fen"] for one in told] == [980_000, 0, 0] and len({one["until"] for one in told}) == 1
    for code in (kept, late):
        tip = queries.by_receipt(code)
        with walls.within(queries.behind(tip.body)), pytest.raises(Problem, match="其他举报人"):
            actions.claim_reward(tip, {"payment": "农商行 6228000011112222"})
    tip = queries.by_receipt(early)
    with walls.within(queries.behind(tip.body)):
        actions.claim_reward(tip, {"payment": "农商行 6228000011112222"})


GRANT = {"scheme": "local_default", "subject": "institution", "grade": "second", "basis": "按办法计算",
         "reward_fen": "9800.00"}  # fmt: skip


def merge(crew, tip, into):
    case = Case.objects.get(pk=tip.case_id)
    return cases.move(crew["one"], case, "merge", {"other_case": into.case.number}, version=case.version)


def granted(*codes):
    """Return to each receipt what it shows: the own part, and whether the reward goes to another."""
    held = [queries.by_receipt(code) for code in codes]
    return [(queries.granted(one)["amount_fen"], queries.came_later(one)) for one in held]


def several(monkeypatch, way):
    """Let the scheme share a reward among several in a way, or say nothing of it; None for no scheme at all."""
    held = load_schemes(rulebook())["local_default"]
    cite = next(iter(held.cites))
    rule = Several(way=way, cite=cite) if way else None
    scheme = held.model_copy(update={"several": rule}) if way is not None else None
    monkeypatch.setattr("zhunsheng.casework.cases.library.reward_scheme", lambda _day: scheme)


@pytest.mark.parametrize(
    ("way", "parts"),
    [("first", [(980_000, False), (0, True)]), ("equal", [(490_000, False)] * 2), ("", [(None, False)] * 2)],
)
def test_the_parts_of_a_reward_are_fixed_with_its_grant(crew, monkeypatch, way, parts):
    (waits, late), (first, early), (second, kept) = (send(crew, f"secret of form {n}") for n in (1, 2, 3))
    several(monkeypatch, way)
    merge(crew, first, second)
    second = prove(crew, second, "600000.00")
    walking.take(second.case, second.case.life, "reward", crew, GRANT)
    assert granted(early, kept) == parts
    with pytest.raises(Problem, match="不能再并入"):
        merge(crew, waits, second)
    monkeypatch.setitem(policies.GUARDS, "other_not_merged", lambda _step: None)  # as it was merged before
    merge(crew, waits, second)
    several(monkeypatch, "equal" if way == "first" else "first")  # a scheme of another wording splits nothing anew
    assert granted(early, kept, late) == [*parts, (0, True)]
    assert [fen for _one, fen in queries.rewarded(queries.by_receipt(late))] == [0, *(fen for fen, _later in parts)]


def test_a_grant_of_before_its_parts_were_kept_is_all_of_its_own_case(crew, monkeypatch):
    (first, early), (second, kept) = (send(crew, f"secret of form {n}") for n in (1, 2))
    merge(crew, first, second)
    second = prove(crew, second, "600000.00")
    monkeypatch.setattr("zhunsheng.casework.cases.computing.shared", lambda _case, fields: fields)
    walking.take(second.case, second.case.life, "reward", crew, GRANT)
    assert granted(early, kept) == [(0, True), (980_000, False)]


@pytest.mark.parametrize("answer", ["reward", "close"])
def test_nothing_is_merged_into_a_tip_off_whose_reward_is_proposed_or_settled(crew, answer):
    first, second = (send(crew, f"secret of form {n}")[0] for n in (1, 2))
    second = prove(crew, second, "600000.00")
    given = GRANT if answer == "reward" else {"reason": "举报人已获其他奖励"}
    proposal = cases.propose(crew["one"], second.case, answer, given, version=second.case.version)
    if answer == "reward":
        with pytest.raises(Problem, match="不能再并入"):
            merge(crew, first, second)
    case = Case.objects.get(pk=second.case_id)
    cases.confirm(crew["two"], proposal, version=case.version)
    with pytest.raises(Problem, match="不能再并入"):
        merge(crew, first, second)
    assert Case.objects.get(pk=first.case_id).state == "received"


def test_who_reports_alone_gets_all_also_where_no_scheme_is_found_any_more(crew, monkeypatch):
    tip, _code = send(crew)
    several(monkeypatch, None)
    assert [fen for _one, fen in queries.parts_of(tip.case, 980_000)] == [980_000]


def test_words_and_files_are_added_once_and_hostile_files_are_refused(crew):
    tip, _ = send(crew)
    good = SimpleNamespace(name="收费清单.pdf", size=len(walking.PDF), chunks=lambda: [walking.PDF])
    big = SimpleNamespace(name="大.pdf", size=10 * 1024**2 + 1, chunks=lambda: [walking.PDF])
    script = SimpleNamespace(name="清单.pdf", size=9, chunks=lambda: [b"#!/bin/sh"])
    for _ in range(2):
        actions.add(tip, "补充一份收费清单", [good], "same-key")
    assert TipMessage.objects.count() == TipFile.objects.count() == 1
    for bad, code in (([big], "ZS923"), ([script], "ZS914"), ([good] * 5, "ZS923")):
        with pytest.raises(Problem, match=code):
            actions.add(tip, "x", bad, "")
    assert TipMessage.objects.count() == 1


def test_figures_agree_with_the_rows_and_small_numbers_are_not_told(crew):
    first, _ = send(crew, "secret of form 1")
    send(crew, "secret of form 2", act="pharmacy")
    prove(crew, first, "5000.00")
    scope = SimpleNamespace(rows=lambda rows: rows)
    found = figures.figures(scope, crew["one"])
    assert (found.total, found.verified, found.median_days, found.value_fen) == (2, 1, 0, 500_000)
    assert found.by_state == {"established": 1, "received": 1}
    assert found.by_act == {"charge": 1, "pharmacy": 1}
    told = figures.published(first.body, first.case.opened_at.year)
    assert told["total"] is None and set(told["parts"].values()) <= {0, None}
    events = CaseEvent.objects.filter(case=first.case)
    assert {one.actor_key for one in events if one.kind == "opened"} == {"process:public"}


def test_the_demo_tells_three_once_and_its_key_opens_the_one_with_a_name(crew):
    names = {"reviewer": crew["one"], "bureau-head": crew["two"]}
    for login, user in names.items():
        type(user).objects.filter(pk=user.pk).update(login=login)
    told = demo.tell(walking.INSTITUTION)
    assert [tip.channel for tip in told] == ["page", "page", "hotline"]
    assert all("演示" in queries.told(tip)["content"] for tip in told)
    secret = home().root / "secret"
    known = json.loads((secret / "demo-tips.json").read_text("utf-8"))
    assert queries.by_receipt(known["receipts"][told[0].case.number]).case.state == "established"
    asked = actions.ask_unseal(crew["one"], told[0], told[0].sealed.get(), "演示")
    key = (secret / "demo-tips-key.json").read_bytes()
    assert actions.open_seal(crew["two"], told[0], asked, key, known["passphrase"])["name"] == "演示举报人"
    assert demo.tell(walking.INSTITUTION) == []


@given(st.dictionaries(st.sampled_from("abcd"), st.integers(0, 30), min_size=4))
@example({"a": 1, "b": 1, "c": 7, "d": 0})
def test_a_hidden_number_does_not_follow_from_the_total(parts):
    told = figures.hidden_small(parts)
    hidden = [name for name in parts if told[name] is None]
    assert all(told[name] == parts[name] for name in parts if name not in hidden)
    assert not [name for name in parts if name not in hidden and 0 < parts[name] < figures.LEAST]
    rest = [name for name in parts if name not in hidden and parts[name]]
    total = sum(parts[name] for name in hidden)
    assert not hidden or not rest or (len(hidden) > 1 and total > len(hidden))


def test_a_page_without_login_meets_the_rows_of_its_body_alone(crew):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no row security: the queries are the only wall there")
    send(crew, identity=WHO)
    models = (TipOff, SealedIdentity, Case, CaseEvent)
    for wall, seen in (
        (walls.NOTHING, 0),
        (queries.behind(crew["away"].body), 0),
        (queries.behind(crew["one"].body), 1),
    ):
        with walls.within(wall):
            assert [model.objects.count() for model in models] == [seen] * len(models)
    with walls.within(queries.behind(crew["away"].body)), pytest.raises(ProgrammingError), transaction.atomic():
        actions.register_key(actions.PUBLIC, crew["one"].body, PUBLIC_KEY[::-1])
