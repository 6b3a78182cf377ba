"""The monitor: a body replays each new entry and says what is wrong. A log proves presence; this looks for absence.

Checked: the entries make up the signed head; each leaf is signed by the body that it names; the sequence of a case has
no gap and names the index of its previous leaf; no row stands twice; no leaf is dated long before those in front of it
or after the head; a rule book that is cited was logged before; no body acted in a kind for which it held no grant;
nobody used a grant of sight that was not logged, for another body, out of its days or after its end; and, where they
are given, that rows equal leaves and that what the body's own signer signed stands in the log and nothing
else in its name.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from typing import Any

from zhunsheng.evidence import leaf, tree
from zhunsheng.evidence.note import Verifier
from zhunsheng.evidence.policy import Policy
from zhunsheng.evidence.text import decode_hash, encode
from zhunsheng.evidence.tiles import Folder
from zhunsheng.kernel.errors import Problem

#: Seconds by which the times of leaves may lie apart from their order: signers take leaves of the present day.
DRIFT = 86_400
RULE_VERSION, GRANT, GRANT_ENDED = "rule.version", "grant", "grant.ended"
SIGHT_GIVEN, SIGHT_NARROWED, SIGHT_ENDED, SIGHT_USED = "sight.given", "sight.narrowed", "sight.ended", "sight.used"


@dataclass(frozen=True, slots=True)
class Rules:
    """What a body expects: who needs no grant, which kinds must cite a rule book, whose key is whose."""

    bodies: Mapping[str, list[Verifier]]
    roots: Collection[str]
    cites: Collection[str] = ()
    #: Digest of each of the body's own rows by source, where it compares them.
    rows: Mapping[str, str] | None = None
    #: What the body's own signer signed, by the digest of the payload: source and time; and in whose name.
    signed: Mapping[str, tuple[str, int]] | None = None
    own: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong, at one entry."""

    index: int
    name: str
    detail: str = ""


@dataclass(slots=True)
class State:
    """How far a monitor has come. Kept between its runs as JSON."""

    size: int = 0
    peaks: list[str] = field(default_factory=list)
    cases: dict[str, list[int]] = field(default_factory=dict)
    sources: dict[str, int] = field(default_factory=dict)
    rulebooks: list[str] = field(default_factory=list)
    grants: list[dict[str, Any]] = field(default_factory=list)
    #: Grants of sight that hold, by the pseudonym of their case: what is told of each.
    sights: dict[str, dict[str, Any]] = field(default_factory=dict)
    kinds: dict[str, int] = field(default_factory=dict)
    faults: int = 0
    latest: int = 0

    @property
    def text(self) -> str:
        """The state as JSON."""
        return json.dumps(asdict(self), ensure_ascii=False)


def load(text: str) -> State:
    """Read a state that was kept. It is the monitor's own file: nothing of a stranger is read here."""
    return State(**json.loads(text))


def replay(folder: Folder, policy: Policy, rules: Rules, state: State) -> list[Fault]:
    """Replay what a folder of tiles adds to a state; return the faults, the state moves on.

    Raises Problem ZS810 when the entries do not make up the signed head, or the head is smaller than what was seen;
    then the state is of no use any more, the one that was kept is. Each entry is read once: what is hashed is what is
    looked at, also where the folder is another's and changes meanwhile.
    """
    data = folder.checkpoint()
    if data is None:
        raise Problem("ZS812", path=folder.root / "checkpoint")
    head, signed = policy.opened(data)
    witnesses = policy.signed_by(signed)
    if not policy.satisfied(witnesses):
        raise Problem("ZS803", have=len(witnesses), all=len(policy.witnesses))
    if head.size < state.size:
        raise Problem("ZS810", path="checkpoint", detail=f"{head.size} entries, {state.size} were seen before")
    start = state.size
    frontier = tree.Frontier(start, [decode_hash(one, "state") for one in state.peaks])
    sealed_at = max(witnesses.values(), default=None)
    faults = []
    for entry in folder.entries(start, head.size):
        frontier.append(tree.leaf_hash(entry))
        faults += _look(entry, rules, state, sealed_at)
    if frontier.root != head.root:
        raise Problem("ZS810", path="checkpoint", detail="the entries do not continue what was seen before")
    faults += _absent(rules, state, sealed_at)
    state.peaks = [encode(one) for one in frontier.peaks]
    state.faults += len(faults)
    return faults


def _absent(rules: Rules, state: State, sealed_at: int | None) -> list[Fault]:
    """Name what should be in the log and is not: own rows, and what the own signer signed a day before the head."""
    rows = [("row_not_logged", source) for source in rules.rows or ()]
    signed = [] if rules.signed is None else rules.signed.values()
    overdue = [("signed_not_logged", one) for one, time in signed if sealed_at is None or time + DRIFT < sealed_at]
    told = dict.fromkeys([*rows, *overdue])
    return [Fault(state.size, name, source) for name, source in told if source not in state.sources]


