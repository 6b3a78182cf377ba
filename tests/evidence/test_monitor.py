"""The monitor: a sound log has no fault, each planted fault is named, and it goes on where it stopped."""

from dataclasses import replace
from hashlib import sha256

import pytest

from tests.evidence.sites import AT, ORIGIN, draft, site
from zhunsheng.evidence import leaf, monitor, rollback, store
from zhunsheng.evidence.signer import LocalSigner
from zhunsheng.evidence.store import Entry
from zhunsheng.evidence.tiles import Folder
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.time import now_seconds

BOOK = "b" * 64
OTHER = "c" * 64


def rules(here, **more):
    bodies = {name: [key.verifier] for name, key in here.bodies.items()}
    return monitor.Rules(bodies, ["B1"], ["finding.decided"], **more)


def cited(number, body="B1", book=BOOK, kind="finding.decided", case=None, **about):
    return replace(draft(number, body, case, kind, **about), rulebook=book)


def start(here):
    """Log a rule book and a grant: what a site does first."""
    grant = draft(1, "B1", kind="grant", grantee="H1", kinds=["finding.decided"], start=0, end=1_790_001_000)
    here.sequencer.submit([cited(0, kind="rule.version"), grant])


def faults(here, state=None, **more):
    here.sequencer.seal()
    folder = Folder(here.sequencer.folder.root)
    return [
        (f.index, f.name) for f in monitor.replay(folder, here.policy, rules(here, **more), state or monitor.State())
    ]


def force(here, one, key=None):
    """Append a leaf past the sequencer's own book-keeping, as a dishonest operator might."""
    signer = LocalSigner(key or here.bodies[one.body])
    data = leaf.seal(one.payload, signer.verifier.id.hex(), signer.sign([one.payload])[0])
    here.log.append([Entry(f"forced:{here.log.size}", data, one.case, one.sequence)])


def test_a_sound_log_has_no_fault_and_is_counted(tmp_path):
    with site(tmp_path) as here:
        start(here)
        here.sequencer.submit([cited(i, "H1" if i % 2 else "B1", case=i % 3) for i in range(2, 40)])
        state = monitor.State()
        assert faults(here, state) == []
        assert (state.size, state.kinds) == (40, {"rule.version": 1, "grant": 1, "finding.decided": 38})
        again = monitor.load(state.text)
        assert again == state
        here.sequencer.submit([cited(i, case=i % 3) for i in range(40, 45)])
        assert faults(here, again) == []
        assert again.size == 45


def test_each_planted_fault_is_named(tmp_path):
    with site(tmp_path) as here:
        start(here)
        here.sequencer.submit([cited(2, case=70)])
        force(here, leaf.place(cited(3, case=70), 3, 2))
        force(here, leaf.place(cited(4, case=70), 4, 1))
        force(here, leaf.place(cited(5, book=OTHER), 1, None))
        force(here, leaf.place(cited(6, book=None), 1, None))
        force(here, leaf.place(cited(7, "H1", kind="vendor.suspended"), 1, None))
        force(here, leaf.place(draft(8, "H1", kind="grant", grantee="H1"), 1, None))
        force(here, leaf.place(cited(1_500, "H1"), 1, None))
        force(here, leaf.place(cited(9), 1, None), key=here.bodies["H1"])
        force(here, leaf.place(cited(2, case=80), 1, None))
        here.log.append([Entry("forced:x", b"not a leaf", "y", 1)])
        assert faults(here) == [
            (3, "sequence_gap"),
            (4, "wrong_previous"),
            (5, "rulebook_not_logged"),
            (6, "no_rulebook"),
            (7, "no_grant"),
            (8, "no_grant"),
            (9, "no_grant"),
            (10, "not_signed"),
            (11, "row_twice"),
            (12, "not_a_leaf"),
        ]


def test_a_grant_ends(tmp_path):
    with site(tmp_path) as here:
        start(here)
        here.sequencer.submit([cited(2, "H1"), draft(3, "B1", kind="grant.ended", grantee="H1"), cited(4, "H1")])
        assert faults(here) == [(4, "no_grant")]


def test_each_use_of_a_grant_of_sight_lies_within_it(tmp_path):
    """Used before it was given, by another body, after its end, out of its days, or narrowed to none of them."""
    with site(tmp_path) as here:
        days = {"grantee": "body-7", "start": 0, "end": 1_790_001_000}
        told = [
            ("sight.used", {"acting": "body-7"}), ("sight.given", days), ("sight.used", {"acting": "body-7"}),
            ("sight.used", {"acting": "body-8"}), ("sight.narrowed", {**days, "end": 1}),
            ("sight.used", {"acting": "body-7"}), ("sight.narrowed", days), ("sight.used", {"acting": "body-7"}),
            ("sight.ended", {}), ("sight.used", {"acting": "body-7"}),
        ]  # fmt: skip
        here.sequencer.submit([draft(n, "B1", 5, kind, **about) for n, (kind, about) in enumerate(told)])
        assert faults(here) == [(n, "outside_grant") for n in (0, 3, 5, 9)]


