"""What an operator might try: two histories, a restored backup, an older date. None reaches a quorum."""

import shutil

import pytest

from tests.evidence.sites import ORIGIN, draft, new_witnesses, opened, policy_text, site, witness_at
from zhunsheng.evidence import leaf, note, policy, proof, receipt, rollback, store
from zhunsheng.evidence.places import LogPlace, make_log, reopen
from zhunsheng.evidence.sequencer import Sequencer, only_one
from zhunsheng.evidence.signer import LocalSigner
from zhunsheng.evidence.tiles import Folder
from zhunsheng.kernel.errors import Problem


def backup(folder, target):
    """Copy the log's files as a nightly backup does, between two transactions."""
    target.mkdir()
    for path in folder.glob("log.db*"):
        shutil.copy(path, target / path.name)
    return target


def code_of(call, *arguments):
    with pytest.raises(Problem) as caught:
        call(*arguments)
    return caught.value.code


def test_a_second_history_of_the_same_log_never_reaches_a_quorum(tmp_path):
    with site(tmp_path / "one") as here:
        here.sequencer.submit([draft(i) for i in range(10)])
        assert here.sequencer.seal().sealed
        for number in range(8):
            folder = tmp_path / f"fork-{number}"
            with opened(folder, here.key, here.policy, here.witnesses, here.bodies, start=False) as fork:
                fork.sequencer.started = True  # an operator who skips the check
                fork.sequencer.submit([draft(1000 + i) for i in range(10 + number)])
                try:
                    head = fork.sequencer.seal()
                    assert (head.witnesses, head.sealed) == (0, False)
                    assert set(fork.sequencer.missing) == set(here.witnesses)
                except Problem as problem:
                    assert problem.code == "ZS804"
        here.sequencer.submit([draft(i) for i in range(10, 12)])
        assert here.sequencer.seal().witnesses == 5


def test_of_two_heads_of_one_size_at_most_one_reaches_the_quorum(tmp_path):
    """The operator shows one history to some witnesses and another to the rest, in every split of five."""
    key, counts = note.Signer.new(ORIGIN), []
    texts = [f"{ORIGIN}\n1\n{one * 43}=\n" for one in "AE"]
    for split in range(32):
        witnesses = new_witnesses(tmp_path / f"w{split}", key)
        rules = policy.parse(policy_text(key, witnesses, {}))
        heads = [note.sign(text, [key]) for text in texts]
        for number, one in enumerate(witnesses.values()):
            first = split >> number & 1
            for i in (first, 1 - first):
                answer = one.add_checkpoint(b"old 0\n\n" + note.sign(texts[i], [key]))
                heads[i] += answer.body if answer.status == 200 else b""
        counts.append(sum(rules.satisfied(rules.signed_by(note.parse(data))) for data in heads))
    assert max(counts) == 1
    assert counts[0] == counts[31] == 1  # shown to all, either head counts: the quorum can be reached


def test_after_a_restore_the_log_refuses_until_a_mirror_brings_the_entries_back(tmp_path):
    with site(tmp_path / "one") as here:
        here.sequencer.submit([draft(i, case=i % 3) for i in range(300)])
        here.sequencer.seal()
        old = backup(tmp_path / "one", tmp_path / "old")
        here.sequencer.submit([draft(i, case=i % 3) for i in range(300, 310)])
        here.sequencer.seal()
        with only_one(old / "log.db"):
            log = store.Log(old / "log.db")
            signers = {name: LocalSigner(one) for name, one in here.bodies.items()}
            restored = Sequencer(log, here.key, here.policy, Folder(old / "tiles"), signers)
            assert code_of(restored.start) == "ZS804"
            with pytest.raises(RuntimeError):
                restored.submit([draft(999)])
            assert rollback.recover(log, here.key.verifier, Folder(tmp_path / "one" / "tiles")) == 10
            assert rollback.recover(log, here.key.verifier, Folder(tmp_path / "one" / "tiles")) == 0
            restored.start()
            done = restored.submit([draft(i, case=i % 3) for i in range(305, 312)])
            assert done.indices == {f"outbox:{i}": i for i in range(305, 312)}
            head = restored.seal()
            assert (head.size, head.sealed) == (312, True)
            shown = proof.verify(*_parsed(log, "outbox:311"), here.policy)
            assert shown.index == 311
            restored.close()
            log.close()


def _parsed(log, source):
    data, record = receipt.receipt(log, source)
    return proof.parse(data), record


