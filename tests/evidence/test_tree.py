"""Hashes and proofs: public vectors, the golden log, and a naive recursion written from the definition."""

import json
from base64 import b64decode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.evidence.golden import CONSISTENCY_6, ENTRIES, INCLUSION_5, ROOTS
from zhunsheng.evidence import text, tree

SIZES = st.integers(min_value=1, max_value=300)


def naive_root(leaves):
    if len(leaves) < 2:
        return leaves[0] if leaves else tree.EMPTY
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    return tree.node_hash(naive_root(leaves[:k]), naive_root(leaves[k:]))


def reader(leaves):
    return lambda node: naive_root(leaves[node[1] << node[0] : (node[1] + 1) << node[0]])


def vectors(folder, name):
    lines = (folder / "merkle_vectors" / f"{name}.ndjson").read_text("utf-8").splitlines()
    assert len(lines) == 98
    return [json.loads(line) for line in lines]


def proof_of(vector):
    return [b64decode(one) for one in vector["proof"] or []]


def test_public_inclusion_vectors(shared_data):
    for v in vectors(shared_data, "inclusion"):
        leaf, root = b64decode(v["leafHash"]), b64decode(v["root"])
        accepted = tree.verify_inclusion(leaf, v["leafIdx"], v["treeSize"], proof_of(v), root)
        assert accepted is not v["wantErr"], v["case"]


def test_public_consistency_vectors(shared_data):
    for v in vectors(shared_data, "consistency"):
        roots = b64decode(v["root1"]), b64decode(v["root2"])
        accepted = tree.verify_consistency(v["size1"], v["size2"], proof_of(v), *roots)
        assert accepted is not v["wantErr"], v["case"]


def test_roots_of_the_reference_tree():
    frontier = tree.Frontier()
    found = [frontier.root.hex()]
    for entry in ENTRIES:
        frontier.append(tree.leaf_hash(entry))
        found.append(frontier.root.hex())
    assert found == ROOTS


def test_golden_proofs():
    leaves = [tree.leaf_hash(entry) for entry in ENTRIES]
    inclusion = tree.hashes(tree.inclusion_ranges(5, 8), reader(leaves))
    consistency = tree.hashes(tree.consistency_ranges(6, 8), reader(leaves))
    assert [text.encode(one) for one in inclusion] == INCLUSION_5
    assert [text.encode(one) for one in consistency] == CONSISTENCY_6
    assert text.encode(tree.leaf_hash(b"hello world")) == "TszzRgjTG6xce+z2AG31kAXYKBgQVtCSCE40HmuwBb0="


@given(size=SIZES, data=st.data())
def test_each_leaf_of_each_tree_is_proved_and_no_other(size, data):
    leaves = [tree.leaf_hash(i.to_bytes(4, "big")) for i in range(size)]
    index, other = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, size))
    root = naive_root(leaves)
    proof = tree.hashes(tree.inclusion_ranges(index, size), reader(leaves))
    assert tree.verify_inclusion(leaves[index], index, size, proof, root)
    assert other == index or not tree.verify_inclusion(leaves[index], other, size, proof, root)
    assert not tree.verify_inclusion(leaves[index], index, size, [*proof, proof[-1] if proof else root], root)


@given(sizes=st.tuples(st.integers(0, 300), st.integers(0, 300)), bit=st.integers(0, 255))
def test_each_growth_is_proved_and_no_other(sizes, bit):
    old, new = sorted(sizes)
    leaves = [tree.leaf_hash(i.to_bytes(4, "big")) for i in range(new)]
    before, after = naive_root(leaves[:old]), naive_root(leaves)
    proof = tree.hashes(tree.consistency_ranges(old, new), reader(leaves))
    assert tree.verify_consistency(old, new, proof, before, after)
    wrong = (int.from_bytes(before, "big") ^ (1 << bit)).to_bytes(32, "big")
    assert not tree.verify_consistency(old, new, proof, wrong, after)
    assert old == new or not tree.verify_consistency(new, old, proof, after, before)


@given(size=st.integers(0, 300))
def test_the_frontier_agrees_with_the_definition(size):
    leaves = [tree.leaf_hash(i.to_bytes(4, "big")) for i in range(size)]
    frontier = tree.Frontier()
    for leaf in leaves:
        frontier.append(leaf)
    assert frontier.root == naive_root(leaves)
    assert tree.Frontier(size, frontier.peaks).root == frontier.root


def test_what_is_no_tree_is_refused():
    for call in (
        lambda: tree.inclusion_ranges(3, 3),
        lambda: tree.consistency_ranges(4, 3),
        lambda: tree.Frontier(3, [tree.EMPTY]),
    ):
        with pytest.raises(ValueError):
            call()
    assert not tree.verify_inclusion(b"", 0, 1, [], b"")
    assert not tree.verify_consistency(0, 0, [], tree.EMPTY, tree.leaf_hash(b""))