def test_rows_that_differ_from_leaves_are_named(tmp_path):
    with site(tmp_path) as here:
        start(here)
        here.sequencer.submit([cited(i) for i in range(2, 5)])
        rows = {f"outbox:{i}": draft(i).digest for i in (0, 1, 2)} | {"outbox:3": "0" * 64}
        assert faults(here, rows=rows) == [(3, "row_differs"), (4, "row_missing")]


def test_a_log_that_does_not_continue_what_was_seen_is_refused(tmp_path):
    with site(tmp_path / "one") as here:
        start(here)
        state = monitor.State()
        assert faults(here, state) == []
        here.sequencer.submit([cited(2)])
        here.sequencer.seal()
        other = monitor.State(size=2, peaks=["A" * 43 + "="])
        with pytest.raises(Problem) as caught:
            monitor.replay(here.sequencer.folder, here.policy, rules(here), other)
        assert caught.value.code == "ZS810"
        late = monitor.State(size=9, peaks=["A" * 43 + "="] * 2)
        with pytest.raises(Problem) as caught:
            monitor.replay(here.sequencer.folder, here.policy, rules(here), late)
        assert caught.value.code == "ZS810"


def test_rows_that_never_came_into_the_log_are_named(tmp_path):
    with site(tmp_path) as here:
        start(here)
        rows = {f"outbox:{i}": draft(i).digest for i in range(4)}
        assert faults(here, rows=rows) == [(2, "row_not_logged"), (2, "row_not_logged")]


def test_what_the_own_signer_signed_stands_in_the_log_and_nothing_else_in_its_name(tmp_path):
    with site(tmp_path) as here:
        start(here)
        here.sequencer.submit([cited(2, "H1"), cited(3, "H1")])
        known = [leaf.open_entry(one).payload for one in here.log.entries(2, 3)]
        signed = {sha256(one).hexdigest(): ("outbox:2", AT) for one in known} | {"0" * 64: ("outbox:9", AT)}
        signed["1" * 64] = ("outbox:10", now_seconds())  # signed a moment ago: it may still be on its way
        assert faults(here, signed=signed, own="H1") == [(3, "not_by_own_signer"), (4, "signed_not_logged")]


def test_times_that_do_not_fit_their_place_are_named(tmp_path):
    with site(tmp_path) as here:
        start(here)
        for number, at in enumerate((AT + 5, AT - 90_000, now_seconds() + 90_000, AT + 6), 2):
            force(here, leaf.place(replace(cited(number), time=at), 1, None))
        assert faults(here) == [(3, "dated_back"), (4, "dated_ahead")]


def test_a_grant_or_rule_book_that_nobody_signed_opens_nothing(tmp_path):
    with site(tmp_path) as here:
        start(here)
        grant = draft(2, "B1", kind="grant", grantee="H1", kinds=["vendor.added"], start=0, end=1_790_001_000)
        force(here, leaf.place(grant, 1, None), key=here.bodies["H1"])
        force(here, leaf.place(cited(3, book=OTHER, kind="rule.version"), 1, None), key=here.bodies["H1"])
        here.sequencer.submit([draft(4, "H1", kind="vendor.added"), cited(5, book=OTHER)])
        wanted = [(2, "not_signed"), (3, "not_signed"), (4, "no_grant"), (5, "rulebook_not_logged")]
        assert faults(here) == wanted


def test_a_folder_that_changes_while_it_is_read_shows_nothing_unhashed(tmp_path):
    """The second look of a reader was once not the first: what is looked at must be what was hashed."""
    with site(tmp_path) as here:
        start(here)
        here.sequencer.submit([cited(2)])
        here.sequencer.seal()

        class Changing(Folder):
            looks = 0

            def entries(self, first, last):
                self.looks += 1
                found = list(super().entries(first, last))
                return iter([*found[:-1], b"another"] if self.looks > 1 else found)

        mirror = Changing(here.sequencer.folder.root)
        assert monitor.replay(mirror, here.policy, rules(here), monitor.State()) == []
        store.create(tmp_path / "new" / "log.db", ORIGIN)
        log, mirror.looks = store.Log(tmp_path / "new" / "log.db"), 0
        with pytest.raises(Problem, match="ZS811"):
            rollback.recover(log, here.key.verifier, mirror)
        assert log.size == 0
        log.close()
