"""The report page, and the report itself on a run that went through every stage and on one that did not."""

import hashlib
import json
import re

import pytest

from backend import exports
from backend.workspace.layout import BadInput
from tests.pages import conftest
from workbench.documents import build, collect, written
from workbench.documents import model as exporting
from workbench.frame.safe import plain


def report(service, run, format="html"):
    """The run's own report: its facts, as a file."""
    return written(collect(service, run), service, format)


@pytest.fixture(scope="module")
def page(_trained):
    return report(_trained, "done").decode()


def test_empty(nothing, open_page):
    assert "No run yet" in open_page("report").info[0].value


def choose(app, part):
    """The page with another of its parts open."""
    app.session_state[f"report_part of {app.query_params['run']}"] = part
    app.run()
    assert not app.exception, [e.value for e in app.exception]
    return app


def test_the_first_line_says_how_much_stands_and_gaps_are_plain(trained, open_page):
    app = open_page("report", run="done")
    assert app.title[0].value.startswith("18 of 28 fields of the dossier are filled (64 %), 10 of them in part")
    assert "query that finds it again" in app.caption[1].value
    assert len(app.get("progress")) == 9
    app.selectbox(key="dossier_point of done").set_value("5").run()
    assert any("5 Risk management system" in m.value for m in app.markdown)
    assert app.text_area[0].value == ""


def test_a_field_is_completed_and_a_version_built_and_compared(nothing, open_page):
    conftest.add_run(nothing, conftest.register(nothing), "done")
    app = choose(open_page("report", run="done"), "Versions")
    app.button(key="build_dossier").click().run()
    app = choose(app, "Dossier")
    app.selectbox(key="dossier_point of done").set_value("5").run()
    app.text_area[0].set_value("See <b>risks</b>.")
    next(b for b in app.button if b.label == "Save").click().run()
    assert "19 of 28" in app.title[0].value
    assert any("Written by local" in c.value for c in app.caption)
    app = choose(app, "Versions")
    app.button(key="build_dossier").click().run()
    assert not app.exception
    assert any("1 difference in 1 field from version 1 to 2." in m.value for m in app.markdown)
    assert plain("See <b>risks</b>.") in app.table[0].value["Version 2"].tolist()


def test_a_proposed_scenario_is_recorded_and_held_against_its_threshold(nothing, open_page):
    conftest.add_run(nothing, conftest.register(nothing), "done")
    app = choose(open_page("report", run="done"), "Bias scenarios")
    field = next(one for one in app.text_input if one.label == "Largest difference allowed, in points")
    field.set_value("2,0")
    next(b for b in app.button if b.label == "Record").click().run()
    assert not app.exception
    (scenario,) = nothing.dossiers.document("done")["scenarios"]
    assert scenario["limit"] == 0.02
    assert "The threshold (at most 2 points) is exceeded." in app.warning[0].value


def test_a_report_is_built_previewed_and_downloaded(trained, open_page):
    app = choose(open_page("report", run="done"), "Files")
    app.button(key="build").click().run()
    assert not app.exception
    assert any(c.value.startswith("8 of 8 sections are filled;") for c in app.caption)
    assert len(app.get("download_button")) == 3
    assert app.get("iframe")


@pytest.mark.parametrize("state", ["running", "failed", "queued"])
def test_an_unfinished_run_gives_a_report_that_names_its_gaps(trained, open_page, state):
    app = choose(open_page("report", run=state), "Files")
    app.button(key="build").click().run()
    assert not app.exception
    assert any("The label-fraction study" in m.value for m in app.markdown)


def test_every_part_opens_on_a_run_that_has_not_ended(trained, open_page):
    app = open_page("report", run="running")
    for part in ("Bias scenarios", "Versions", "Files", "Reviews", "Dossier"):
        choose(app, part)


def test_every_section_has_its_verdict_and_cites_leaves_that_exist(trained, page):
    collected = json.loads(report(trained, "done", "json"))
    leaves = {leaf["leaf"]: leaf["kind"] for leaf in trained.ledger(limit=10_000)}
    for section in collected["sections"]:
        assert f'id="{section["name"]}"' in page
        for cite in section["cites"]:
            assert {leaves[leaf] for leaf in cite["leaves"]} == {cite["kind"]}
    assert {s["name"] for s in collected["sections"] if not s["cites"]} == {"record"}
    shown = re.search(r"Ledger root <code>([0-9a-f]{64})</code>", page).group(1)
    roots = {bytes(kept.root).hex() for kept in trained.store.ledger()[0]}
    assert shown in roots, "the report shows a root that this ledger never had"


