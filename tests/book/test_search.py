"""Search over the rule book: what is found, in which order, and that an index belongs to one content."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhunsheng.book import load
from zhunsheng.book.search import KEPT, KINDS, _indexes, fold, index
from zhunsheng.kernel.home import ROOT

BOOK = load(ROOT / "rulebook")
TEN = dict.fromkeys(KINDS, 10)


def hits(text, kind, limit=10):
    return next(one for one in index(BOOK).search(text, dict.fromkeys(KINDS, limit)) if one.kind == kind)


def test_a_code_finds_its_points_first_and_either_code_of_a_pair():
    found = hits("001102000050000", "point")
    assert found.hits[0].code == "001102000050000"
    pair = BOOK.knowledge["exclusive_services"].points[0]
    other = hits(pair.get("sub_code"), "point")
    assert pair.point_id in {hit.place for hit in other.hits}
    begun = hits("0011020", "point")
    assert all(hit.code.startswith("0011020") or "0011020" in hit.note for hit in begun.hits)


def test_names_notes_rules_and_articles_are_found_in_both_languages():
    assert hits("住院诊查费", "point").hits[0].title == "住院诊查费"
    assert hits("daily QUANTITY", "rule").hits[0].key == "fund/daily-quantity-cap"
    assert hits("限定频次", "rule").hits[0].key == "fund/daily-quantity-cap"
    assert hits("GZ10000102014000", "rule").total == 1
    assert {hit.key for hit in hits("医疗保障基金", "article").hits} == {"reg-735"}
    assert hits("含监护 诊查", "point").total >= 1


def test_width_and_case_do_not_matter_and_every_word_must_be_there():
    assert hits("ＧＺ１００００１０２０１４０００", "rule").total == 1
    assert hits("Ⅰ级护理", "point").total == hits("i级护理", "point").total > 0
    assert hits("子宫 造影", "point").total >= 1
    assert hits("子宫 输精管", "point").total == 0


def test_what_begins_with_the_text_comes_before_what_holds_it():
    titles = [hit.title for hit in hits("子宫", "point").hits]
    begins = [title.startswith("子宫") for title in titles]
    assert begins == sorted(begins, reverse=True)
    assert begins[0]


def test_totals_count_what_the_limit_hides():
    found = hits("00", "point", limit=2)
    assert len(found.hits) == 2
    assert found.total == sum(found.by_key.values()) > 2


@pytest.mark.parametrize("text", ["", "   ", "没有这个词", "%%%", "\n"])
def test_what_matches_nothing_gives_nothing(text):
    assert [one.total for one in index(BOOK).search(text, TEN)] == [0, 0, 0]


@given(st.text(st.sampled_from("子宫造影0123诊查费 ×ax"), max_size=6))
def test_a_match_holds_every_word_and_nothing_that_does_is_missed(text):
    words = fold(text).split()
    for name, known in BOOK.knowledge.items():
        found = {entry.place for entry in index(BOOK).points(name, text)}
        for point in known.points:
            said = fold(" ".join((*point.values.values(), point.note)))
            if point.point_id not in found:
                assert any(word not in said for word in words)
            elif "×" not in text:
                assert all(word in said for word in words)


def test_an_index_is_made_once_for_a_content_and_few_are_kept():
    assert index(BOOK) is index(load(ROOT / "rulebook"))
    for n in range(4):
        index(BOOK.model_copy(update={"digest": f"other-{n}"}))
    assert len(_indexes) == KEPT
    index(BOOK)
