"""What the embedding page says, for each kind of outcome."""

from __future__ import annotations

import pytest

from workbench.verdicts import embeddings as words

FIDELITY = {
    "k": 15,
    "trustworthiness": 0.9912,
    "trustworthiness_points": 2000,
    "knn_kept": 0.24,
    "neighbour_hit_map": 0.94,
    "neighbour_hit_true": 0.91,
    "neighbour_hit_points": 4000,
}
SHOWN = {"fidelity": FIDELITY, "points": 4000, "rows": 9000, "seed": 0, "params": {"n_neighbors": 15}}


def neighbours(gain: tuple | None, chance: float | None = 0.5, arm: str = "ssl") -> dict:
    estimate = gain and dict(zip(("value", "low", "high"), gain, strict=True))
    return {
        "arm": arm,
        "k": 15,
        "chance": chance,
        "hit": {"value": 0.91, "low": 0.9, "high": 0.92},
        "gain_over_random": estimate,
    }


@pytest.mark.parametrize(
    ("gain", "says"),
    [
        ((0.21, 0.19, 0.23), "+21.0 points [19.0, 23.0] against the untrained encoder."),
        ((-0.05, -0.07, -0.03), "−5.0 points [−7.0, −3.0], worse than the untrained encoder."),
        ((0.01, -0.01, 0.03), "no clear difference to the untrained encoder (+1.0 points [−1.0, 3.0])."),
        ((0.01, None, None), "too few groups for an interval."),
        (None, "by chance it would be 50.0 %."),
    ],
)
def test_the_headline_gives_the_hit_and_compares_it(gain, says):
    found = words.sentence(neighbours(gain), SHOWN)
    assert found.startswith("In the encoder's space 91.0 % [90.0, 92.0] of a point's 15 neighbours share its label")
    assert found.endswith(says)


def test_the_untrained_encoder_is_named_as_such():
    assert "untrained encoder's space" in words.sentence(neighbours(None, arm="random"), SHOWN)


def test_without_labels_only_the_map_is_judged():
    assert words.sentence(None, SHOWN).startswith("This map keeps 24.0 % of the true neighbours; without labels")


@pytest.mark.parametrize(
    ("mapped", "says"),
    [
        (0.94, "overstates this by 3.0 points"),
        (0.922, "by 1.2 points"),
        (0.917, "a little"),
        (0.912, "as in"),
        (0.85, "understates this by 6.0 points"),
    ],
)
def test_a_map_that_flatters_or_hides_is_said_to(mapped, says):
    found = words.flattery(SHOWN | {"fidelity": FIDELITY | {"neighbour_hit_map": mapped}})
    assert says in found
    assert "where both are known" not in found


def test_hits_over_part_of_the_points_say_over_how_many_and_against_what():
    assert words.flattery(SHOWN | {"fidelity": FIDELITY | {"neighbour_hit_points": 812}}) == (
        "On the map 94.0 % of neighbours share the label, so the map overstates this by 3.0 points "
        "(in the encoder's space 91.0 %; over the 812 of 4,000 points where both are known); "
        "24.0 % of the 15 true neighbours are kept on the map."
    )
    early = {key: value for key, value in FIDELITY.items() if key != "neighbour_hit_points"}
    assert words.flattery(SHOWN | {"fidelity": early}) == words.flattery(SHOWN)


def test_the_numbers_on_the_figure():
    line = words.fidelity_line(FIDELITY)
    first, second = line.split("<br>")
    assert first == "Trustworthiness 0.991 · 24.0 % of 15 true neighbours kept"
    assert second == "same label: 91.0 % of true neighbours, 94.0 % here"
    few = words.fidelity_line(FIDELITY | {"trustworthiness": None, "neighbour_hit_map": None})
    assert few == "Trustworthiness not defined for so few points · 24.0 % of 15 true neighbours kept"


def test_the_evidence_says_what_was_sampled():
    found = words.evidence(SHOWN)
    assert "4,000 of 9,000 rows" in found
    assert "trustworthiness from 2,000 of them" in found
    assert words.evidence(SHOWN | {"points": 9000}).startswith("all rows")


def test_a_method_without_words_of_its_own_still_warns():
    assert words.warning("a_new_one") == words.ANY_WARNING
