"""Every kind of service has a course of nodes, and every node a word."""

import csv

from zhunsheng.book.vendors import load_kinds
from zhunsheng.kernel.home import ROOT
from zhunsheng.patterns.words import NODES
from zhunsheng.sources.mapping import mapping

BOOK = ROOT / "rulebook"


def courses():
    with (BOOK / "knowledge" / "service_nodes.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {
        kind: [row["node"] for row in rows if row["service_kind"] == kind] for kind in {r["service_kind"] for r in rows}
    }


def test_every_kind_of_service_has_a_course_of_nodes():
    assert set(courses()) == {one.id for one in load_kinds(BOOK).kinds}


def test_every_node_has_a_word_and_stands_once():
    for nodes in courses().values():
        assert set(nodes) <= set(NODES) and len(nodes) == len(set(nodes)) >= 3


def test_every_node_can_be_told_by_files_and_devices():
    known = set(mapping("vendor_service").kinds["event"].field("node").codes.values())
    assert {node for nodes in courses().values() for node in nodes} <= known <= set(NODES)
