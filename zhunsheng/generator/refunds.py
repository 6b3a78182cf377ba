"""Refunds: some drugs and tests are given back in full or in part within the same encounter."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from zhunsheng.generator.catalogue import Catalogue
from zhunsheng.generator.frames import HOUR, NONE, Encounters, Lines, full, joined, size, take
from zhunsheng.generator.knowledge import Index, Need

SHARE = 0.006
#: Share of the refunds in full that do not name the line they undo, as older systems export them.
NAMELESS = 0.15
REFUNDABLE = ("drug", "lab", "imaging", "herb")


def add(rng: Generator, catalogue: Catalogue, index: Index, encounters: Encounters, lines: Lines) -> Lines:
    """Return the lines followed by the refunds of some of them. A part is given back where the quantity allows.

    What another item of the encounter may stand on is not given back.
    """
    held = {code for need in index.needed if need.kind in (Need.WITH_DAY, Need.WITH_VISIT) for code in need.any_of}
    may = np.array([item.category in REFUNDABLE and item.code not in held for item in catalogue.items], dtype=np.bool_)
    chosen = np.flatnonzero(may[lines.item] & (rng.random(size(lines)) < SHARE))
    refund = take(lines, chosen)
    whole = rng.random(len(chosen)) < 0.7
    units = refund.quantity_e4 // 10_000
    part = 10_000 * (1 + (rng.random(len(chosen)) * np.maximum(units - 1, 1)).astype(np.int64))
    refund.quantity_e4 = -np.where(whole | (units < 2), refund.quantity_e4, np.minimum(part, refund.quantity_e4))
    wait = (HOUR // 6 + rng.random(len(chosen)) * 20 * HOUR).astype(np.int64)
    refund.at = np.minimum(refund.at + wait, np.maximum(encounters.end[refund.encounter], refund.at + 60))
    gone = refund.quantity_e4 == -lines.quantity_e4[chosen]
    refund.undoes = np.where(gone & (rng.random(len(chosen)) < NAMELESS), NONE, chosen)
    refund.label = full(len(chosen), NONE)
    return joined([lines, refund])
