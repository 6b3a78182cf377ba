"""The service line that a case of oversight is about. Read for the site, whoever asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zhunsheng.casework.vendors import queries as vendors

if TYPE_CHECKING:
    from zhunsheng.casework.cases.models import Case
    from zhunsheng.casework.vendors.models import ServiceLine


def line_of(case: Case) -> ServiceLine | None:
    """Return the line that a case of oversight is about: of an exit plan the one whose life it follows."""
    return vendors.line_of_life(case.origin_id) if case.cycle == "vendor_exit" else vendors.line_of(case)
