"""Words and figures of the data sheet of texts, on a sheet whose numbers are known."""

from __future__ import annotations

import pytest

from workbench.documents.chapters.data_sheet import chapter
from workbench.documents.svg import draw
from workbench.modality.text import charts, words
from workbench.verdicts import data as data_words

LENGTHS = {
    "quantiles": {"0": 1, "0.05": 2, "0.25": 4, "0.5": 9, "0.75": 20, "0.95": 40, "1": 99},
    "mean": 12.5,
    "total": 1250,
    "edges": [1, 2, 4, 10, 100],
    "counts": [5, 15, 40, 40],
}
SHEET = {
    "counts": {"train": 60, "val": 20, "test": 20},
    "class_counts": {s: {"no": n // 2, "yes": n // 2} for s, n in (("train", 60), ("val", 20), ("test", 20))},
    "lengths": {"characters": LENGTHS, "words": LENGTHS},
    "scripts": {"Greek": {"letters": 0.1, "texts": 5}, "Latin": {"letters": 0.9, "texts": 95}},
    "mentions": {
        "age": {
            "old": {"texts": 1, "classes": {"no": 1, "yes": 0}},
            "young": {"texts": 0, "classes": {"no": 0, "yes": 0}},
        },
        "gender": {
            "female": {"texts": 30, "classes": {"no": 20, "yes": 10}},
            "male": {"texts": 40, "classes": {"no": 10, "yes": 29}},
        },
    },
    "duplicates": {
        "exact_within": {"train": 1, "val": 0, "test": 0},
        "exact_across": [{"splits": ["train", "val"], "count": 1, "pairs": [[0, 70]]}],
        "near_within": {"train": 4},
        "near_across": [{"splits": ["train", "val"], "count": 2, "pairs": [[1, 71], [2, 72]]}],
        "near_complete": True,
    },
    "label": {"column": "y", "group": None, "made": ["train", "val", "test"]},
    "source": {"kind": "text_tables", "name": "t.csv"},
    "warnings": [],
}
MANIFEST = {
    "kind": "text", "count": 100, "characters": 1250, "label": "y", "classes": ["no", "yes"],
    "sensitive": [], "digest": "0" * 64,
}  # fmt: skip


def test_a_set_of_texts_is_told_as_one():
    assert data_words.headline(MANIFEST, SHEET).startswith("100 texts in 3 splits; no text was found in two splits")
    told = data_words.evidence(MANIFEST, SHEET)
    assert told.startswith("1,250 characters · 9 words at the median (90 % have 2 to 40) · 2 classes in y")
    assert "table with texts t.csv" in told


def test_duplicates_within_are_counted_where_they_were_searched():
    rows = {row["Where"]: (row["Exact"], row["Near"]) for row in data_words.duplicate_rows(SHEET)}
    assert rows["within train"] == (1, "4")
    assert rows["within test"] == (0, "not searched")
    assert rows["validation in train"] == (1, "2")
    assert data_words.pairs(SHEET, same="the same text")[0] == ("Train and validation: the same text", [0, 70])


def test_mentions_in_words_and_rows():
    rows = words.mention_rows(SHEET, MANIFEST["classes"])
    assert [(r["Group"], r["Texts"], r["Share (%)"], r["yes"]) for r in rows] == [
        ("old", 1, 1.0, 0),
        ("female", 30, 30.0, 10),
        ("male", 40, 40.0, 29),
    ]
    assert words.attributes(rows) == ["gender", "age"]
    assert words.mention_line(SHEET) == (
        "3 groups are named; most often male (40, 40.0 %), female (30, 30.0 %), old (1, 1.0 %)."
    )
    nobody = {**SHEET, "mentions": {"age": {"old": {"texts": 0, "classes": {}}}}}
    assert words.mention_line(nobody).startswith("No text names")


def test_the_most_common_script_comes_first():
    assert [(row["Script"], row["Share of letters (%)"]) for row in words.script_rows(SHEET)] == [
        ("Latin", 90.0),
        ("Greek", 10.0),
    ]


def test_a_long_text_is_cut_to_one_line():
    assert words.excerpt("a\n  b\tc") == "a b c"
    assert words.excerpt("word " * 100, 20) == "word word word word…"


def test_lengths_are_bars_of_the_bins():
    figure = charts.lengths(SHEET, "words")
    assert list(figure.data[0].x) == ["1", "2–3", "4–9", "10–99"]
    assert list(figure.data[0].y) == [5, 15, 40, 40]
    assert figure.layout.yaxis.title.text == "texts"


@pytest.mark.parametrize("classes", [["no", "yes"], []])
def test_mentions_are_bars_that_end_in_their_number(classes):
    figure = charts.mentions(SHEET, classes)
    assert list(figure.data[-1].text) == ["1", "30", "40"]
    assert list(figure.data[0].x) == ([1, 20, 10] if classes else [1, 30, 40])
    assert "<svg" in draw(figure)


def test_the_classes_of_those_named_stand_beside_all_texts():
    figure = charts.mentioned_classes(SHEET, "gender", MANIFEST["classes"])
    assert list(figure.data[0].y) == ["female (n = 30)", "male (n = 39)", "all texts (n = 100)"]
    assert figure.data[0].x[0] == pytest.approx(100 / 3)
    assert figure.data[0].x[2] == pytest.approx(50)


def test_the_report_draws_the_lengths():
    assert "<svg" in draw(charts.lengths(SHEET, "characters"))


def test_a_first_look_says_what_it_saw():
    look = {"of": "text", "kind": "text_tables", "rows": 12, "image": None, "text": "review", "columns": [{}, {}]}
    assert data_words.found(look) == "12 texts in column review (table with texts), 1 columns of metadata."
    assert "type their names" in data_words.found({**look, "kind": "hub", "rows": None, "text": None, "columns": []})


def test_the_report_tells_of_texts_as_the_page_does():
    manifest = {**MANIFEST, "name": "reviews"}
    found = chapter({"manifest": manifest, "sheet": {**SHEET, "crosses": {}, "missing": {}}}, None)
    assert found.verdict.startswith("reviews: 100 texts")
    assert words.mention_line(SHEET) in found.sentences
    titles = [table.title for table in found.tables]
    assert titles == [
        "Texts by split and class",
        "Duplicates",
        "Length of the texts",
        "Scripts",
        "Texts that name a group",
    ]
    assert {row["Texts"] for row in found.tables[0].rows} == {60, 20}
    assert all("<svg" in draw(figure()) for figure in [*found.figures, *found.pairs])
    assert len(found.pairs) == 2
