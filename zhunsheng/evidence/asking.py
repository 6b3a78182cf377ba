"""Asking witnesses: each gets the head and the proof from what it saw last; what comes back is checked and joined."""

from __future__ import annotations

import http.client
from concurrent.futures import Executor
from dataclasses import dataclass

from zhunsheng.evidence import note, witness
from zhunsheng.evidence.http import Answer, post
from zhunsheng.evidence.policy import Policy
from zhunsheng.evidence.store import Head, Log
from zhunsheng.evidence.text import number
from zhunsheng.kernel.errors import Problem


@dataclass(frozen=True, slots=True)
class Reply:
    """What a witness said: its signature lines, or the size it has seen, or neither, with the reason."""

    name: str
    lines: str = ""
    seen: int | None = None
    detail: str = ""


def ask(address: str, name: str, old: int, proof: list[bytes], head: bytes) -> Reply:
    """Send a head to a witness. Never raises: who does not answer soundly has said nothing, with a reason."""
    try:
        answer = post(address, "/add-checkpoint", witness.request(old, proof, head))
        return _reply(name, answer)
    except (OSError, http.client.HTTPException, ValueError, Problem) as error:
        return Reply(name, detail=f"{type(error).__name__}: {error}")


def _reply(name: str, answer: Answer) -> Reply:
    text = answer.body[:65_536].decode("utf-8", "replace")
    if answer.status == 200:
        return Reply(name, lines=text)
    if answer.status == 409:
        return Reply(name, seen=number(text.strip(), "size"), detail="409")
    return Reply(name, detail=f"{answer.status} {text.strip()[:200]}")


@dataclass(frozen=True, slots=True)
class Collected:
    """A head with the cosignatures that came, the size that each of those has now seen, and why others gave none."""

    head: Head
    sizes: dict[str, int]
    missing: dict[str, str]


def collect(log: Log, policy: Policy, head: Head, pool: Executor) -> Collected:
    """Ask every witness that has not cosigned a head.

    Raises Problem ZS804 when a witness has seen more than the log holds: the log must not sign on.
    """
    known = log.witness_sizes()
    absent = [name for name in policy.witnesses if name not in policy.signed_by(note.parse(head.data))]
    replies = _round(log, policy, head, {name: min(known.get(name, 0), head.size) for name in absent}, pool)
    seen = {one.name: one.seen for one in replies if one.seen is not None}
    for name, size in seen.items():
        if size > log.size:
            raise Problem("ZS804", witness=name, seen=size, size=log.size)
    again = _round(log, policy, head, {name: size for name, size in seen.items() if size <= head.size}, pool)
    missing, sizes = dict.fromkeys(absent, "no address"), {}
    for one in [*replies, *again]:
        joined = _joined(policy, head, one)
        missing[one.name] = one.detail or "not its signature"
        if joined is not None:
            head = joined
            sizes[one.name] = head.size
    return Collected(head, sizes, {name: why for name, why in missing.items() if name not in sizes})


def _round(log: Log, policy: Policy, head: Head, old: dict[str, int], pool: Executor) -> list[Reply]:
    """Ask witnesses at once; the proofs are read here, since the log is read by one thread only."""
    proofs = {size: log.consistency(size, head.size) for size in set(old.values())}
    jobs = [
        pool.submit(ask, policy.addresses[name], name, size, proofs[size], head.data)
        for name, size in old.items()
        if policy.addresses[name]
    ]
    return [job.result() for job in jobs]


def _joined(policy: Policy, head: Head, reply: Reply) -> Head | None:
    """Return the head with a witness's own valid line, or None where it gave none."""
    own = policy.witnesses[reply.name]
    try:
        lines = [line for line in note.parse_lines(reply.lines) if (line.name, line.id) == (own.name, own.id)]
        data = head.data + "".join(line.raw for line in lines[:1]).encode()
        found = policy.signed_by(note.parse(data))
    except Problem:
        return None
    return Head(head.size, data, len(found), policy.satisfied(found)) if reply.name in found else None
