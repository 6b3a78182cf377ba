"""Who must have signed (C2SP tlog-policy): logs, witnesses, groups of them, and the quorum that makes a head count.

log <vkey> [address]
witness <name> <vkey> [address]
group <name> all|any|<k> <member> ...
quorum <name>
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import combinations

from zhunsheng.evidence import checkpoint, note
from zhunsheng.evidence.text import number, refuse
from zhunsheng.kernel.errors import Problem

MAX_POLICY, MAX_LINES = 262_144, 1_000
#: Witnesses of which every split is tried out: three to this power.
MOST_TRIED = 8
_OCTETS = re.compile(rb"[\t\n\x20-\x7e\x80-\xff]*")


@dataclass(frozen=True, slots=True)
class Group:
    """A group counts as having seen a head when at least ``least`` of its members have."""

    least: int
    members: tuple[str, ...]


@dataclass(slots=True)
class Policy:
    """A policy as read. ``quorum`` names a witness or a group; an empty name asks for no witness."""

    logs: dict[str, note.Verifier] = field(default_factory=dict)
    witnesses: dict[str, note.Verifier] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    quorum: str | None = None

    def satisfied(self, names: Iterable[str]) -> bool:
        """Whether cosignatures of these witnesses make a head count."""
        return not self.quorum or self._seen(self.quorum, frozenset(names))

    def to_split(self) -> int | None:
        """Return how few dishonest witnesses could, with the operator, have two histories sealed; 0 where none need be.

        They sign both, the honest ones each see one of the two. None for more witnesses than can be tried out.
        """
        names = frozenset(self.witnesses)
        if len(names) > MOST_TRIED:
            return None
        for count in range(len(names) + 1):
            for false in map(frozenset, combinations(sorted(names), count)):
                if any(self.satisfied(false | one) and self.satisfied(names - one) for one in _subsets(names - false)):
                    return count
        return len(names) + 1

    def _seen(self, name: str, names: frozenset[str]) -> bool:
        if name in self.witnesses:
            return name in names
        group = self.groups[name]
        return sum(self._seen(member, names) for member in group.members) >= group.least

    def signed_by(self, signed: note.Note) -> dict[str, int]:
        """Return the witnesses that cosigned a head, each with the time it states. Raises Problem ZS802."""
        names = {verifier: name for name, verifier in self.witnesses.items()}
        return {names[one]: seconds for one, seconds in note.verified(signed, names).items()}

    def opened(self, data: bytes) -> tuple[checkpoint.Checkpoint, note.Note]:
        """Read a checkpoint that a log of this policy signed. Raises Problem ZS801 or ZS802."""
        origin = note.parse(data).text.partition("\n")[0]
        if origin not in self.logs:
            raise Problem("ZS802", detail=f"the policy names no log {origin}")
        return checkpoint.opened(data, self.logs[origin])


def _subsets(names: frozenset[str]) -> Iterator[frozenset[str]]:
    listed = sorted(names)
    return (frozenset(one) for count in range(len(listed) + 1) for one in combinations(listed, count))


def parse(data: bytes) -> Policy:
    """Read a policy file. Raises Problem ZS801 with the number of the line at fault."""
    if len(data) > MAX_POLICY or not _OCTETS.fullmatch(data) or data.count(b"\n") > MAX_LINES:
        refuse("policy", "too long, or control characters")
    policy, members = Policy(), set[str]()
    for count, line in enumerate(data.decode("utf-8", "surrogateescape").split("\n"), 1):
        words = re.split(r"[ \t]+", line.strip(" \t"))
        if words[0] and not words[0].startswith("#"):
            _take(policy, members, words, f"policy, line {count}")
    if policy.quorum is None:
        refuse("policy", "no quorum")
    return policy


def _take(policy: Policy, members: set[str], words: list[str], what: str) -> None:
    match words:
        case ["log", vkey, *address] if len(address) <= 1:
            _log(policy, note.parse_vkey(vkey), address, what)
        case ["witness", name, vkey, *address] if len(address) <= 1:
            _witness(policy, name, note.parse_vkey(vkey), address, what)
        case ["group", name, least, *names] if names:
            _group(policy, members, name, least, names, what)
        case ["quorum", name] if policy.quorum is None and (name == "none" or _defined(policy, name)):
            policy.quorum = "" if name == "none" else name
        case _:
            refuse(what, " ".join(words)[:60])


def _log(policy: Policy, key: note.Verifier, address: list[str], what: str) -> None:
    if key.kind != note.PLAIN or key.public in _keys(policy) or key.name in policy.logs:
        refuse(what, "a log's key is of the kind 0x01 and stands once")
    policy.logs[key.name] = key
    policy.addresses[key.name] = address[0] if address else ""


def _witness(policy: Policy, name: str, key: note.Verifier, address: list[str], what: str) -> None:
    if key.kind != note.COSIGNATURE or key.public in _keys(policy) or _defined(policy, name) or name == "none":
        refuse(what, "a witness has a name and a key of the kind 0x04 of its own")
    policy.witnesses[name] = key
    policy.addresses[name] = address[0] if address else ""


def _keys(policy: Policy) -> set[bytes]:
    """Return the public keys that stand in a policy: a log that witnesses itself adds nobody to its quorum."""
    return {one.public for one in [*policy.logs.values(), *policy.witnesses.values()]}


def _group(policy: Policy, members: set[str], name: str, least: str, names: list[str], what: str) -> None:
    if _defined(policy, name) or name == "none" or len(set(names)) != len(names) or members & set(names):
        refuse(what, "names stand once, and each is a member of one group")
    if not all(_defined(policy, one) for one in names):
        refuse(what, "a member must be defined before its group")
    wanted = {"all": len(names), "any": 1}.get(least) or number(least, what)
    if not 1 <= wanted <= len(names):
        refuse(what, f"{wanted} of {len(names)} members")
    policy.groups[name] = Group(wanted, tuple(names))
    members.update(names)


def _defined(policy: Policy, name: str) -> bool:
    return name in policy.witnesses or name in policy.groups
