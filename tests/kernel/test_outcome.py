"""Three-valued answers: the full Kleene tables, and the reason that decided."""

from itertools import product

import pytest

from zhunsheng.kernel.outcome import Answer, Verdict, every, some

T, F, U = (Answer(value, name) for value, name in ((True, "yes"), (False, "no"), (None, "missing")))

AND = {(T, T): T, (T, U): U, (T, F): F, (U, T): U, (U, U): U, (U, F): F, (F, T): F, (F, U): F, (F, F): F}
OR = {(T, T): T, (T, U): T, (T, F): T, (U, T): T, (U, U): U, (U, F): U, (F, T): T, (F, U): U, (F, F): F}


@pytest.mark.parametrize("pair", list(product((T, U, F), repeat=2)), ids=lambda pair: "-".join(a.reason for a in pair))
def test_kleene_tables(pair):
    assert every(list(pair)) == AND[pair]
    assert some(list(pair)) == OR[pair]


@pytest.mark.parametrize("triple", list(product((T, U, F), repeat=3)))
def test_three_answers_fold_like_two(triple):
    one, two, three = triple
    assert every([one, two, three]).value is every([every([one, two]), three]).value
    assert some([one, two, three]).value is some([some([one, two]), three]).value


def test_nothing_asked_is_true_and_nothing_offered_is_false():
    assert every([]) == Answer(value=True, reason="nothing_required")
    assert some([]) == Answer(value=False, reason="nothing_offered")


def test_the_first_deciding_answer_gives_the_reason():
    assert every([T, Answer(None, "no_sex"), Answer(None, "no_birth")]).reason == "no_sex"
    assert every([Answer(None, "no_sex"), F]).reason == "no"
    assert not U.known
    assert F.known


def test_an_answer_without_a_reason_cannot_exist():
    with pytest.raises(ValueError, match="reason"):
        Answer(value=None, reason="")


def test_verdicts_are_ranked_from_the_most_severe():
    assert sorted(Verdict, key=lambda v: v.rank) == [
        Verdict.VIOLATION,
        Verdict.SUSPECTED,
        Verdict.UNKNOWN,
        Verdict.PASS,
    ]