def _look(entry: bytes, rules: Rules, state: State, sealed_at: int | None) -> list[Fault]:
    """Return what is wrong with the next entry; the state moves past it."""
    index = state.size
    state.size += 1
    try:
        envelope = leaf.open_entry(entry)
    except Problem as problem:
        return [Fault(index, "not_a_leaf", problem.code)]
    one = envelope.leaf
    found = order(index, one, state) + _dated(index, one, state, sealed_at)
    if leaf.signed(envelope, rules.bodies):
        found += _rulebook(index, one, rules, state) + _grant(index, one, rules, state)
        found += _sight(index, one, state)
    else:  # whoever wrote it: it publishes no rule book and gives no grant
        found.insert(0, Fault(index, "not_signed", one.body))
    if rules.signed is not None and one.body == rules.own and sha256(envelope.payload).hexdigest() not in rules.signed:
        found.append(Fault(index, "not_by_own_signer", one.source))
    if rules.rows is not None and rules.rows.get(one.source) != one.digest:
        found.append(Fault(index, "row_differs" if one.source in rules.rows else "row_missing", one.source))
    state.kinds[one.kind] = state.kinds.get(one.kind, 0) + 1
    return found


def order(index: int, one: leaf.Leaf, state: State) -> list[Fault]:
    """Check a leaf's place in its case, and that its row stands once; the state moves past it."""
    sequence, previous = state.cases.get(one.case, [0, -1])
    found = []
    if one.sequence != sequence + 1:
        found.append(Fault(index, "sequence_gap", f"{one.sequence} after {sequence}"))
    if one.previous != (previous if sequence else None):
        found.append(Fault(index, "wrong_previous", f"{one.previous}, not {previous if sequence else None}"))
    if one.source in state.sources:
        found.append(Fault(index, "row_twice", f"{one.source} also at {state.sources[one.source]}"))
    state.cases[one.case] = [one.sequence, index]
    state.sources[one.source] = index
    return found


def _dated(index: int, one: leaf.Leaf, state: State, sealed_at: int | None) -> list[Fault]:
    """Check that a leaf's time fits its place: not a day before an earlier leaf's, not a day after the head's."""
    if sealed_at is not None and one.time > sealed_at + DRIFT:
        return [Fault(index, "dated_ahead", str(one.time))]
    found = [Fault(index, "dated_back", str(one.time))] if one.time + DRIFT < state.latest else []
    state.latest = max(state.latest, one.time)
    return found


def _rulebook(index: int, one: leaf.Leaf, rules: Rules, state: State) -> list[Fault]:
    """Check that the rule book that a leaf cites was logged before it."""
    if one.kind == RULE_VERSION and one.rulebook and one.rulebook not in state.rulebooks:
        state.rulebooks.append(one.rulebook)
    if one.rulebook is None:
        return [Fault(index, "no_rulebook", one.kind)] if one.kind in rules.cites else []
    return [] if one.rulebook in state.rulebooks else [Fault(index, "rulebook_not_logged", one.rulebook[:12])]


def _grant(index: int, one: leaf.Leaf, rules: Rules, state: State) -> list[Fault]:
    """Check that a body held a grant for what it did; only the roots give and end grants."""
    if one.body not in rules.roots:
        held = any(_holds(grant, one) for grant in state.grants)
        return [] if held and one.kind not in (GRANT, GRANT_ENDED) else [Fault(index, "no_grant", one.body)]
    if one.kind == GRANT:
        state.grants.append(dict(one.about))
    elif one.kind == GRANT_ENDED:
        state.grants = [grant for grant in state.grants if grant.get("grantee") != one.about.get("grantee")]
    return []


def _sight(index: int, one: leaf.Leaf, state: State) -> list[Fault]:
    """Check that a grant of sight was given, and still held, for the body that used it."""
    if one.kind in (SIGHT_GIVEN, SIGHT_NARROWED):
        state.sights[one.case] = dict(one.about)
    elif one.kind == SIGHT_ENDED:
        state.sights.pop(one.case, None)
    elif one.kind == SIGHT_USED:
        held, acting = state.sights.get(one.case, {}), one.about.get("acting", one.body)
        start, end = held.get("start"), held.get("end")
        within = isinstance(start, int) and isinstance(end, int) and start <= one.time < end
        return [] if within and held.get("grantee") == acting else [Fault(index, "outside_grant", str(acting))]
    return []


def _holds(grant: Mapping[str, Any], one: leaf.Leaf) -> bool:
    """Whether a grant covers a leaf: body, kind, and time from start (held) to end (not held)."""
    kinds, start, end = grant.get("kinds"), grant.get("start"), grant.get("end")
    if not isinstance(kinds, list) or not isinstance(start, int) or not isinstance(end, int):
        return False
    return grant.get("grantee") == one.body and one.kind in kinds and start <= one.time < end
