"""Sites for tests: a log, witnesses on 127.0.0.1 and signers, all real."""

from __future__ import annotations

import threading
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from zhunsheng.evidence import http, leaf, note, policy, store
from zhunsheng.evidence.sequencer import Sequencer, only_one
from zhunsheng.evidence.signer import LocalSigner
from zhunsheng.evidence.tiles import Folder
from zhunsheng.evidence.witness import Witness

ORIGIN = "log.example/medcon"
NAMES = ("health", "insurance", "market", "hospital", "vendor")
GROUPS = """\
group regulators 2 health insurance market
group operators any hospital vendor
group both all regulators operators
"""
AT = 1_790_000_000


@contextmanager
def serving(server):
    """Serve until the block ends; yield the address."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def witness_at(witness):
    server = http.server("127.0.0.1", 0, {"/add-checkpoint": witness.add_checkpoint}, witness.about)
    with serving(server) as address:
        yield address


@dataclass
class Site:
    """A log that is open for writing, with everything around it."""

    sequencer: Sequencer
    log: store.Log
    key: note.Signer
    policy: policy.Policy
    witnesses: dict[str, Witness]
    bodies: dict[str, note.Signer] = field(default_factory=dict)


def policy_text(key, witnesses, addresses, names=NAMES):
    lines = [f"log {key.verifier.vkey}"]
    lines += [f"witness {name} {witnesses[name].key.verifier.vkey} {addresses.get(name, '')}" for name in names]
    tail = f"{GROUPS}quorum both\n" if names == NAMES else f"group all_of all {' '.join(names)}\nquorum all_of\n"
    return ("\n".join(lines) + "\n" + tail).encode()


def new_witnesses(folder, key, names=NAMES):
    keys = {name: note.Signer.new(f"{name}.example/witness", note.COSIGNATURE) for name in names}
    logs = {key.verifier.name: [key.verifier]}
    return {name: Witness(folder / f"{name}.db", keys[name], logs) for name in names}


@contextmanager
def opened(folder, key, rules, witnesses, bodies, start=True):
    path = folder / "log.db"
    if not path.exists():
        store.create(path, key.verifier.name)
    with only_one(path):
        log = store.Log(path)
        signers = {name: LocalSigner(one) for name, one in bodies.items()}
        sequencer = Sequencer(log, key, rules, Folder(folder / "tiles"), signers)
        try:
            if start:
                sequencer.start()
            yield Site(sequencer, log, key, rules, witnesses, bodies)
        finally:
            sequencer.close()
            log.close()


@contextmanager
def site(folder, names=NAMES, bodies=("H1", "B1"), key=None):
    """A fresh site whose witnesses serve."""
    key = key or note.Signer.new(ORIGIN)
    witnesses = new_witnesses(folder, key, names)
    with ExitStack() as stack:
        addresses = {name: stack.enter_context(witness_at(one)) for name, one in witnesses.items()}
        rules = policy.parse(policy_text(key, witnesses, addresses, names))
        signers = {name: note.Signer.new(name) for name in bodies}
        yield stack.enter_context(opened(folder, key, rules, witnesses, signers))


def draft(number, body="H1", case=None, kind="finding.decided", **about):
    payload = f"payload {number}".encode()
    return leaf.Draft(
        source=f"outbox:{number}",
        kind=kind,
        body=body,
        case=f"{number if case is None else case:020x}",
        digest=leaf.keyed_digest(b"k" * 32, payload),
        time=AT + number,
        about=about,
    )
