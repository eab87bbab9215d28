"""Kneser-Ney n-grams against sums done by hand, as probabilities, and block by block; guesses from neighbours."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.language.neighbours import Neighbours, neighbours
from backend.language.ngram import KneserNey, block_losses, estimated_discounts
from backend.workspace.layout import BadInput

HALF = (0.5, 0.5, 0.5)
A, B, C = 0, 1, 2
NONE = np.empty((1, 0), dtype=np.int64)


def one(model: KneserNey, context: list[int], token: int) -> float:
    return float(model.probabilities(np.array([context], dtype=np.int64).reshape(1, -1), np.array([token]))[0])


def test_a_unigram_is_discounted_counts_over_the_uniform():
    model = KneserNey(np.array([A, A, A, B]), 4, 1, HALF)
    left = (0.5 + 0.5) / 4  # half a count of each of the two types
    assert one(model, [], A) == pytest.approx(2.5 / 4 + left / 4)
    assert one(model, [], B) == pytest.approx(0.5 / 4 + left / 4)
    assert one(model, [], C) == pytest.approx(left / 4)


def test_a_bigram_falls_back_to_the_number_of_contexts():
    # A B A B A C: bigrams AB 2, BA 2, AC 1; contexts before A: {B}, before B: {A}, before C: {A}
    model = KneserNey(np.array([A, B, A, B, A, C]), 3, 2, HALF)
    lower = dict.fromkeys((A, B, C), (1 - 0.5) / 3 + 3 * 0.5 / 3 / 3)
    left = (0.5 + 0.5) / 3  # after A stand AB twice and AC once: two types give half a count each
    assert one(model, [A], B) == pytest.approx(1.5 / 3 + left * lower[B])
    assert one(model, [A], C) == pytest.approx(0.5 / 3 + left * lower[C])
    assert one(model, [A], A) == pytest.approx(left * lower[A])
    assert one(model, [C], B) == pytest.approx(lower[B]), "nothing was ever seen after C"


def test_a_word_common_in_one_context_only_is_unlikely_elsewhere():
    # "san francisco": B is as common as C, but follows A alone
    ids = np.array([A, B] * 6 + [C, 3, C, 4, C, 5, 3, C, 4, C, 5, C])
    model = KneserNey(ids, 7, 2)
    assert one(model, [6], C) > 2 * one(model, [6], B)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 5), min_size=3, max_size=60), st.integers(1, 3), st.data())
def test_probabilities_sum_to_one_after_any_context(ids, order, data):
    context = data.draw(st.lists(st.integers(0, 5), min_size=order - 1, max_size=order - 1))
    model = KneserNey(np.array(ids), 6, order)
    everywhere = np.tile(np.array(context, dtype=np.int64), (6, 1))
    found = model.probabilities(everywhere, np.arange(6))
    assert found.sum() == pytest.approx(1)
    assert (found > 0).all()


def test_discounts_are_those_of_chen_and_goodman():
    counts = np.repeat([1, 2, 3, 4], [40, 20, 10, 5])
    y = 40 / (40 + 2 * 20)
    expected = [1 - 2 * y * 20 / 40, 2 - 3 * y * 10 / 20, 3 - 4 * y * 5 / 10]
    assert estimated_discounts(counts) == pytest.approx(expected)
    assert estimated_discounts(np.array([1, 1, 2])) == pytest.approx([0.75] * 3), "too few to estimate"


def test_blocks_are_judged_from_their_own_tokens_alone():
    draw = np.random.default_rng(0)
    ids, blocks = draw.integers(0, 5, 400), draw.integers(0, 5, (3, 6))
    models = {order: KneserNey(ids, 5, order) for order in (1, 2, 3)}
    found = block_losses(models, 3, blocks)
    assert found.shape == (3, 5)
    assert found[1, 0] == pytest.approx(-np.log(one(models[2], [blocks[1, 0]], blocks[1, 1])))
    assert found[2, 3] == pytest.approx(-np.log(one(models[3], list(blocks[2, 2:4]), blocks[2, 4])))
    assert block_losses(models, 1, blocks)[0, 2] == pytest.approx(-np.log(one(models[1], [], blocks[0, 3])))


def test_more_context_is_better_where_there_is_something_to_see():
    draw = np.random.default_rng(1)
    ids = [0, 1]
    for _ in range(6000):  # the sum of the last two tokens decides the next, nine times of ten
        ids.append(int((ids[-1] + ids[-2]) % 5 if draw.random() < 0.9 else draw.integers(5)))
    ids = np.array(ids)
    train, held_out = ids[:5000], ids[5000:5960].reshape(-1, 16)
    models = {order: KneserNey(train, 5, order) for order in (1, 2, 3)}
    one_, two, three = (block_losses(models, order, held_out)[:, 1:].mean() for order in (1, 2, 3))
    ceiling = -(0.92 * np.log(0.92) + 0.08 * np.log(0.02))
    assert three < two - 0.5
    assert two < one_ + 0.02
    assert three == pytest.approx(ceiling, abs=0.06)


def test_too_many_tokens_for_a_key_are_refused():
    with pytest.raises(BadInput, match="2,000,000 tokens"):
        KneserNey(np.array([0, 1]), 3_000_000, 3)


def test_neighbours_guess_what_stood_between_them_most_often():
    counted = Neighbours(np.array([1, 2, 3, 1, 2, 3, 1, 4, 3, 5, 2, 6, 0, 0, 0, 0]), 7)
    shown = np.array([[1, 2, 3, 5, 2, 6, 4, 4]])
    chosen = np.array([[False, True, False, False, True, False, False, True]])
    found = counted.guesses(shown, chosen)
    assert found["unigram"].tolist() == [0, 0, 0]
    assert found["left neighbour"].tolist() == [2, 2, 3]
    assert found["both neighbours"].tolist() == [2, 2, 3], "the last has no right neighbour: the left one decides"


def test_what_is_never_asked_for_is_context_and_no_answer():
    # A opens every text: after it stand B and C, and its own share goes to them
    ids = np.array([A, B, A, B, A, C, A, B])
    alone = KneserNey(ids, 3, 1, HALF, unguessed=[A])
    left = (0.5 + 0.5) / 4 / 3  # of the four tokens that are asked for
    assert one(alone, [], B) == pytest.approx(2.5 / 4 + left)
    assert one(alone, [], A) == pytest.approx(left)
    pair = KneserNey(ids, 3, 2, HALF, unguessed=[A])
    lower = (1 - 0.5) / 2 + 2 * 0.5 / 2 / 3
    assert one(pair, [A], B) == pytest.approx(2.5 / 4 + 2 * 0.5 / 4 * lower)
    counted = Neighbours(ids, 3, unguessed=[A])
    guessed = counted.guesses(np.array([[A, C, A], [B, C, B]]), np.array([[False, True, False]] * 2))
    assert {name: found.tolist() for name, found in guessed.items()} == {
        "unigram": [B, B],
        "left neighbour": [B, B],
        "both neighbours": [B, B],
    }


def test_a_masked_neighbour_is_not_known():
    left, right = neighbours(np.array([[1, 2, 3, 4]]), np.array([[True, True, False, True]]))
    assert left.tolist() == [-1, -1, 3]
    assert right.tolist() == [-1, 3, -1]
    counted = Neighbours(np.array([1, 2, 3, 3, 3]), 5)
    nats = counted.losses(np.array([[1, 2]]), np.array([[True, True]]), np.array([1, 2]))
    assert nats["left neighbour"] == pytest.approx(nats["unigram"])
