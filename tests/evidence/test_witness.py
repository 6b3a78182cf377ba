"""The witness: exact status codes, one history per log, stored before answered; and the body's signer beside it."""

import json
import socket
import threading
import time
from contextlib import suppress
from http.client import HTTPException

import pytest

from tests.evidence.sites import AT, draft, serving, witness_at
from zhunsheng.evidence import checkpoint, http, leaf, note, tree
from zhunsheng.evidence import witness as witnessing
from zhunsheng.evidence.signer import Desk, RemoteSigner
from zhunsheng.evidence.witness import Witness
from zhunsheng.kernel.errors import Problem

KEY = note.Signer.new("log.example/one")
LEAVES = [tree.leaf_hash(bytes([i])) for i in range(60)]
FORK = LEAVES[:10] + [tree.leaf_hash(b"other" + bytes([i])) for i in range(50)]


def root(leaves):
    frontier = tree.Frontier()
    for one in leaves:
        frontier.append(one)
    return frontier.root


def head(size, leaves=LEAVES, key=KEY, origin="log.example/one"):
    return note.sign(checkpoint.Checkpoint(origin, size, root(leaves[:size])).text, [key])


def proof(old, new, leaves=LEAVES):
    return tree.hashes(
        tree.consistency_ranges(old, new), lambda node: root(leaves[node[1] << node[0] : (node[1] + 1) << node[0]])
    )


@pytest.fixture
def witness(tmp_path):
    key = note.Signer.new("health.example/witness", note.COSIGNATURE)
    return Witness(tmp_path / "witness.db", key, {"log.example/one": [KEY.verifier]}, at=lambda: AT)


def ask(witness, old, new, leaves=LEAVES, hashes=None, data=None):
    made = witnessing.request(old, proof(old, new, leaves) if hashes is None else hashes, data or head(new, leaves))
    return witness.add_checkpoint(made)


def test_a_continued_log_is_cosigned_with_the_time(witness):
    for old, new in ((0, 5), (5, 5), (5, 13), (13, 60)):
        answer = ask(witness, old, new)
        assert answer.status == 200
        signed = note.parse(head(new) + answer.body)
        assert note.verified(signed, [witness.key.verifier]) == {witness.key.verifier: AT}
        assert witness.seen() == [("log.example/one", new)]


def test_a_log_of_no_entries_is_cosigned(witness):
    assert ask(witness, 0, 0).status == 200
    assert ask(witness, 0, 3).status == 200


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"old 0\n",
        b"old 00\n\n" + head(3),
        b"old -1\n\n" + head(3),
        b"new 0\n\n" + head(3),
        b"old 0\nAAAA\n\n" + head(3),
        b"old 0\n" + (b"A" * 43 + b"=\n") * 64 + b"\n" + head(3),
        b"old 0\n\n" + head(3)[:-5],
        b"old 0\n\n\xff" + head(3),
        b"old 4\n\n" + head(3),
        b"old 0\n\n" + b"x" * 200_000,
    ],
)
def test_400_for_what_is_no_request(witness, data):
    assert witness.add_checkpoint(data).status == 400
    assert witness.seen() == []


def test_404_403_for_logs_and_keys_that_are_not_known(witness):
    stranger = note.Signer.new("log.example/two")
    assert ask(witness, 0, 3, data=head(3, key=stranger, origin="log.example/two")).status == 404
    assert ask(witness, 0, 3, data=head(3, key=stranger)).status == 403
    forged = note.Signer.new("log.example/one")
    assert ask(witness, 0, 3, data=head(3, key=forged)).status == 403
    spoiled = head(3)[:-8] + b"AAAAAAA\n"
    assert ask(witness, 0, 3, data=spoiled).status in (400, 403)
    assert witness.seen() == []


def test_409_tells_the_size_and_422_refuses_another_history(witness):
    assert ask(witness, 0, 20).status == 200
    answer = ask(witness, 0, 30)
    assert (answer.status, answer.body, answer.media_type) == (409, b"20\n", "text/x.tlog.size")
    assert ask(witness, 10, 20).status == 409
    assert ask(witness, 20, 30, FORK).status == 422
    assert ask(witness, 20, 20, FORK).status == 422
    assert ask(witness, 20, 30, hashes=[]).status == 422
    assert ask(witness, 20, 30, hashes=[*proof(20, 30), tree.EMPTY]).status == 422
    assert witness.seen() == [("log.example/one", 20)]
    assert ask(witness, 20, 30).status == 200


