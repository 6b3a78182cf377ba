"""Reads of the log for pages: how far a row has come, who sealed it, and the receipt that shows it to others."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Exists, Min, OuterRef

from zhunsheng.casework.bodies import walls
from zhunsheng.casework.bodies.models import Body
from zhunsheng.casework.bodies.scope import Scope
from zhunsheng.casework.cases import queries as cases
from zhunsheng.casework.documents import queries as documents
from zhunsheng.casework.outbox import queries as outbox
from zhunsheng.casework.outbox.actions import content
from zhunsheng.casework.outbox.models import EvidenceOutbox
from zhunsheng.casework.seals.drafts import signer_name, source_of
from zhunsheng.casework.seals.models import RecordKey
from zhunsheng.evidence import store
from zhunsheng.evidence.leaf import open_entry
from zhunsheng.evidence.places import LogPlace
from zhunsheng.evidence.receipt import Stage, Status, receipt, statuses
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.home import home
from zhunsheng.kernel.time import at, now

WRITTEN = Status(Stage.WRITTEN)


@dataclass(frozen=True, slots=True)
class Told:
    """What a page says of a row: how far it has come, of how many witnesses, who cosigned when, who signed it.

    ``beside``: the witnesses run beside the log, as in a demo, so that one person could run them all.
    """

    status: Status
    witnesses: int
    cosigned: tuple[tuple[str, object], ...]
    missing: tuple[str, ...]
    signer: str
    refused: str
    origin: str
    entries: int
    beside: bool


def visible(scope: Scope, sequence: int, *, everything: bool) -> EvidenceOutbox | None:
    """Return a row that a reader may see: one of a body in view (``everything``), or a step or document they see."""
    if everything:
        return outbox.one_in(scope, sequence)
    if cases.event_of_evidence(scope, sequence) is None and documents.of_evidence(scope, sequence) is None:
        return None
    with walls.within(walls.SITE):  # the step was shown: so is the row that says the same
        return outbox.row(sequence)


def stages(sequences: Iterable[int]) -> dict[int, Status]:
    """Return how far rows have come; all are written only, where the site keeps no log."""
    wanted = {sequence: source_of(sequence) for sequence in sequences}
    place = LogPlace(home().log)
    if not wanted or not place.database.exists():
        return dict.fromkeys(wanted, WRITTEN)
    log = store.Log(place.database)
    try:
        found = statuses(log, list(wanted.values()))
    finally:
        log.close()
    return {sequence: found[source] for sequence, source in wanted.items()}


def told(sequence: int) -> Told | None:
    """Return what a page says of a row; None where the site keeps no log."""
    place = LogPlace(home().log)
    if not place.database.exists():
        return None
    policy = place.policy()
    refused = RecordKey.objects.filter(pk=sequence).values_list("refused", flat=True).first() or ""
    log = store.Log(place.database)
    try:
        status = statuses(log, [source_of(sequence)])[source_of(sequence)]
        head = log.head_of(status.index) if status.index is not None else None
        signed = policy.signed_by(policy.opened(head.data)[1]) if head else {}
        signer = open_entry(next(log.entries(status.index, status.index + 1))).leaf.body if head else ""
        entries, origin = log.size, log.origin
    finally:
        log.close()
    cosigned = tuple((name, at(seconds)) for name, seconds in sorted(signed.items()))
    missing = tuple(sorted(set(policy.witnesses) - set(signed)))
    beside = home().witnesses.exists()
    return Told(status, len(policy.witnesses), cosigned, missing, signer, refused, origin, entries, beside)


def receipt_of(row: EvidenceOutbox, manual: str) -> bytes:
    """Return the receipt of a row as an archive: proof, record, content and its key, policy, keys of bodies, manual.

    Raises Problem ZS814 before the row is sealed, ZS812 where the log has no such row.
    """
    place = LogPlace(home().log)
    if not place.database.exists():
        raise Problem("ZS812", path=source_of(row.pk))
    log = store.Log(place.database)
    try:
        proof, record = receipt(log, source_of(row.pk))
    finally:
        log.close()
    key = RecordKey.objects.filter(pk=row.pk).first()
    if key is None:  # deleted, so that the leaf means nothing any more
        raise Problem("ZS812", path=f"{source_of(row.pk)}.key")
    bodies = "".join(f"{one.verifier.vkey}\n" for _name, one in sorted(place.signers().items()))
    name = f"evidence-{row.pk}"
    parts = {
        f"{name}.tlog-proof": proof,
        f"{name}.record.json": record,
        f"{name}.payload": content(row),
        f"{name}.key": f"{bytes(key.key).hex()}\n".encode(),
        "policy": place.policy_file.read_bytes(),
        "bodies": bodies.encode(),
        "README.txt": manual.encode(),
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in parts.items():
            archive.writestr(zipfile.ZipInfo(path, date_time=(2020, 1, 1, 0, 0, 0)), data)
    return out.getvalue()


def state() -> str:
    """Return for the health page how the log stands: none, ok, behind (a row waits for a minute), or altered.

    ``altered`` says that rows differ from what was written, or that the log would not take them.
    """
    if not LogPlace(home().log).database.exists():
        return "none"
    with walls.within(walls.SITE):
        if RecordKey.objects.exclude(refused="").exists():
            return "altered"
        last = outbox.last(now() - timedelta(seconds=60))
        # the newest may be a row of a body that signs, while those of another wait: they have keys and no leaf
        waits = RecordKey.objects.filter(pk__lte=last, logged=False).exists()
        carried = last == 0 or (not waits and RecordKey.objects.filter(pk=last).exists())
    return "ok" if carried else "behind"


def waiting() -> tuple[int, datetime | None]:
    """Return how many rows the log does not hold yet, and when the oldest of them was written."""
    found = outbox.unsettled(Exists(RecordKey.objects.filter(pk=OuterRef("pk")).exclude(logged=False, refused="")))
    told = found.aggregate(count=Count("pk"), oldest=Min("at"))
    return told["count"], told["oldest"]


def signer_words(signer: str) -> Body | None:
    """Return the body that a name of the log stands for; None for the operator."""
    number = signer.removeprefix(signer_name(""))
    return Body.objects.filter(pk=int(number)).first() if number.isdecimal() else None


def keys_of(sequences: list[int]) -> dict[int, bytes]:
    """Return the keys of rows that have one and were not refused. For a backup: it shows nobody a row."""
    rows = RecordKey.objects.filter(pk__in=sequences, refused="").values_list("pk", "key")
    return {pk: bytes(key) for pk, key in rows}