def test_a_log_that_lost_its_whole_database_refuses_too(tmp_path):
    with site(tmp_path / "one") as here:
        here.sequencer.submit([draft(i) for i in range(5)])
        here.sequencer.seal()
        with opened(tmp_path / "new", here.key, here.policy, here.witnesses, here.bodies, start=False) as empty:
            assert code_of(empty.sequencer.start) == "ZS804"


def test_the_logs_own_tiles_tell_of_a_rollback_without_any_witness(tmp_path):
    with site(tmp_path / "one") as here:
        here.sequencer.submit([draft(i) for i in range(5)])
        here.sequencer.seal()
        alone = policy.parse(f"log {here.key.verifier.vkey}\nquorum none\n".encode())
        shutil.copytree(tmp_path / "one" / "tiles", tmp_path / "new" / "tiles")
        with opened(tmp_path / "new", here.key, alone, {}, here.bodies, start=False) as empty:
            assert code_of(empty.sequencer.start) == "ZS804"


def test_a_mirror_of_another_history_brings_nothing(tmp_path):
    with site(tmp_path / "one") as here, site(tmp_path / "two", key=here.key) as other:
        here.sequencer.submit([draft(i) for i in range(5)])
        other.sequencer.submit([draft(100 + i) for i in range(9)])
        other.sequencer.seal()
        mirror = Folder(tmp_path / "two" / "tiles")
        assert code_of(rollback.recover, here.log, here.key.verifier, mirror) == "ZS811"
        assert code_of(rollback.recover, here.log, here.key.verifier, Folder(tmp_path / "none")) == "ZS811"
        assert here.log.size == 5


def test_silent_witnesses_that_could_have_sealed_more_stop_the_start(tmp_path):
    key = note.Signer.new(ORIGIN)
    witnesses = new_witnesses(tmp_path, key)
    bodies = {"H1": note.Signer.new("H1")}
    with witness_at(witnesses["vendor"]) as vendor, witness_at(witnesses["health"]) as health:
        for addresses, wanted in (({"vendor": vendor}, "ZS805"), ({"health": health}, "ZS805"), ({}, "ZS805")):
            rules = policy.parse(policy_text(key, witnesses, addresses))
            with opened(tmp_path / "log", key, rules, witnesses, bodies, start=False) as here:
                assert code_of(here.sequencer.start) == wanted
        with witness_at(witnesses["market"]) as market:
            rules = policy.parse(policy_text(key, witnesses, {"health": health, "market": market}))
            with opened(tmp_path / "log", key, rules, witnesses, bodies) as here:
                here.sequencer.submit([draft(1)])
                head = here.sequencer.seal()
                assert (head.witnesses, head.sealed) == (2, False)
                assert not (tmp_path / "log" / "tiles" / "checkpoint").exists()


def test_a_head_of_an_older_date_is_not_cosigned_again(tmp_path):
    """The time is the witness's own: an operator who shows an old head gets the size, and no older date."""
    with site(tmp_path / "one") as here:
        here.sequencer.submit([draft(i) for i in range(5)])
        early = here.sequencer.seal()
        here.sequencer.submit([draft(i) for i in range(5, 9)])
        here.sequencer.seal()
        for one in here.witnesses.values():
            answer = one.add_checkpoint(b"old 5\n\n" + early.data)
            assert (answer.status, answer.body) == (409, b"9\n")


def test_a_new_name_is_opened_with_a_reason_that_the_log_keeps(tmp_path):
    place = make_log(tmp_path / "log", "log.example/first", "operator")
    with place.sequencer() as first:
        assert first.submit([draft(1, body="operator")]).indices == {"outbox:1": 0}
        first.seal()
    vkey = reopen(place, "log.example/second", "备份缺少 2 条，镜像亦无")
    assert reopen(place, "log.example/second", "again") == vkey
    place.policy_file.write_text(f"log {vkey}\nquorum none\n")
    with LogPlace(tmp_path / "log").sequencer() as second:
        head = second.seal()
        assert (head.size, head.data.startswith(b"log.example/second\n2\n")) == (2, True)
        told = leaf.open_entry(next(second.log.entries(1, 2))).leaf
        assert (told.kind, told.about["reason"]) == ("log.opened", "备份缺少 2 条，镜像亦无")
    assert len(list((tmp_path / "log").glob("*before-*"))) == 2


def test_two_sequencers_of_one_log_are_refused(tmp_path):
    place = make_log(tmp_path / "log", "log.example/first", "operator")
    with place.sequencer():
        assert code_of(lambda: place.sequencer().__enter__()) == "ZS806"