def test_a_new_process_over_the_same_database_remembers(witness):
    assert ask(witness, 0, 20).status == 200
    again = Witness(witness.path, witness.key, witness.logs)
    assert ask(again, 0, 20, FORK).status == 409
    assert ask(again, 20, 20, FORK).status == 422


def test_of_two_histories_sent_at_once_one_is_cosigned(witness):
    """Many threads over real connections: whatever the order, the witness has cosigned one history."""
    answers = []
    with witness_at(witness) as address:

        def send(leaves, size):
            made = witnessing.request(0, [], head(size, leaves))
            answers.append((leaves is FORK, http.post(address, "/add-checkpoint", made, seconds=20).status))

        jobs = [threading.Thread(target=send, args=(FORK if i % 2 else LEAVES, 20 + i)) for i in range(16)]
        for job in jobs:
            job.start()
        for job in jobs:
            job.join()
    assert sorted(status for _, status in answers) == [200] + [409] * 15


def test_the_server_answers_only_what_it_offers(witness):
    with witness_at(witness) as address:
        assert http.post(address, "/add-checkpoint", witnessing.request(0, [], head(4))).status == 200
        assert http.post(address, "/add-something", b"").status == 404
        assert http.post(address + "/x", "/add-checkpoint", b"").status == 404


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path / "signer.db", note.Signer.new("H1"), "t0ken", at=lambda: AT + 5)


def test_a_signer_signs_its_own_leaves_and_writes_them_down(desk):
    payloads = [leaf.place(draft(i), 1, None).payload for i in range(3)]
    server = http.server("127.0.0.1", 0, {"/sign-leaves": desk.sign_leaves}, lambda: b"")
    with serving(server) as address:
        remote = RemoteSigner(address, "t0ken", desk.key.verifier)
        signatures = remote.sign(payloads)
        assert all(desk.key.verifier.accepts(leaf.pae(one), sig) for one, sig in zip(payloads, signatures, strict=True))
        assert desk.count() == 3
        for wrong, payload in (
            (RemoteSigner(address, "other", desk.key.verifier), payloads[0]),
            (remote, leaf.place(draft(1, body="B1"), 1, None).payload),
            (remote, leaf.place(draft(200_000), 1, None).payload),
            (RemoteSigner("http://127.0.0.1:1", "t0ken", desk.key.verifier), payloads[0]),
        ):
            with pytest.raises(Problem) as caught:
                wrong.sign([payload])
            assert caught.value.code == "ZS808"
    assert desk.count() == 3


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"leaves": [1]}', b'{"leaves": "x"}', b"[" * 100_000, b"\xff"])
def test_a_signer_refuses_what_is_no_list_of_leaves(desk, body):
    assert desk.sign_leaves(body, "t0ken").status in (400, 422)
    assert desk.sign_leaves(json.dumps({"leaves": ["{}"]}).encode(), "t0ken").status == 422
    assert desk.count() == 0


def test_an_answer_that_comes_drop_by_drop_is_cut_off():
    """A body that holds up its answer for ever must not hold up the seals of all others."""
    ending = threading.Event()

    def drip(held):
        told = held.accept()[0]
        told.recv(65_536)
        for byte in b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n" + b"x" * 9000:
            if ending.wait(0.05):
                break
            with suppress(OSError):
                told.send(bytes([byte]))
        told.close()

    with socket.create_server(("127.0.0.1", 0)) as held:
        thread = threading.Thread(target=drip, args=(held,), daemon=True)
        thread.start()
        began = time.monotonic()
        with pytest.raises((OSError, HTTPException)):
            http.post(f"http://127.0.0.1:{held.getsockname()[1]}", "/add-checkpoint", b"", seconds=0.5)
        assert time.monotonic() - began < 5
        ending.set()
        thread.join()


def test_a_signer_signs_late_leaves_only_where_its_body_opens_it_for_them(tmp_path):
    """After an outage of days the rows of the body would wait for ever, and block the new ones."""
    key, late = note.Signer.new("H1"), AT + 3 * 86_400
    asked = json.dumps({"leaves": [leaf.place(draft(i), 1, None).payload.decode() for i in range(2)]}).encode()
    assert Desk(tmp_path / "a.db", key, "t", at=lambda: late).sign_leaves(asked, "t").status == 422
    assert Desk(tmp_path / "a.db", key, "t", at=lambda: late, since=AT + 1).sign_leaves(asked, "t").status == 422
    opened = Desk(tmp_path / "a.db", key, "t", at=lambda: late, since=AT)
    assert opened.sign_leaves(asked, "t").status == 200
    assert sorted(opened.signed().values()) == [("outbox:0", AT), ("outbox:1", AT + 1)]
