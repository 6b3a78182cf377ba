"""A scripted adversary who owns the operator's machine: database, log store, the log's key, the operator's own key.

One witness's key is stolen as well. Each attack makes what a dishonest operator would hand out, asks the honest
witnesses for whatever they still give, and returns it: a receipt to show, and the log's folder as a monitor would see
it. ``series`` counts what is accepted: by the verifier, by a monitor that has seen the log before, by a foreign judge.
"""

from __future__ import annotations

import random
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.evidence.sites import AT, ORIGIN, draft, policy_text, site
from zhunsheng.evidence import checkpoint, leaf, monitor, note, policy, proof, tree, verify, witness
from zhunsheng.kernel.errors import Problem

WITNESSES = ("health", "insurance", "hospital")
#: Entries when the monitor looked last, and when the attack begins.
SEEN, SIZE = 40, 60
CASES = 7
Judge = Callable[[bytes, bytes, bytes], bool]


@dataclass
class World:
    """The honest log as it stood, with every key; ``stolen`` is the witness whose key the operator has."""

    folder: Path
    key: note.Signer
    bodies: dict[str, note.Signer]
    witnesses: dict[str, note.Signer]
    policy_data: bytes
    entries: list[bytes]
    heads: dict[int, bytes]
    state: str
    stolen: str = "health"

    @property
    def rules(self) -> policy.Policy:
        return policy.parse(self.policy_data)

    @property
    def verifiers(self) -> dict[str, list[note.Verifier]]:
        return {name: [key.verifier] for name, key in self.bodies.items()}


@dataclass
class Shown:
    """What the operator hands out. ``same``: the receipts tell the truth, so that only their number counts."""

    receipts: list[tuple[bytes, bytes]]
    folders: list[Log] = field(default_factory=list)
    honest: int = 0


@dataclass
class Log:
    """A folder of tiles as a monitor reads it, held in memory."""

    entries_: list[bytes]
    head: bytes
    root: Path = Path("shown")

    def checkpoint(self) -> bytes:
        return self.head

    def entries(self, start: int, end: int) -> Iterator[bytes]:
        return iter(self.entries_[start:end])


def world(folder: Path) -> World:
    """Run an honest site: sixty leaves of three bodies, sealed twice, a monitor that looked in between."""
    names = ("H1", "B1", "operator")
    with site(folder / "site", WITNESSES, names) as here:
        heads = {}
        for first, end in ((0, SEEN), (SEEN, SIZE)):
            here.sequencer.submit([draft(i, names[i % 3], i % CASES) for i in range(first, end)])
            heads[end] = here.sequencer.seal().data
            if end == SEEN:
                state = monitor.State()
                rules = monitor.Rules({one: [key.verifier] for one, key in here.bodies.items()}, names)
                assert monitor.replay(here.sequencer.folder, here.policy, rules, state) == []
        signers = {name: one.key for name, one in here.witnesses.items()}
        told = policy_text(here.key, here.witnesses, {}, WITNESSES)
        entries = list(here.log.entries(0, SIZE))
    return World(folder / "site", here.key, here.bodies, signers, told, entries, heads, state.text)


def root(entries: list[bytes]) -> bytes:
    frontier = tree.Frontier()
    for entry in entries:
        frontier.append(tree.leaf_hash(entry))
    return frontier.root


def _hashes(ranges: list[tuple[int, int]], entries: list[bytes]) -> list[bytes]:
    return tree.hashes(ranges, lambda at: root(entries[at[1] << at[0] : (at[1] + 1) << at[0]]))


def cosigned(here: World, entries: list[bytes], folder: Path, asked: tuple[str, ...] = WITNESSES) -> bytes:
    """Sign a head over entries, add the stolen witness's line, ask the honest ones with each proof there is."""
    head = note.sign(checkpoint.Checkpoint(ORIGIN, len(entries), root(entries)).text, [here.key])
    lines = here.witnesses[here.stolen].line(note.parse(head).text, AT + 10)
    for name in asked:
        if name != here.stolen:
            honest = witness.Witness(folder / f"{name}.db", here.witnesses[name], {ORIGIN: [here.key.verifier]})
            for old in {0, SEEN, min(SIZE, len(entries))}:
                path = _hashes(tree.consistency_ranges(old, len(entries)), entries) if old <= len(entries) else []
                answer = honest.add_checkpoint(witness.request(old, path, head))
                if answer.status == 200:
                    lines += answer.body.decode()
                    break
    return head + lines.encode()


