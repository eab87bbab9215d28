"""Texts in the explorer: cut and safe in a hover box, hidden where they hold a slur; labels that do not overlap."""

from __future__ import annotations

import numpy as np
import pytest

from backend.data import identity
from workbench import modality
from workbench.charts import embeddings as charts
from workbench.explorer.columns import Category, Places
from workbench.modality.text import items as texts
from workbench.verdicts import embeddings as words

TEXT = modality.shown("text").words


@pytest.fixture
def slur(monkeypatch) -> str:
    """A harmless word that the list of slurs is told to hold."""
    monkeypatch.setattr(identity, "_slurs", lambda: frozenset({"grawlix"}))
    return "grawlix"


def test_a_text_is_cut_between_words_and_never_longer():
    assert texts.cut("one  two\nthree", 160) == "one two three"
    assert texts.cut("one two three", 9) == "one two…"
    assert texts.cut("x" * 50, 10) == "x" * 9 + "…"


def test_a_box_holds_no_markup_and_no_variable():
    box = texts.boxed("<b>bold</b> & %{customdata} " + "word " * 60, 160, show=False)
    assert "&lt;b&gt;bold&lt;/b&gt; &amp;" in box
    assert "%{" not in box
    assert all(len(line) <= 100 for line in box.split("<br>"))
    assert texts.boxed(" ", 160, show=False) == "(empty)"


def test_a_slur_is_hidden_until_it_is_asked_for(slur):
    said = f"you {slur.upper()}!"
    assert texts.boxed(said, 160, show=False) == texts.HIDDEN
    assert texts.boxed(said, 160, show=True) == said
    assert slur not in words.cluster_name({"id": 0, "words": ["film", slur]}, TEXT)


def test_labels_make_way_for_each_other_and_keep_a_line_to_their_place():
    here = Places(np.arange(4), np.array([[0, 0], [1, 1], [0, 1], [1, 0]], dtype=np.float32), np.ones(4, np.float32))
    colour = Category("c", ("a",), np.zeros(4, np.int16))
    figure = charts.scatter(here, colour, "t", "s", "UMAP")
    names = [(0.5, 0.5, "1: film, play"), (0.5, 0.5, "2: song, novel"), (0.0, 0.0, "3: far")]
    charts.label(figure, [*names, *[(0.5, 0.5, "again")] * 9], here)
    drawn = figure.layout.annotations
    assert [(a.text, a.showarrow) for a in drawn[:3]] == [
        (names[0][2], False),
        (names[1][2], True),
        (names[2][2], False),
    ]
    assert len(drawn) == 3 + 5, "where there is no room left, a label is left out"
    assert len({(a.x, a.y, a.ay) for a in drawn}) == len(drawn)


def test_a_cluster_is_called_by_its_number_and_words():
    assert words.cluster_name({"id": 2, "words": ["a", "b", "c", "d"]}, TEXT) == "3: a, b, c"
    assert words.cluster_name({"id": 0, "words": []}, TEXT) == "1: no word of its own"
