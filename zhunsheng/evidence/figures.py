"""What a witness's process tells at its address: who it is, and its figures for Prometheus."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

from zhunsheng.evidence.http import Answer
from zhunsheng.evidence.signer import Desk
from zhunsheng.evidence.witness import Witness


def answers(witness: Witness, desk: Desk) -> Mapping[str, Callable[[], Answer]]:
    """Return what GET answers by path."""

    def about() -> Answer:
        return Answer(200, witness.about())

    def figures() -> Answer:
        registry = CollectorRegistry()
        seen = Gauge("zhunsheng_witness_seen_entries", "Size last cosigned, by log", ("log",), registry=registry)
        for origin, size in witness.seen():
            seen.labels(origin).set(size)
        signed = Gauge("zhunsheng_signer_leaves", "Leaves signed for the body", registry=registry)
        signed.set(desk.count())
        return Answer(200, generate_latest(registry), CONTENT_TYPE_LATEST)

    return {"/": about, "/healthz": about, "/metrics": figures}
