"""The draft of a leaf for a row of evidence: what the log says of it, which names nobody."""

from __future__ import annotations

import json
from collections.abc import Collection

from zhunsheng.casework.outbox.actions import content
from zhunsheng.casework.outbox.models import EvidenceOutbox
from zhunsheng.evidence.leaf import Draft, keyed_digest
from zhunsheng.evidence.monitor import SIGHT_GIVEN, SIGHT_NARROWED
from zhunsheng.kernel.ids import pseudonym

SOURCE = "outbox"


def source_of(sequence: int) -> str:
    """Return the name of a row in the log."""
    return f"{SOURCE}:{sequence}"


def sequence_of(source: str) -> int:
    """Return the row that a name in the log stands for."""
    return int(source.partition(":")[2])


def signer_name(body: str) -> str:
    """Return the name under which a body signs, by its number on the site."""
    return f"body-{body}"


def draft(row: EvidenceOutbox, key: bytes, signers: Collection[str], operator: str, site_key: bytes) -> Draft:
    """Return the draft of a row. A body without a signer of its own is signed for by the operator, which says so.

    ``site_key`` makes the pseudonym of what the row is about: leaves of one case are seen to belong together, and
    nobody without the key can tell to which.
    """
    own = signer_name(row.body)
    about: dict[str, str | int | list[str]] = {} if own in signers or not row.body else {"acting": own}
    about |= _sight(row)
    return Draft(
        source=source_of(row.pk),
        kind=row.kind,
        body=own if own in signers else operator,
        case=pseudonym(site_key, "case", row.subject),
        digest=keyed_digest(key, content(row)),
        time=int(row.at.timestamp()),
        about=about,
    )


def _sight(row: EvidenceOutbox) -> dict[str, str | int | list[str]]:
    """What monitors compare the uses of a grant of sight with: for which body, and between which seconds."""
    if row.kind not in (SIGHT_GIVEN, SIGHT_NARROWED):
        return {}
    said = json.loads(row.payload)
    return {"grantee": signer_name(str(said["receiver"])), "start": said["start"], "end": said["end"]}
