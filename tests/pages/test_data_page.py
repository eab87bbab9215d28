"""The data page: the sheet's verdict first, a form that asks with the source's own columns, refusals in one line."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import sample_data
from backend.control.runs import runs as run_rows
from backend.data.register import register
from backend.workspace.events import EventLog
from tests.pages.conftest import finish
from tests.unit import test_readers as made


def test_empty_says_what_to_do_and_offers_what_is_built_in(nothing, open_page):
    app = open_page("data")
    assert "No data set is registered yet" in app.title[0].value
    assert app.selectbox(key="builtin").options == list(sample_data.names())


def test_the_verdict_and_the_warning_come_first(trained, open_page):
    app = open_page("data", dataset="bars")
    assert app.title[0].value.startswith("240 images in 3 splits; 8 validation images also stand in train")
    assert "stand in train" in app.warning[0].value
    assert not app.json


def test_a_built_in_set_is_registered_with_its_parameters(nothing, open_page):
    app = open_page("data")
    app.text_input(key="builtin.clinic.n").set_value("200").run()
    app.button(key="register").click().run()
    assert not app.exception
    run = nothing.runs()[0]
    assert (run["kind"], run["dataset"], run["state"]) == ("data", "clinic", "queued")
    assert "Registering clinic" in app.info[0].value


def test_the_form_asks_with_the_columns_of_the_source(nothing, open_page, tmp_path, monkeypatch):
    specs = []
    monkeypatch.setattr(nothing, "add_data", lambda spec, actor="local": specs.append(spec) or "x")
    monkeypatch.setattr(
        nothing, "run", lambda run: {"state": "failed", "reason": "no", "dataset": "t", "started": None}
    )
    path = made.TestTables().parquet(
        tmp_path / "t.parquet", age=np.arange(24.0), sex=["f", "m", "m"] * 8, who=list("abcd") * 6
    )
    app = open_page("data")
    app.segmented_control(key="where").select("On this machine").run()
    app.text_input(key="path").set_value(str(path)).run()
    app.selectbox(key=f"label of image {path}").select("dx").run()
    app.multiselect(key=f"positive.dx of image {path}").select("a").run()
    app.multiselect(key=f"sensitive of image {path}").select("sex").select("age").run()
    app.text_input(key=f"cuts.age of image {path}").set_value("10, 16").run()
    app.selectbox(key=f"split_by of image {path}").select("who").run()
    app.button(key="register").click().run()
    spec = specs[0]
    assert (spec["name"], spec["label"], spec["positive"], spec["split_by"]) == ("t", "dx", ["a"], "who")
    assert spec["sensitive"] == [{"column": "sex", "cuts": []}, {"column": "age", "cuts": [10.0, 16.0]}]


def test_a_label_of_many_numbers_is_offered_as_a_number(nothing, open_page, tmp_path, monkeypatch):
    path = made.TestTables().parquet(tmp_path / "t.parquet", age=np.arange(24.0))
    specs = []
    monkeypatch.setattr(nothing, "add_data", lambda spec, actor="local": specs.append(spec) or "x")
    ended = {"state": "failed", "reason": "no", "dataset": "t", "started": None, "ended": None}
    monkeypatch.setattr(nothing, "run", lambda run: ended)
    app = open_page("data")
    app.segmented_control(key="where").select("On this machine").run()
    app.text_input(key="path").set_value(str(path)).run()
    app.selectbox(key=f"label of image {path}").set_value("age").run()
    assert app.segmented_control(key=f"target.age of image {path}").value == "number"
    app.text_input(key=f"unit of image {path}").set_value("years").run()
    app.button(key="register").click().run()
    assert not app.exception
    assert {k: specs[0].get(k) for k in ("label", "target", "unit")} == {
        "label": "age", "target": "number", "unit": "years",
    }  # fmt: skip


@pytest.mark.parametrize("make", ["empty", "pickle", "absent"])
def test_a_source_that_cannot_be_read_is_one_line(make, nothing, open_page, tmp_path):
    path = tmp_path / ("t.parquet" if make == "empty" else "t.npz")
    if make == "empty":
        path.touch()
    if make == "pickle":
        np.savez(path, images=made.PIXELS, labels=made.LABELS.astype(object))
    app = open_page("data")
    app.segmented_control(key="where").select("On this machine").run()
    app.text_input(key="path").set_value(str(path)).run()
    assert not app.exception
    assert "expected" in app.error[0].value
    assert "\n" not in app.error[0].value


def test_cuts_that_are_no_numbers_are_refused_beside_the_button(nothing, open_page, tmp_path):
    path = made.TestTables().parquet(tmp_path / "t.parquet", age=np.arange(24.0))
    app = open_page("data")
    app.segmented_control(key="where").select("On this machine").run()
    app.text_input(key="path").set_value(str(path)).run()
    app.multiselect(key=f"sensitive of image {path}").select("age").run()
    app.text_input(key=f"cuts.age of image {path}").set_value("old").run()
    app.button(key="register").click().run()
    assert app.error[0].value == "Cut age at: expected a number, found 'old'"
    assert not nothing.runs()


def test_an_upload_is_kept_under_its_digest(nothing):
    path = nothing.upload("../../evil name.NPZ", b"data")
    assert path.startswith(str(nothing.workspace.root / "uploads"))
    assert path.endswith("/evil-name.npz")
    assert nothing.upload("../../evil name.NPZ", b"data") == path


REVIEWS = [f"{'She' if i % 3 else 'He'} called film number {i} a {'fine' if i % 2 else 'dull'} one" for i in range(120)]


@pytest.fixture
def reviewed(nothing, tmp_path):
    """A service with one registered data set of texts, `reviews`; the first texts of one class hold a slur."""
    texts = [f"what a bitch of a film, number {i}" if i < 40 and i % 2 == 0 else t for i, t in enumerate(REVIEWS)]
    label, sex = ["good" if i % 2 else "bad" for i in range(120)], ["f" if i % 3 else "m" for i in range(120)]
    pq.write_table(pa.table({"review": texts, "label": label, "sex": sex}), tmp_path / "r.parquet")
    spec = {"name": "reviews", "kind": "text", "path": str(tmp_path / "r.parquet"), "sensitive": ["sex"]}
    manifest, stored = register(spec, nothing.artefacts)
    job = {"spec": spec}
    nothing.store.write(lambda tx: run_rows.create(tx, "data-r", "data", "Register", "reviews", job, "local"))
    log = EventLog(nothing.workspace.run("data-r").events)
    log.append("data.registered", manifest, stored, key="registered")
    finish(nothing, log, "data-r")
    return nothing


@pytest.fixture
def form(nothing, open_page, monkeypatch):
    """form(path) -> the page with the form for a source; form.specs: what was registered."""
    specs = []
    ended = {"state": "failed", "reason": "no", "dataset": "t", "started": None, "ended": None}
    monkeypatch.setattr(nothing, "add_data", lambda spec, actor="local": specs.append(spec) or "x")
    monkeypatch.setattr(nothing, "run", lambda run: ended)

    def of(path):
        app = open_page("data")
        app.segmented_control(key="where").select("On this machine").run()
        return app.text_input(key="path").set_value(str(path)).run()

    of.specs = specs
    return of


def test_a_declared_label_and_split_can_be_declined(form, tmp_path):
    rows = "\n".join(f"a sentence number {i},{i / 7},{'ab'[i % 2]}" for i in range(20))
    (tmp_path / "t.csv").write_text(f"sentence,label,split\n{rows}")
    app = form(tmp_path / "t.csv")
    label, split = (app.selectbox(key=f"{role} of text {tmp_path / 't.csv'}") for role in ("label", "split_column"))
    assert (label.value, split.value) == ("label", "split")
    label.select_index(0)
    split.select_index(0)
    app.button(key="register").click().run()
    assert (form.specs[0]["label"], form.specs[0]["split_column"]) == (False, False)


def test_a_word_that_may_be_missing_is_asked_about(form, tmp_path):
    rows = "\n".join(f"a sentence number {i},{('None', 'Scratch')[i % 2]}" for i in range(20))
    (tmp_path / "t.csv").write_text(f"sentence,label\n{rows}")
    key = f"asks.label.None of text {tmp_path / 't.csv'}"
    app = form(tmp_path / "t.csv")
    assert app.segmented_control(key=key).label == '"None" in label (10 of the rows looked at) is'
    app.segmented_control(key=key).select("A value of its own")
    app.button(key="register").click().run()
    assert form.specs[0]["missing"] == []


def test_how_a_file_is_written_can_be_said(form, tmp_path):
    path = tmp_path / "t.csv"
    rows = "\r\n".join(f"un café numéro {i};{i % 2}" for i in range(20))
    path.write_bytes(f"phrase;label\r\n{rows}".encode("cp1252"))
    app = form(path)
    assert "--encoding cp1252" in app.error[0].value
    app.selectbox(key=f"encoding of {path}").select("cp1252")
    app.text_input(key=f"missing of {path}").set_value("NA, -").run()
    app.button(key="register").click().run()
    told = {name: form.specs[0][name] for name in ("encoding", "missing", "text_column", "label")}
    assert told == {"encoding": "cp1252", "missing": ["NA", "-"], "text_column": "phrase", "label": "label"}


def test_a_data_set_of_texts(reviewed, open_page):
    app = open_page("data", dataset="reviews")
    assert app.title[0].value.startswith("120 texts in 3 splits; no text was found in two splits")
    assert "8 words at the median" in app.caption[1].value
    assert any("Who is mentioned" in m.value and "female" in m.value for m in app.markdown)
    assert not app.json
    assert app.selectbox(key="mentioned of reviews").options == ["gender"]
    assert len(app.get("plotly_chart")) == 6


def test_a_slur_is_hidden_until_asked(reviewed, open_page):
    app = open_page("data", dataset="reviews")
    assert [t.value for t in app.text[:3]] == ["Hidden: it holds a slur."] * 3
    assert app.text[3].value.startswith(("She called film", "He called film"))
    app.checkbox(key="show_slurs of reviews").check().run()
    assert app.text[0].value.startswith("what a bitch of a film")


def test_the_form_for_texts(nothing, open_page, tmp_path, monkeypatch):
    specs = []
    monkeypatch.setattr(nothing, "add_data", lambda spec, actor="local": specs.append(spec) or "x")
    refused = {"state": "failed", "reason": "no", "dataset": "t", "started": None}
    monkeypatch.setattr(nothing, "run", lambda run: refused)
    (tmp_path / "t.csv").write_text(
        "review,label,who\n" + "\n".join(f"a long text {i},{i % 2},w{i // 2}" for i in range(9))
    )
    app = open_page("data")
    app.segmented_control(key="where").select("On this machine").run()
    app.text_input(key="path").set_value(str(tmp_path / "t.csv")).run()
    assert app.segmented_control(key=f"kind.{tmp_path / 't.csv'}").value == "text"
    own = f"of text {tmp_path / 't.csv'}"
    assert [app.selectbox(key=f"{name} {own}").value for name in ("text_column", "label")] == ["review", "label"]
    app.selectbox(key=f"split_by of text {tmp_path / 't.csv'}").select("who").run()
    app.button(key="register").click().run()
    found = {key: specs[0][key] for key in ("kind", "text_column", "label", "split_by", "name")}
    assert found == {"kind": "text", "text_column": "review", "label": "label", "split_by": "who", "name": "t"}
    assert "size" not in specs[0]


def test_a_hub_name_is_asked_for_its_columns_by_name(nothing, open_page):
    app = open_page("data")
    app.segmented_control(key="where").select("On this machine").run()
    app.text_input(key="path").set_value("hf:stanfordnlp/sst2").run()
    app.text_input(key="label_typed").set_value("label").run()
    app.button(key="register").click().run()
    assert not app.exception
    spec = nothing.runs()[0]["recipe"]
    assert (spec["path"], spec["kind"], spec["label"], spec["name"]) == ("hf:stanfordnlp/sst2", "text", "label", "sst2")
