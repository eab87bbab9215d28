"""What became of a data set's pixels, in words."""

from __future__ import annotations

from workbench.modality.image import words
from workbench.verdicts import data as data_words

MANIFEST = {"kind": "image"}

SHEET = {
    "scale": {"low": 0.0, "high": 4095.0, "kind": "12", "splits": {
        "train": {"darkest": 3.0, "brightest": 4000.0, "usual_brightest": 3000.0},
        "test": {"darkest": 0.25, "brightest": 0.123456, "usual_brightest": 0.1},
    }},
    "warnings": ["a remark"],
    "ground": {"colour": "white", "images": 1200},
    "left_out": [{"what": "files that are no images were left out", "count": 1200, "names": ["a.md"], "quiet": False}],
}  # fmt: skip


def test_scale_ground_and_ends():
    assert words.scale_line(SHEET) == (
        "In every split 0 is black and 4,095 (12 bits) is white. Transparent images (1,200) are shown on white."
    )
    assert words.ends_rows(SHEET)[1] == {
        "Split": "Test",
        "Darkest pixel": "0.25",
        "Brightest pixel": "0.1235",
        "Brightest of a typical image": "0.1",
    }
    assert data_words.shell_lines(MANIFEST, SHEET)[1:] == [
        "darkest to brightest: train 3 to 4,000, test 0.25 to 0.1235",
        "warning: a remark",
    ]


def test_what_was_left_out():
    assert data_words.left_out_rows(SHEET) == [
        {"What": "1,200 files that are no images were left out", "For example": "a.md"}
    ]


def test_a_sheet_of_before_and_one_of_texts_say_nothing():
    assert words.scale_line({}) is None
    assert words.ends_rows({}) == data_words.left_out_rows({}) == []
    assert data_words.shell_lines(MANIFEST, {"warnings": ["a remark"]}) == ["warning: a remark"]
