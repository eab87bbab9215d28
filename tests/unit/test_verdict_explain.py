"""The sentences of the explain page, for each honest answer."""

from __future__ import annotations

import pytest

from workbench import modality
from workbench.verdicts import explain as words

IMAGE, TEXT = modality.shown("image").words, modality.shown("text").words

NONE = {"value": None, "low": None, "high": None}


def estimate(value: float, half: float) -> dict:
    return {"value": value, "low": value - half, "high": value + half}


def bodies(passing=("integrated_gradients", "saliency"), planted=True, errors=(0.004, 0.002, 0.02)):
    """(methods, controls) of three examples, one of them wrong."""
    rows = {"rows": [4, 8, 9], "label": [0, 1, 1], "predicted": [0, 1, 0], "probability": [0.9, 0.8, 0.6]}
    done = {"errors": list(errors), "certified": 2 / 3, "worst": max(errors), "tolerance": 0.01}
    mean = {"signal": estimate(0.71, 0.07), "shortcut": estimate(0.05, 0.01)}
    methods = {
        "integrated_gradients": rows | {"completeness": done, "planted_mean": mean if planted else None},
        "saliency": rows | {"completeness": None, "planted_mean": mean if planted else None},
    }
    names = [*methods, *IMAGE.controls]
    blind = {"random_map": {"signal": estimate(0.06, 0.01), "shortcut": estimate(0.02, 0.01)}}
    blind["input_copy"] = {"signal": estimate(0.09, 0.01), "shortcut": estimate(0.02, 0.01)}
    controls = rows | {
        "verdict": {n: {"passes": n in passing, "why": f"because of {n}"} for n in names},
        "randomisation": dict.fromkeys(names, 0.1234) | {"saliency": None},
        "faithfulness": dict.fromkeys(names, estimate(0.3, 0.1)) | {"saliency": NONE},
        "deletion": dict.fromkeys(names, 0.1),
        "insertion": dict.fromkeys(names, 0.8),
        "planted_mean": blind if planted else None,
        "planted_area": {"signal": 0.06, "shortcut": 0.02} if planted else None,
    }
    return methods, controls


def test_on_planted_data_the_share_stands_beside_both_controls():
    assert words.sentence(*bodies(), IMAGE) == (
        "Integrated Gradients passes both controls: 71.0 % [64.0, 78.0] of its attribution lies on the planted sign "
        "(random map 6.0 %, input copy 9.0 %)."
    )


def test_another_method_leads_when_integrated_gradients_fails():
    assert words.sentence(*bodies(passing=("saliency",)), IMAGE).startswith("Saliency passes both controls: 71.0 %")


def test_without_planted_pixels_it_names_who_passes_and_who_does_not():
    assert words.sentence(*bodies(passing=("saliency",), planted=False), IMAGE) == (
        "Saliency passes both controls; Integrated Gradients does not."
    )
    assert words.sentence(*bodies(planted=False), IMAGE) == (
        "Integrated Gradients and Saliency pass both controls; they may be read as hints at the model's reasons."
    )


@pytest.mark.parametrize("planted", [True, False])
def test_when_no_method_passes_no_map_may_be_read(planted):
    assert words.sentence(*bodies(passing=(), planted=planted), IMAGE).startswith("No method passes the tests")


def test_before_the_controls_nothing_is_claimed():
    assert "have not been tested yet" in words.sentence(bodies()[0], None, IMAGE)
    assert "3 test examples, 1 of them" in words.evidence(bodies()[0], None, IMAGE)


def test_what_is_not_certified_is_counted():
    methods, controls = bodies()
    assert "1 of 3 maps is not certified (completeness error above 1 %)" in words.evidence(methods, controls, IMAGE)
    methods, controls = bodies(errors=(0.02, 0.5, 0.001))
    assert "2 of 3 maps are not certified" in words.evidence(methods, controls, IMAGE)
    methods, controls = bodies(errors=(0.01, 0.0, 0.001))
    assert "all 3 maps are certified (completeness error at most 1 %)" in words.evidence(methods, controls, IMAGE)
    assert words.panel("saliency") == "Saliency"
    assert words.panel("integrated_gradients", 0.02) == "Integrated Gradients (not certified)"
    assert words.completeness_notes({"saliency": None, "integrated_gradients": {"errors": [0.003, 0.2]}}, [1]) == [
        "Integrated Gradients: completeness error 20.0 % (not certified)"
    ]


