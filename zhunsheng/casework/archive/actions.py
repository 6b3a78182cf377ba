"""The archive as a sealed bundle: table, receipts of its steps, and a manifest whose digest goes into the log."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from zhunsheng.casework.archive.entries import KINDS, Entry
from zhunsheng.casework.bodies import walls
from zhunsheng.casework.bodies.models import User
from zhunsheng.casework.bodies.permissions import Verb, check_may
from zhunsheng.casework.outbox import queries as outbox
from zhunsheng.casework.outbox.actions import append, deed
from zhunsheng.casework.seals import queries as seals
from zhunsheng.casework.vendors.models import Vendor
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.files import digest
from zhunsheng.kernel.text import harmless

#: Receipts of one bundle; the rest is named in the manifest, so that a bundle never looks whole where it is not.
MOST_RECEIPTS = 2_000
HEAD = ("date", "kind", "what", "detail", "number", "lead", "evidence")
#: Problems of a row that has no receipt yet.
UNSEALED = frozenset({"ZS812", "ZS814"})
#: Archives are the same byte for byte where their content is: no time of writing in them.
STAMP = (2020, 1, 1, 0, 0, 0)


@deed
def bundle(
    actor: User, vendor: Vendor, entries: Iterable[Entry], about: dict[str, Any], moment: datetime,
    manual: Callable[[str], str],
) -> bytes:  # fmt: skip
    """Return the archive as a zip and leave evidence of its manifest.

    ``about`` says what was asked for and of which run, ``manual`` how a receipt of a name is checked. What is not
    sealed yet is named. Raises Problem ZS702.
    """
    check_may(actor, Verb.EXPORT_FINDINGS)
    rows = list(entries)
    files = {"entries.csv": table(rows)}
    receipts, missing = _receipts(rows, manual)
    files |= receipts
    told = {
        **about,
        "vendor": vendor.institution_id,
        "name": vendor.name,
        "made_at": moment.isoformat(timespec="seconds"),
        "made_by": str(actor.body),
        "entries": len(rows),
        "files": {name: digest(data) for name, data in sorted(files.items())},
        "without_receipt": missing,
    }
    manifest = json.dumps(told, ensure_ascii=False, indent=1, sort_keys=True).encode()
    said = {"manifest": digest(manifest), "entries": len(rows), "receipts": len(receipts), "filter": about}
    append(actor, "archive.bundled", f"vendor:{vendor.institution_id}", said)
    return _zipped({"manifest.json": manifest, **files})


def table(rows: Iterable[Entry]) -> bytes:
    """Return the entries as CSV, UTF-8 with a mark that spreadsheets know."""
    text = io.StringIO()
    out = csv.writer(text, lineterminator="\r\n")
    out.writerow(HEAD)
    for one in rows:
        cells = (str(one.on), str(KINDS[one.kind]), one.words, one.told, one.number, "lead" if one.lead else "")
        out.writerow([*map(harmless, cells), one.evidence or ""])
    return ("\ufeff" + text.getvalue()).encode()


def _receipts(rows: list[Entry], manual: Callable[[str], str]) -> tuple[dict[str, bytes], list[int]]:
    """The receipts of the steps in view, and the rows that have none yet."""
    found: dict[str, bytes] = {}
    missing = []
    for sequence in sorted({one.evidence for one in rows if one.evidence}):
        data = _receipt(sequence, manual) if len(found) < MOST_RECEIPTS else None
        if data is None:
            missing.append(sequence)
        else:
            found[f"receipts/evidence-{sequence}.zip"] = data
    return found, missing


def _receipt(sequence: int, manual: Callable[[str], str]) -> bytes | None:
    """The receipt of a step that was shown; None before it is sealed, or where the site keeps no log."""
    with walls.within(walls.SITE):  # the step was shown: so is the row that says the same
        row = outbox.row(sequence)
        try:
            return seals.receipt_of(row, manual(f"evidence-{sequence}")) if row else None
        except Problem as problem:
            if problem.code in UNSEALED:
                return None
            raise


def _zipped(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name, date_time=STAMP), data)
    return out.getvalue()
