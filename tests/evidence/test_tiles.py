"""Tiles: paths and widths as published, what is written, and an audit that notices each changed byte."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.evidence.sites import draft, site
from zhunsheng.evidence import policy, store, tiles, tree, verify
from zhunsheng.evidence.tiles import Folder
from zhunsheng.kernel.errors import Problem


def test_paths_and_widths_as_published():
    assert tiles.path(0, 1234067) == "tile/0/x001/x234/067"
    assert tiles.path(1, 5, 17) == "tile/1/005.p/17"
    assert tiles.path("entries", 0) == "tile/entries/000"
    assert list(tiles.widths(70_000)) == [(0, 70_000), (1, 273), (2, 1)]
    assert [(count // 256, count % 256) for _, count in tiles.widths(70_000)] == [(273, 112), (1, 17), (0, 1)]
    assert list(tiles.widths(256)) == [(0, 256), (1, 1)]


def root_of(leaves):
    frontier = tree.Frontier()
    for one in leaves:
        frontier.append(one)
    return frontier.root


def built(folder, sizes):
    """Write a folder of tiles in steps and return (folder, leaves, entries)."""
    kept, leaves, entries, old = {}, [], [], 0
    place = Folder(folder)

    def read(level, number, _width):
        return kept[level, number]

    for size in sizes:
        fresh = [i.to_bytes(4, "big") for i in range(old, size)]
        entries += fresh
        leaves += [tree.leaf_hash(one) for one in fresh]
        kept |= tiles.grow(old, leaves[old:], read)
        place.write(old, size, read, lambda a, b: entries[a:b])  # noqa: B023 - called at once
        old = size
    return place, leaves, entries


@settings(max_examples=12)
@given(sizes=st.lists(st.integers(1, 1500), min_size=1, max_size=4).map(sorted), data=st.data())
def test_proofs_out_of_tiles_agree_with_the_definition(tmp_path_factory, sizes, data):
    place, leaves, entries = built(tmp_path_factory.mktemp("tiles"), sizes)
    size = sizes[-1]
    root = tiles.root(size, place.hashes)
    assert root == root_of(leaves)
    assert list(place.entries(0, size)) == entries
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, size))
    read = tiles.node_reader(place.hashes, size)
    proof = tree.hashes(tree.inclusion_ranges(index, size), read)
    assert tree.verify_inclusion(leaves[index], index, size, proof, root)
    growth = tree.hashes(tree.consistency_ranges(old, size), read)
    assert tree.verify_consistency(old, size, growth, root_of(leaves[:old]), root)
    start = data.draw(st.integers(0, size))
    assert list(place.entries(start, size)) == entries[start:]


def test_a_log_of_70000_entries_has_the_published_files(tmp_path):
    place, leaves, _ = built(tmp_path, [70_000])
    files = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    level = {name: sum(one.startswith(f"tile/{name}/") for one in files) for name in ("0", "1", "2", "entries")}
    assert level == {"0": 274, "1": 2, "2": 1, "entries": 274}
    assert {"tile/0/273.p/112", "tile/1/001.p/17", "tile/2/000.p/1", "tile/entries/273.p/112"} <= files
    assert (tmp_path / "tile/0/000").stat().st_size == 8192
    assert tiles.root(70_000, place.hashes) == root_of(leaves)


@pytest.mark.parametrize("data", [b"\0", b"\0\5abc", b"\0\1a\0", b"\xff\xff" + b"a" * 100])
def test_a_cut_bundle_is_refused(data):
    with pytest.raises(Problem) as caught:
        tiles.unbundle(data)
    assert caught.value.code == "ZS801"


def test_bundles_come_back(tmp_path):
    entries = [b"", b"a", b"b" * 65_535]
    assert tiles.unbundle(tiles.bundle(entries)) == entries


def test_an_audit_accepts_the_log_and_notices_each_changed_file(tmp_path):
    with site(tmp_path) as here:
        for start in range(0, 900, 300):
            here.sequencer.submit([draft(i, case=i % 7) for i in range(start, start + 300)])
            here.sequencer.seal()
        rules = here.policy
    place, draw = Folder(tmp_path / "tiles"), random.Random(3)
    assert verify.audit(place, rules).size == 900
    paths = [*(tiles.path(0, i, w) for i, w in ((0, 256), (1, 256), (2, 256), (3, 132))), tiles.path(1, 0, 3)]
    paths += [tiles.path("entries", i, w) for i, w in ((0, 256), (3, 132))] + ["checkpoint"]
    for path in paths:
        file = place.root / path
        kept = file.read_bytes()
        for _ in range(4):
            at = draw.randrange(len(kept))
            file.write_bytes(kept[:at] + bytes([kept[at] ^ 1 << draw.randrange(8)]) + kept[at + 1 :])
            with pytest.raises(Problem):
                verify.audit(place, rules)
        file.write_bytes(kept[:-1])
        with pytest.raises(Problem):
            verify.audit(place, rules)
        file.unlink()
        with pytest.raises(Problem):
            verify.audit(place, rules)
        file.write_bytes(kept)
    assert verify.audit(place, rules).size == 900


def test_an_audit_asks_for_the_quorum(tmp_path):
    with site(tmp_path) as here:
        here.sequencer.submit([draft(1)])
        here.sequencer.seal()
        lonely = policy.parse(f"log {here.key.verifier.vkey}\nquorum none\n".encode())
        file = tmp_path / "tiles" / "checkpoint"
        file.write_bytes(b"\n".join(file.read_bytes().split(b"\n")[:5]) + b"\n")
        assert verify.audit(Folder(tmp_path / "tiles"), lonely).size == 1
        with pytest.raises(Problem) as caught:
            verify.audit(Folder(tmp_path / "tiles"), here.policy)
        assert caught.value.code == "ZS803"


def test_proofs_out_of_the_database_hold_for_each_earlier_size(tmp_path):
    store.create(tmp_path / "log.db", "log.example/x")
    log = store.Log(tmp_path / "log.db")
    roots, leaves = {}, []
    for start in range(0, 700, 70):
        entries = [
            store.Entry(f"x:{i}", bytes([i % 256]) * 9, f"c{i % 5}", i // 5 + 1) for i in range(start, start + 70)
        ]
        assert log.append(entries) == start
        leaves += [tree.leaf_hash(one.data) for one in entries]
        roots[log.size] = log.root(log.size)
    for size, root in roots.items():
        for index in {0, size // 2, size - 1}:
            assert tree.verify_inclusion(leaves[index], index, size, log.inclusion(index, size), root)
        assert tree.verify_consistency(size, 700, log.consistency(size, 700), root, roots[700])
    log.close()
