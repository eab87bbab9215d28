"""The data page's words and figures: pure functions of manifest and sheet."""

from __future__ import annotations

import copy

import pytest

from backend.modality.image import describe
from tests.pages.loop import SHEET
from workbench.charts import data as charts
from workbench.verdicts import data as words

MANIFEST = {
    "kind": "image",
    "count": 240,
    "channels": 1,
    "width": 16,
    "height": 16,
    "classes": ["level", "upright"],
    "sensitive": ["sex"],
    "digest": "0" * 64,
}


def sheet(**changes):
    return {**copy.deepcopy(SHEET), **changes}


def test_the_headline_says_the_gravest_thing():
    assert words.headline(MANIFEST, sheet()).startswith("240 images in 3 splits; 8 validation images also stand in")
    assert "nothing else stands out" in words.headline(MANIFEST, sheet(warnings=[]))
    apart = sheet(warnings=["age: not known for 3 images.", f"{describe.DIFFER} (brightest pixel: 1, 2)."])
    assert words.headline(MANIFEST, apart).endswith("in two splits, but the splits differ in brightness.")
    small = words.headline(MANIFEST, sheet(warnings=["age: not known for 3 images."]))
    assert small == "240 images in 3 splits; no image was found in two splits, with 1 smaller remark below."


@pytest.mark.parametrize(
    ("label", "said"),
    [
        ({"made": []}, "splits as given"),
        ({"made": ["train", "val", "test"], "group": "lesion"}, "split here 70/15/15, stratified, lesion kept whole"),
        ({"made": ["val"], "group": None}, "validation taken out of train"),
    ],
)
def test_who_made_the_splits(label, said):
    assert words.split_line(label) == said


@pytest.mark.parametrize(
    ("sentence", "said"),
    [
        ("Images were resized.", "images were resized."),
        ("sex: too few.", "sex: too few."),
        ("8 images stand twice.", "8 images stand twice."),
    ],
)
def test_a_sentence_joins_another(sentence, said):
    assert words.lower(sentence) == said


def test_tables_add_up():
    rows = words.class_rows(SHEET, ["level", "upright"])
    assert rows[0] == {"Class": "level", "Train": 60, "Validation": 30, "Test": 30, "All": 120}
    assert words.duplicate_rows(SHEET)[0] == {"Where": "within train", "Exact": 2, "Near": "not searched"}
    assert words.missing_rows(SHEET, 240) == [{"Column": "age", "Missing": 3, "Share (%)": 1.2}]


def test_examples_are_the_first_of_each_class_in_train():
    found = words.examples([0, 1, 0, 1, -1, 0], ["train", "test", "train", "train", "train", "train"], ["a", "b"], 2)
    assert found == {"a": [0, 2], "b": [3]}
    assert words.examples([-1, -1], ["test", "train"], []) == {"unlabelled": [1]}


def test_two_classes_get_a_rate_with_its_interval():
    figure = charts.classes_by_group(SHEET, "age", ["level", "upright"])
    bars = figure.data[0]
    assert list(bars.y) == ["under 40 (n = 81)", "40 to 60 (n = 79)", "over 60 (n = 80)"]
    assert bars.x[0] == pytest.approx(100 * 41 / 81)
    assert (bars.error_x.array > 0).all()
    assert "95 %" in figure.layout.title.text


def test_several_classes_get_their_mix():
    crosses = {"sex": {"f": {"a": 1, "b": 2, "c": 1}, "m": {"a": 2, "b": 1, "c": 1}}}
    figure = charts.classes_by_group(sheet(crosses=crosses, orders={}), "sex", ["a", "b", "c"])
    assert sum(bar.x[0] for bar in figure.data) == pytest.approx(100)


def test_splits_differ_by_pattern_as_well_as_by_colour():
    figure = charts.classes_by_split(SHEET, ["level", "upright"])
    assert len({bar.marker.pattern.shape for bar in figure.data}) == len(figure.data) == 3


def test_of_many_classes_the_largest_are_drawn_and_the_bars_still_hold_all():
    classes = [f"class {i}" for i in range(1_000)]
    found = {"f": dict.fromkeys(classes, 2), "m": dict.fromkeys(classes, 1)}
    found["f"]["class 700"] = 50
    fewer, kept = charts.largest(found, classes)
    assert len(kept) == len(charts.PALETTE)
    assert (kept[0], kept[-1]) == ("class 700", charts.OTHERS)
    assert {g: sum(of.values()) for g, of in fewer.items()} == {g: sum(of.values()) for g, of in found.items()}
    figure = charts.classes_by_group(sheet(crosses={"sex": found}, orders={}), "sex", classes)
    assert len(figure.data) == len(kept)