def receipt(entries: list[bytes], head: bytes, index: int) -> tuple[bytes, bytes]:
    path = _hashes(tree.inclusion_ranges(index, len(entries)), entries)
    return proof.Proof(index, tuple(path), head).data, entries[index]


def rewritten(here: World, entry: bytes, **changed: object) -> bytes:
    """Change a leaf. The operator signs anew what is the operator's; under another's leaf the old signature stays."""
    old = leaf.open_entry(entry)
    payload = replace(old.leaf, **changed).payload
    if old.leaf.body != "operator":
        return leaf.seal(payload, old.key_id, old.signature)
    key = here.bodies["operator"]
    return leaf.seal(payload, key.verifier.id.hex(), key.raw(leaf.pae(payload)))


def _forged(here: World, entries: list[bytes], folder: Path, index: int) -> Shown:
    head = cosigned(here, entries, folder)
    return Shown([receipt(entries, head, min(index, len(entries) - 1))], [Log(entries, head)])


def tamper(draw: random.Random, here: World, folder: Path) -> Shown:
    """Change what a logged row said."""
    entries, at = list(here.entries), draw.randrange(SIZE)
    entries[at] = rewritten(here, entries[at], digest=f"{draw.getrandbits(256):064x}")
    return _forged(here, entries, folder, at)


def drop(draw: random.Random, here: World, folder: Path) -> Shown:
    """Leave rows out."""
    entries, at = list(here.entries), draw.randrange(SIZE - 3)
    del entries[at : at + draw.randrange(1, 4)]
    return _forged(here, entries, folder, at)


def reorder(draw: random.Random, here: World, folder: Path) -> Shown:
    """Have one row come before another."""
    entries, (one, other) = list(here.entries), draw.sample(range(SIZE), 2)
    entries[one], entries[other] = entries[other], entries[one]
    return _forged(here, entries, folder, one)


def back_date(draw: random.Random, here: World, folder: Path) -> Shown:
    """Give a row another day, where it stands; or append an honest new head with a leaf of a year ago."""
    entries, at = list(here.entries), draw.randrange(SIZE)
    if draw.random() < 0.5:
        entries[at] = rewritten(here, entries[at], time=AT - 86_400 * draw.randrange(2, 400))
        return _forged(here, entries, folder, at)
    made = draft(SIZE, "operator", 10_000)
    late = leaf.place(replace(made, time=AT - 86_400 * draw.randrange(2, 400)), 1, None)
    key = here.bodies["operator"]
    entries.append(leaf.seal(late.payload, key.verifier.id.hex(), key.raw(leaf.pae(late.payload))))
    return Shown([], [Log(entries, cosigned(here, entries, folder))])  # appended in the open: the monitor has to tell


def insert(draw: random.Random, here: World, folder: Path) -> Shown:
    """Slip in a row that was not there."""
    entries, at = list(here.entries), draw.randrange(SIZE)
    entries.insert(at, rewritten(here, entries[2], source=f"outbox:{draw.randrange(1000, 9999)}"))
    return _forged(here, entries, folder, at)


def split_view(draw: random.Random, here: World, folder: Path) -> Shown:
    """Show one history to some witnesses and another of the same size to the others; the stolen key signs both."""
    names = [name for name in WITNESSES if name != here.stolen]
    first = tuple(name for name in names if draw.random() < 0.5)
    told = Shown([], honest=1)
    for number, asked in enumerate((first, tuple(names))):
        entries = [*here.entries, rewritten(here, here.entries[2], source=f"outbox:{5000 + number}")]
        told.receipts.append(receipt(entries, cosigned(here, entries, folder, asked), SIZE))
    return told


def roll_back(draw: random.Random, here: World, folder: Path) -> Shown:
    """Restore an old backup and go on from there as if nothing had been after it."""
    entries = here.entries[: draw.randrange(1, SIZE)]
    more = draw.choice([0, 1, SIZE])
    entries += [rewritten(here, here.entries[2], source=f"outbox:{7000 + i}") for i in range(more)]
    told = _forged(here, entries, folder, len(entries) - 1)
    return told if more else Shown([], told.folders)  # an older head of the true history may be shown, and is noticed


