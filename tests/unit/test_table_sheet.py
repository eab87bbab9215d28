"""The sheet of a registered table in words and figures: what the guards found, gaps, columns; and in the report."""

from __future__ import annotations

import pytest

from backend.data.register import register
from backend.data.spec import Spec
from backend.modality.table import leak_words
from backend.workspace.artefacts import Artefacts
from workbench import modality
from workbench.documents import svg
from workbench.documents.chapters import Chapter
from workbench.modality.table import sheet_charts as charts
from workbench.modality.table import sheet_words as words
from workbench.verdicts import data as data_words


@pytest.fixture(scope="module")
def registered(tmp_path_factory):
    artefacts = Artefacts(tmp_path_factory.mktemp("artefacts"))
    spec = Spec(
        name="credit", builtin="credit", kind="table", params={"n": 3000, "labelled": 1.0, "leak": True, "gap": 0.0}
    )
    manifest, _ = register(spec, artefacts, lambda *_: None)
    return manifest, artefacts.json(manifest["sheet"]["sha256"])


def test_the_leak_is_the_first_warning_and_in_the_headline(registered):
    manifest, sheet = registered
    first = sheet["warnings"][0]
    assert first.startswith("collection_fee alone predicts default (AUROC 0.9")
    assert first.endswith(f": {leak_words.VOUCH}.")
    assert "one column may give the answer away" in data_words.headline(manifest, sheet)
    assert sum("collection_fee" in line for line in sheet["warnings"]) == 1, "one warning a column"


def test_every_finding_has_its_row(registered):
    _, sheet = registered
    rows = words.leak_rows(sheet)
    assert [row["Finding"] for row in rows] == ["predicts the target alone", "known for one class only"]
    assert rows[0]["Figure"].startswith("AUROC 0.9")
    assert rows[1]["Compared with"].startswith("yes: 9")


def test_columns_gaps_and_pairs(registered):
    manifest, sheet = registered
    names = words.names(sheet)
    assert names[0] == "debt_ratio"
    assert names[-1] == "sex", "columns that no model reads come last"
    assert "split" not in names
    assert words.by(manifest, sheet) == ["class", "sex", "age"]
    gone = {row["Column"]: row for row in words.missing_rows(sheet, "class")}
    assert set(gone) == {"collection_fee", "income", "months_at_address"}
    assert gone["collection_fee"]["no"].startswith("9")
    assert "[" in gone["collection_fee"]["yes"]
    assert words.pair_rows(sheet)[0]["Measure"] in words.MEASURE.values()
    (row,) = (one for one in words.column_rows(sheet) if one["Column"] == "sex")
    assert (row["Model reads it"], row["Type"]) == ("no", "leave out")


def test_figures_hold_what_the_sheet_counts(registered):
    manifest, sheet = registered
    one = sheet["describe"]["distributions"]["employment"]
    figure = charts.distribution("employment", one, "sex", "sex")
    assert len(figure.data) == 2
    assert len(figure.data[0].x) == 3, "no bar for other values where there are none"
    assert sum(figure.data[0].y) == pytest.approx(100)
    dated = charts.distribution("applied_on", sheet["describe"]["distributions"]["applied_on"], "class", "default")
    assert dated.data[0].x[0].startswith("2023-")
    missing = charts.missing(sheet, "class", words.named("class", manifest))
    assert [len(trace.x) for trace in missing.data] == [3, 3]
    together = charts.together(sheet)
    assert len(together.data[0].x) == len(sheet["describe"]["correlations"]["columns"])


def test_the_report_tells_it(registered):
    manifest, sheet = registered
    out = Chapter()
    modality.of(manifest).chapters.data_sheet(out, manifest, sheet)
    titles = [table.title for table in out.tables]
    assert titles[0] == "What the leakage guards found"
    assert "Missing values by class" in titles
    assert len(out.figures) == 1
    assert "store_card" in svg.draw(out.figures[0]())


def test_of_a_number_its_parts_are_named_and_in_order(tmp_path):
    artefacts = Artefacts(tmp_path)
    spec = Spec(name="loss", builtin="credit", kind="table", params={"n": 400, "labelled": 1.0, "target": "loss"})
    manifest, _ = register(spec, artefacts, lambda *_: None)
    sheet = artefacts.json(manifest["sheet"]["sha256"])
    assert words.clean(manifest) == words.CLEAN_OF_NUMBER
    assert words.clean({**manifest, "target": None}) == words.UNTESTED
    assert words.named("class", manifest) == "loss, cut at its quartiles"
    bands = sheet["describe"]["bands"]
    assert len(bands) == 4
    assert bands != sorted(bands), "as they are stored"
    age = sheet["describe"]["distributions"]["age"]["classes"]
    assert list(words.in_order(age, sheet)) == bands
    drawn = [trace.name.split(" (n")[0] for trace in charts.missing(sheet, "class", "loss").data]
    assert drawn == bands
    assert list(words.missing_rows(sheet, "class")[0])[2:] == bands


def test_without_a_finding_it_says_what_was_looked_for(registered):
    manifest, _ = registered
    assert words.clean(manifest) == words.CLEAN
    assert words.clean({**manifest, "label": None}) == words.UNTESTED
    assert leak_words.grave(["12 rows without a label: used for pretraining only."]) == ""


EVERY = {
    "later": ({"measure": "share", "other": "decided"}, "x is later than decided in 30.0 % [20.0, 40.0]"),
    "between": ({"measure": "auroc", "other": "opened"}, "The days from opened to x predict y alone (AUROC 0.300"),
    "drift": ({"measure": "auroc"}, "x counts the rows and gives y away"),
    "identifier": ({"measure": "share"}, "x has a value of its own in 30.0 % [20.0, 40.0] of the rows"),
    "unit": ({"measure": "share", "why": "val"}, "30.0 % [20.0, 40.0] of the validation rows have a x that stands"),
}


@pytest.mark.parametrize("kind", EVERY)
def test_each_kind_has_a_sentence(kind):
    more, expected = EVERY[kind]
    one = {"column": "x", "kind": kind, "figure": 0.3, "low": 0.2, "high": 0.4, "why": "", **more}
    assert leak_words.sentence(one, "y").startswith(expected)


def test_rows_in_two_splits_are_told_before_leaks():
    one = {
        "column": "x",
        "kind": "predicts",
        "measure": "auroc",
        "figure": 0.99,
        "low": 0.98,
        "high": 1.0,
        "why": "alone",
    }
    said = ["9 test rows also stand in train: the test score is biased upwards.", "3 rows without a label."]
    found = leak_words.among(said, [one], "y")
    assert [line[:1] for line in found] == ["9", "x", "3"]
