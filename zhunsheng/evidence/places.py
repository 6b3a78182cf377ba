"""Where a log and a witness keep their files, and how they are made, opened anew and read back."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from zhunsheng.evidence import leaf, note, store
from zhunsheng.evidence.http import Handle
from zhunsheng.evidence.policy import Policy
from zhunsheng.evidence.policy import parse as parse_policy
from zhunsheng.evidence.sequencer import Sequencer, entry_of, only_one, placed
from zhunsheng.evidence.signer import NEVER, BodySigner, Desk, LocalSigner, RemoteSigner
from zhunsheng.evidence.text import refuse
from zhunsheng.evidence.tiles import Folder
from zhunsheng.evidence.witness import Witness
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.files import digest
from zhunsheng.kernel.ids import identity
from zhunsheng.kernel.time import now_seconds


@dataclass(frozen=True, slots=True)
class LogPlace:
    """A log's folder. Naming it touches nothing."""

    root: Path

    @property
    def database(self) -> Path:
        """Entries, tiles, heads."""
        return self.root / "log.db"

    @property
    def key(self) -> Path:
        """The log's private key, named after its origin."""
        return self.root / "log.key"

    @property
    def operator(self) -> Path:
        """The operator's own key as a body: for what the log says of itself."""
        return self.root / "operator.key"

    @property
    def policy_file(self) -> Path:
        """Who must cosign."""
        return self.root / "policy"

    @property
    def tiles(self) -> Folder:
        """What a web server hands out."""
        return Folder(self.root / "tiles")

    def policy(self) -> Policy:
        """Read the policy. Raises Problem ZS801 or ZS812."""
        return parse_policy(read(self.policy_file))

    def signers(self) -> dict[str, BodySigner]:
        """Read who signs for each body: lines of vkey, address and file of the token; the operator signs here.

        Raises Problem ZS801 or ZS812.
        """
        operator = LocalSigner(note.load_skey(self.operator))
        found: dict[str, BodySigner] = {operator.verifier.name: operator}
        file = self.root / "signers"
        for line in read(file).decode().splitlines() if file.exists() else ():
            words = line.split()
            if words and not words[0].startswith("#"):
                if len(words) != 3:
                    refuse("signers", "a line is vkey, address and file of the token")
                key, token = note.parse_vkey(words[0]), read(self.root / words[2]).decode().strip()
                found[key.name] = RemoteSigner(words[1], token, key)
        return found

    @contextmanager
    def sequencer(self) -> Iterator[Sequencer]:
        """Hold the log's lock and yield its sequencer, started. Raises Problem ZS804 to ZS807 when it may not."""
        with only_one(self.database):
            log = store.Log(self.database)
            found = Sequencer(log, note.load_skey(self.key), self.policy(), self.tiles, self.signers())
            try:
                found.start()
                yield found
            finally:
                found.close()
                log.close()


@dataclass(frozen=True, slots=True)
class WitnessPlace:
    """The folder of a body's own process: witness and signer. Naming it touches nothing."""

    root: Path

    def witness(self) -> Witness:
        """Open the witness. Raises Problem ZS812 where there is none."""
        keys = [note.parse_vkey(line) for line in read(self.root / "logs").decode().split()]
        logs: dict[str, list[note.Verifier]] = {}
        for key in keys:
            logs.setdefault(key.name, []).append(key)
        return Witness(self.root / "witness.db", note.load_skey(self.root / "witness.key"), logs)

    def desk(self, since: int = NEVER) -> Desk:
        """Open the signer, for leaves from ``since`` on too. Raises Problem ZS812 where there is none."""
        token = read(self.root / "token").decode().strip()
        return Desk(self.root / "signer.db", note.load_skey(self.root / "body.key"), token, since=since)


def read(path: Path) -> bytes:
    """Read a file. Raises Problem ZS812 where there is none."""
    try:
        return path.read_bytes()
    except (FileNotFoundError, IsADirectoryError) as error:
        raise Problem("ZS812", path=path) from error


def make_log(root: Path, origin: str, operator: str) -> LogPlace:
    """Make an empty log with fresh keys; its policy asks for no witness until someone writes one. Raises ZS813."""
    place = LogPlace(root)
    key = note.Signer.new(origin)
    note.save_skey(place.key, key)
    note.save_skey(place.operator, note.Signer.new(operator))
    store.create(place.database, origin)
    place.policy_file.write_text(f"log {key.verifier.vkey}\nquorum none\n", "utf-8")
    return place


def make_witness(root: Path, name: str, body: str, logs: list[str]) -> WitnessPlace:
    """Make a witness and a signer with fresh keys, for logs given by their vkeys. Raises Problem ZS801 or ZS813."""
    vkeys = [note.parse_vkey(text).vkey for text in logs]
    note.save_skey(root / "witness.key", note.Signer.new(name, note.COSIGNATURE))
    note.save_skey(root / "body.key", note.Signer.new(body))
    handle = os.open(root / "token", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(32) + "\n")
    (root / "logs").write_text("\n".join([*vkeys, ""]), "utf-8")
    return WitnessPlace(root)


def addresses(place: WitnessPlace, since: int = NEVER) -> tuple[dict[str, Handle], Witness]:
    """Return what the process of a body answers, by path, and its witness; ``since`` as the signer takes it."""
    witness, desk = place.witness(), place.desk(since)
    return {"/add-checkpoint": witness.add_checkpoint, "/sign-leaves": desk.sign_leaves}, witness


def reopen(place: LogPlace, origin: str, reason: str) -> str:
    """Go on under a new name after entries were lost for good; return the new vkey.

    The first leaf that is new states the reason; the old key and the old folder of tiles are moved aside, not deleted.
    Witnesses and policies must learn the new key. May be run again after a kill.
    """
    fresh = place.root / "log.key.next"
    with only_one(place.database):
        log = store.Log(place.database)
        try:
            if log.origin == origin and not fresh.exists():
                return note.load_skey(place.key).verifier.vkey
            if not fresh.exists():
                note.save_skey(fresh, note.Signer.new(origin))
            key = note.load_skey(fresh)
            if log.origin != origin:
                _append_opened(log, note.load_skey(place.operator), origin, reason)
                log.keep_origin(origin)
        finally:
            log.close()
        aside = f"before-{digest(origin.encode())[:8]}"
        if place.tiles.root.exists():
            place.tiles.root.rename(place.root / f"tiles.{aside}")
        place.key.rename(place.root / f"log.key.{aside}")
        fresh.rename(place.key)
    return key.verifier.vkey


def _append_opened(log: store.Log, operator: note.Signer, origin: str, reason: str) -> None:
    """Append the leaf that says why the log goes on under a new name."""
    case = identity("log", log.origin, origin)
    if log.indices([f"origin:{case}"]):
        return
    about: dict[str, str | int | list[str]] = {"reason": reason, "old": log.origin, "new": origin, "entries": log.size}
    stated, body = digest(reason.encode()), operator.verifier.name
    draft = leaf.Draft(f"origin:{case}", leaf.OPENED, body, case, stated, now_seconds(), about=about)
    one = placed([draft], log.size, {})[0]
    payload = one.payload
    signature = LocalSigner(operator).sign([payload])[0]
    log.append([entry_of(one, payload, operator.verifier.id.hex(), signature)])
