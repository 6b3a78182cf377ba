"""REPORT_ALTERED: a released report that was changed without a recorded reason, or under the same version."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from zhunsheng.patterns.base import Bindings, Hit, Pattern
from zhunsheng.patterns.population import Load, Measure, Outlier
from zhunsheng.patterns.services import Result, Said, found, no_measures

PATTERN = Pattern(
    name="report_altered",
    template="T19",
    zh="报告发布后改动",
    en="Report altered after release",
    kind="population",
    facts=("result",),
    columns=(),
    reasons={
        "no_reason": (
            "第 {actual} 版改动了已发布的报告，没有更正原因",
            "Version {actual} changed a released report without a recorded reason",
        ),
        "digest_changed": (
            "第 {actual} 版先后两次报送，报告摘要不同",
            "Version {actual} was delivered twice with different digests",
        ),
    },
    family="rows",
)
measures = no_measures


def judge(load: Load, bindings: Bindings, _found: list[Measure], _outliers: list[Outlier]) -> Iterator[Hit]:
    """Yield each altered version beside the one before."""
    versions: dict[tuple[str, str, str], list[Result]] = defaultdict(list)
    for one in sorted(load.results, key=lambda one: one.version):
        versions[one.vendor_id, one.order_id, one.analyte].append(one)
    for released in versions.values():
        for before, one in zip([None, *released], released, strict=False):
            reason = _altered(before, one)
            for row in bindings.on(one.reported_on) if reason else ():
                said = Said(reason, str(before.version) if before else "", str(one.version))
                report = f"{one.vendor_id}|{one.order_id}"
                yield found(row, report, said, ("result", one.key))
                if before:
                    yield found(row, report, said, ("result", before.key), "other")


def _altered(before: Result | None, one: Result) -> str:
    """Return why a version is an alteration, empty where it is none: released anew unchanged, or with a reason."""
    if one.q_digest_changed:
        return "digest_changed"
    same = before is not None and one.digest is not None and one.digest == before.digest
    return "no_reason" if one.version > 1 and not (one.reason or "") and not same else ""