def replace_receipt(draw: random.Random, here: World, folder: Path) -> Shown:
    """Hand out another record under a receipt, or a receipt put together out of true ones."""
    one, other = draw.sample(range(SEEN), 2)
    size = draw.choice([SEEN, SIZE])
    data, record = receipt(here.entries[:size], here.heads[size], one)
    made = proof.parse(data)
    short = proof.parse(receipt(here.entries[:SEEN], here.heads[SEEN], one)[0])
    long = proof.parse(receipt(here.entries, here.heads[SIZE], one)[0])
    tail = b"\n\n" + here.heads[SEEN].partition(b"\n\n")[2]
    variants = [
        (data, here.entries[other]),
        (replace(made, index=other).data, record),
        (replace(made, index=other).data, here.entries[other]),
        (replace(short, head=here.heads[SIZE]).data, record),
        (replace(long, head=here.heads[SEEN]).data, record),
        (replace(long, head=here.heads[SIZE].partition(b"\n\n")[0] + tail).data, record),
        (data, rewritten(here, here.entries[one], digest=f"{draw.getrandbits(256):064x}")),
    ]
    return Shown([draw.choice(variants)])


def forge(draw: random.Random, here: World, folder: Path) -> Shown:
    """Write the other witnesses' lines with the one stolen key: repeated, renamed, re-dated, out of other heads."""
    entries, at = list(here.entries), draw.randrange(SIZE)
    entries[at] = rewritten(here, entries[at], digest=f"{draw.getrandbits(256):064x}")
    text = checkpoint.Checkpoint(ORIGIN, SIZE, root(entries)).text
    head, thief = note.sign(text, [here.key]), here.witnesses[here.stolen]
    lines = []
    for name in WITNESSES:
        own = here.witnesses[name].verifier
        signed = note.Line(own.name, own.id, thief.raw(b""), "")
        stolen = note.parse_lines(thief.line(text, AT + draw.randrange(10_000)))[0]
        true = next(one for one in note.parse(here.heads[SIZE]).lines if (one.name, one.id) == (own.name, own.id))
        chosen = draw.choice([stolen, replace(stolen, name=own.name), replace(stolen, name=own.name, id=own.id), true])
        lines.append(draw.choice([chosen, replace(signed, signature=chosen.signature)]))
    data = head + b"".join(_line(one) for one in lines)
    return Shown([receipt(entries, data, at)], [Log(entries, data)])


def _line(one: note.Line) -> bytes:
    return f"— {one.name} {note.encode(one.id + one.signature)}\n".encode()


ATTACKS = (tamper, drop, reorder, back_date, insert, split_view, roll_back, replace_receipt, forge)


def accepted(here: World, told: Shown, judge: Judge | None) -> Counter[str]:
    """Count who accepts what an attack hands out, beyond what is true of it."""
    found: Counter[str] = Counter()
    by: dict[str, list[bool]] = {"verifier": [_verifies(here, *one) for one in told.receipts]}
    if judge is not None:
        by["judge"] = [judge(data, record, here.policy_data) for data, record in told.receipts]
    for name, answers in by.items():
        found[name] += max(0, sum(answers) - told.honest)
    found["monitor"] += sum(_unnoticed(here, one) for one in told.folders)
    return found


def _verifies(here: World, data: bytes, record: bytes) -> bool:
    try:
        verify.check(data, record, here.rules, here.verifiers)
    except Problem:
        return False
    return True


def _unnoticed(here: World, log: Log) -> bool:
    """Whether a monitor that has looked before finds nothing to say."""
    rules = monitor.Rules(here.verifiers, tuple(here.bodies))
    try:
        return monitor.replay(log, here.rules, rules, monitor.load(here.state)) == []  # type: ignore[arg-type]
    except Problem:
        return False


def series(folder: Path, attempts: int, seed: int, judge: Judge | None = None) -> tuple[Counter[str], Counter[str]]:
    """Attack so many times, each kind in turn; return how often each kind was tried and who accepted how much.

    Every attempt meets the witnesses as the honest log left them. The stolen key changes from one to the next.
    """
    here, draw = world(folder), random.Random(seed)
    tried: Counter[str] = Counter()
    taken: Counter[str] = Counter({"verifier": 0, "monitor": 0} | ({"judge": 0} if judge else {}))
    for number in range(attempts):
        here.stolen = WITNESSES[number % len(WITNESSES)]
        attack = ATTACKS[number % len(ATTACKS)]
        place = folder / "attempt"
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        for name in WITNESSES:
            for path in here.folder.glob(f"{name}.db*"):
                shutil.copy(path, place / path.name)
        tried[attack.__name__] += 1
        taken.update(accepted(here, attack(draw, here, place), judge))
    return tried, taken