def test_it_is_one_file_that_asks_for_nothing_and_runs_nothing(page):
    assert "<script" not in page.lower()
    assert not re.search(r"(src|href)=[\"'](?!data:|#)", page)
    assert "url(" not in page
    assert "@import" not in page
    assert "default-src 'none'" in page
    assert len(page) < 6_000_000


def test_figures_are_drawn_and_none_is_left_out(page):
    assert page.count("<figure>") == page.count("<svg ")
    assert page.count("<figure>") >= 15
    assert "is not printed" not in page


def test_it_promises_nothing(page):
    assert "compliant" not in page.lower()
    assert "Nobody outside vouches for the record" in page


def test_what_people_wrote_is_text_and_not_markup(nothing):
    manifest = conftest.register(nothing)
    conftest.add_run(nothing, manifest, "done", title="<script>alert(1)</script> & {{ 7 * 7 }}")
    text = report(nothing, "done").decode()
    assert "<script>" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; {{ 7 * 7 }}" in text
    outside_of_code = report(nothing, "done", "md").decode().split("```")[::2]
    assert not any("<script>" in part for part in outside_of_code)


def test_a_failed_run_says_why_its_sections_are_empty(trained):
    text = report(trained, "failed", "md").decode()
    assert "the run failed before it (the disk is full)" in text
    assert "The run is not complete" in text


def test_formats_that_do_not_exist_are_one_line(trained):
    with pytest.raises(BadInput, match=r"^format: expected html, md or json of a run's facts, found 'pdf'"):
        report(trained, "done", "pdf")
    with pytest.raises(BadInput, match=r"^format: expected one of html, pdf, .*, found 'doc'"):
        build(trained, "done", "doc")
    with pytest.raises(BadInput, match=r"^run: expected one of this workspace"):
        build(trained, "nope")


def test_the_newest_version_is_written_in_every_format_that_is_offered(nothing, open_page):
    conftest.add_run(nothing, conftest.register(nothing), "failed")
    nothing.dossiers.build("failed")
    app = choose(open_page("report", run="failed"), "Files")
    for form in ("json", "md"):
        app.selectbox(key="dossier_format").set_value(form).run()
        app.button(key="write_dossier").click().run()
        assert not app.exception
        assert len(app.get("download_button")) == 1


def test_a_model_leaves_as_a_zip_and_the_record_knows(nothing, open_page, monkeypatch):
    """Which one is asked for and what is handed over; the writing itself is a process of its own (test_leaving)."""
    conftest.add_run(nothing, conftest.register(nothing), "done")
    asked = {}

    def made(root, run, folder, told):
        asked.update(told)
        (folder / "model.json").write_text("{}")
        digest = hashlib.sha256(b"{}").hexdigest()
        return {"what": "readout", "seed": 0, "modality": "image", "method": "linear", "fraction": 1.0, "dim": 4,
                "architecture": "ConvNet", "parameters": 9, "weights": "a" * 64, "files": {"model.json": digest},
                "refit": {"sealed": True}, "onnx": {"file": None, "line": "no"}, "difference": 0.0, "classes": [],
                "takes": "pictures"}  # fmt: skip

    monkeypatch.setattr(exporting, "written", made)
    app = choose(open_page("report", run="done"), "Model")
    assert app.selectbox(key="model_what of done").options[0] == "The readout that did best on validation"
    app.selectbox(key="model_what of done").set_value("lpft").run()
    app.button(key="write_model").click().run()
    assert not app.exception, [e.value for e in app.exception]
    assert asked == {"what": "readout", "method": "lpft", "features": False}
    assert any("to the bit what the study sealed" in m.value for m in app.markdown)
    assert len(app.get("download_button")) == 1
    (event,) = nothing.events("done", "export")
    assert set(event["body"]["files"]) == {"model.json", "README.md", "SHA256SUMS"}
    assert event["body"]["sealed"] is True


def test_a_run_without_a_model_says_so(trained, open_page):
    app = choose(open_page("report", run="queued"), "Model")
    assert "There is no model yet" in " ".join(element.value for element in app.info)


def test_a_readout_that_cannot_leave_is_not_offered_and_it_is_said_why(trained, open_page, monkeypatch):
    known = exports.defines
    monkeypatch.setattr(exports, "defines", lambda folder, name, what: name != "lpft" and known(folder, name, what))
    app = choose(open_page("report", run="done"), "Model")
    assert app.selectbox(key="model_what of done").options == ["The encoder alone"], "its study had no other readout"
    assert any(c.value.startswith("Not offered: LP-FT. It is no network on the encoder") for c in app.caption)