def test_the_shortcut_is_compared_with_its_area():
    methods, controls = bodies()
    assert "5.0 % [4.0, 6.0] lies on the scanner shortcut, more than the 2.0 %" in words.evidence(
        methods, controls, IMAGE
    )
    methods["integrated_gradients"]["planted_mean"]["shortcut"] = estimate(0.03, 0.02)
    assert "not provably more than the 2.0 %" in words.evidence(methods, controls, IMAGE)
    controls["planted_area"] = {"signal": 0.06, "shortcut": None}
    assert "shortcut" not in words.evidence(methods, controls, IMAGE)


def test_the_table_names_controls_and_leaves_unknown_numbers_empty():
    rows = words.table(*bodies(), IMAGE)
    assert [r["Map"] for r in rows] == [
        "Integrated Gradients",
        "Saliency",
        "Random map (control)",
        "Input copy (control)",
    ]
    assert rows[0]["Same as re-initialised model (rank correlation)"] == "0.12"
    assert rows[0]["95 % interval"] == "[0.20, 0.40]"
    assert rows[1]["Faithfulness above random (AUC)"] == ""
    assert rows[1]["95 % interval"] == ""
    assert (rows[0]["Certified maps"], rows[1]["Certified maps"]) == ("66.7 %", "no such test")
    assert rows[2]["On the planted sign"] == "6.0 % [5.0, 7.0]"
    assert all("On the planted sign" not in r for r in words.table(*bodies(planted=False), IMAGE))


def test_an_interval_stays_a_share():
    assert words.interval(estimate(0.98, 0.05)) == "98.0 % [93.0, 100.0]"
    assert words.interval(estimate(0.01, 0.05)) == "1.0 % [0.0, 6.0]"
    assert words.interval({"value": 0.5, "low": None, "high": None}) == "50.0 %"


def test_a_caption_says_the_truth_and_the_prediction():
    classes = ["nevus", "melanoma"]
    assert words.caption(0, 0, 0.97, classes) == "nevus, predicted rightly (97.0 %)"
    assert words.caption(0, 1, 0.83, classes) == "nevus, predicted melanoma (83.0 %)"
    assert words.caption(-1, 1, 0.83, classes) == "no label, predicted melanoma (83.0 %)"


def test_maps_stand_in_one_order_whatever_order_the_record_keeps():
    found = words.ordered({"saliency", "random_map", "integrated_gradients", "a_new_method", "input_copy"}, IMAGE)
    assert found == ["integrated_gradients", "saliency", "a_new_method", "random_map", "input_copy"]


def text_bodies(passing=("layer_integrated_gradients", "attention")):
    rows = {"rows": [4, 8], "label": [0, 1], "predicted": [0, 0], "probability": [0.9, 0.6], "cut": [False, True]}
    done = {"errors": [0.004, 0.002], "certified": 1.0, "worst": 0.004, "tolerance": 0.01}
    methods = {m: rows | {"completeness": None, "planted_mean": None} for m in ("token_occlusion", "attention")}
    methods = {"layer_integrated_gradients": rows | {"completeness": done, "planted_mean": None}} | methods
    names = [*methods, *TEXT.controls]
    controls = rows | {
        "verdict": {n: {"passes": n in passing, "why": "why"} for n in names},
        "randomisation": dict.fromkeys(names, 0.1),
        "faithfulness": dict.fromkeys(names, estimate(0.3, 0.1)),
        "deletion": dict.fromkeys(names, 0.1),
        "insertion": dict.fromkeys(names, 0.8),
        "planted_mean": None,
    }
    return methods, controls


def test_attention_is_never_offered_as_a_reason_even_where_it_passes():
    assert words.sentence(*text_bodies(), TEXT) == (
        "Layer Integrated Gradients passes both controls; Word occlusion does not."
    )
    assert "Attention, shown for comparison, passes the tests" in words.evidence(*text_bodies(), TEXT)
    only = text_bodies(passing=("attention",))
    assert words.sentence(*only, TEXT).startswith("No method passes the tests: none of these scores")
    assert words.leading(*only, TEXT) == "layer_integrated_gradients"
    assert words.leading(*text_bodies(passing=("token_occlusion",)), TEXT) == "token_occlusion"
    assert words.choices(["attention", "token_occlusion"], only[1], TEXT) == {
        "attention": "Attention (for comparison) ✓",
        "token_occlusion": "Word occlusion",
    }


def test_texts_are_called_texts():
    methods, controls = text_bodies()
    assert "all 2 texts are certified" in words.evidence(methods, controls, TEXT)
    assert "scored the words" in words.sentence(methods, None, TEXT)
    assert TEXT.passes.startswith("A method passes when it beats both controls.")
    assert [row["Method"] for row in words.table(methods, controls, TEXT)][2:] == [
        "Attention (for comparison)",
        "Random scores (control)",
        "Rarity of the word (control)",
    ]
