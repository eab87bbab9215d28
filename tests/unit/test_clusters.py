"""Clusters of an embedding and their words: against closed forms and a hand-made corpus."""

from __future__ import annotations

import math

import numpy as np
import pytest

from backend.projection import _words as words
from backend.projection._clusters import NONE, cluster, overlap
from backend.projection._neighbours import nearest


def test_overlap_is_the_jaccard_index_of_the_neighbourhoods():
    index = np.array([[1, 2], [0, 2], [0, 3], [2, 1]])
    # {0,1,2} against {1,0,2} and {2,0,3}; {2,0,3} against {0,1,2} and {3,2,1}
    assert overlap(index)[0] == pytest.approx([3 / 3, 2 / 4])
    assert overlap(index)[2] == pytest.approx([2 / 4, 2 / 4])


def test_separate_groups_are_found_largest_first_and_a_handful_is_none():
    rng = np.random.default_rng(0)
    sizes = (60, 200, 4)
    features = np.concatenate([rng.normal(size=(n, 8)) + 12 * np.eye(8)[i] for i, n in enumerate(sizes)])
    found = cluster(nearest(features.astype(np.float32), 3).index, seed=1)
    group = np.repeat([0, 1, 2], sizes)
    for i in range(found.count):
        assert len(set(group[found.of == i])) == 1, "no cluster mixes two groups"
    assert (found.of[group == 2] == NONE).all()
    assert np.all(np.diff(np.bincount(found.of[found.of >= 0])) <= 0)
    assert found.modularity > 0.5
    again = cluster(nearest(features.astype(np.float32), 3).index, seed=1)
    assert (again.of == found.of).all()


def test_words_are_those_of_the_cluster_by_class_based_tf_idf():
    texts = ["the cat sat with the cat"] * 4 + ["the dog ran"] * 4
    of = np.repeat([0, 1], 4)
    assert words.distinctive(texts, of, 2) == [["cat", "sat", "with"], ["dog", "ran"]]
    # cat: 8 of 24 words of its cluster; A = 36 / 2 words a cluster; 8 in all. dog: 4 of 12; 4 in all.
    cat, sat = 8 / 24 * math.log(1 + 18 / 8), 4 / 24 * math.log(1 + 18 / 4)
    assert cat > sat


def test_a_word_of_few_texts_or_of_all_is_no_label():
    texts = ["zebra plain"] * 2 + ["plain yes"] * 8 + ["plain no"] * 10
    found = words.distinctive(texts, np.repeat([0, 1], 10), 2)
    assert found == [["yes"], ["no"]]


def test_addresses_and_entities_are_no_words():
    texts = ["@bob see https://t.co/abc &amp; www.site.org/x song"] * 4 + ["plain film"] * 4
    assert words.distinctive(texts, np.repeat([0, 1], 4), 2) == [["see", "song"], ["film", "plain"]]


def test_texts_without_a_word_have_no_labels():
    assert words.distinctive(["…", "42", ""], np.array([0, 0, NONE]), 1) == [[]]


def test_no_cluster_has_no_words():
    assert words.distinctive(["a plain film", "a plain novel"], np.array([NONE, NONE]), 0) == []
