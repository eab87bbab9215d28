"""Swapped terms: whole words, case kept, pronouns by what follows; what pairs a person may write."""

from __future__ import annotations

import pytest

from backend.probes._swaps import default_pairs, read_pairs, swapper
from backend.recipe import Probes
from backend.workspace.layout import BadInput


@pytest.mark.parametrize(
    ("pair", "text", "swapped"),
    [
        (("she", "he"), "She said he would. SHE did.", "He said she would. HE did."),
        (("she", "he"), "The shepherd helped.", "The shepherd helped."),
        (("her", "him"), "Her book bored her.", "His book bored him."),
        (("her", "him"), "I saw her yesterday, her dog too", "I saw him yesterday, his dog too"),
        (("her", "his"), "his own; it was his.", "her own; it was hers."),
        (("woman", "man"), "A WOMAN, a woman's hat", "A MAN, a man's hat"),
        (("trans women", "trans men"), "Trans women spoke", "Trans men spoke"),
    ],
)
def test_a_pair_is_exchanged_in_both_directions(pair, text, swapped):
    assert swapper(pair)(text)[0] == swapped


def test_which_of_the_two_a_text_held():
    swap = swapper(("she", "he"))
    assert swap("she left")[1] == (True, False)
    assert swap("he left")[1] == (False, True)
    assert swap("she met him, he left")[1] == (True, True)


def test_the_lists_pair_counterparts():
    pairs = default_pairs()
    assert ("she", "he") in pairs
    assert ("amy", "john") in pairs
    assert all(a != b for a, b in pairs)


def test_pairs_written_by_a_person():
    assert read_pairs("she/he, Woman / man") == (("she", "he"), ("woman", "man"))
    assert read_pairs("") == ()
    for bad in ("she", "she/she", "a/b/c", "/he"):
        with pytest.raises(BadInput, match="expected pairs such as 'she/he, woman/man'"):
            read_pairs(bad)


def test_a_recipe_with_other_than_pairs_is_refused():
    assert Probes(swaps="she/he, woman/man").swaps
    with pytest.raises(ValueError, match="expected pairs such as"):
        Probes(swaps="she/he, woman")
