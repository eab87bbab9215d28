"""The run page in its four states: what it does, how healthy it is, and why it ended."""

import json

import pytest
from streamlit.testing.v1 import AppTest

from backend.control.runs import runs as run_rows
from backend.workspace.events import EventLog
from tests.pages import loop
from workbench.documents import collect, written
from workbench.verdicts.run import sentences

from .conftest import finish, register


def panels(app: AppTest) -> list[str]:
    """Headings of the panels of all figures."""
    layouts = [json.loads(c.proto.spec)["layout"] for c in app.get("plotly_chart")]
    return [note["text"] for layout in layouts for note in layout["annotations"] if note["text"].startswith("<b>")]


def test_empty_leads_to_a_new_run(nothing, open_page):
    app = open_page("run")
    assert "No run yet" in app.info[0].value


def test_running_shows_progress_and_the_live_strip(trained, open_page):
    app = open_page("run", run="running")
    assert app.title[0].value.startswith("Running: pretraining, 60 of 120 steps, about 1 min 5 s left")
    assert app.button(key="cancel")
    assert any("Healthy" in s.value for s in app.success)
    assert len(app.get("plotly_chart")) == 2
    assert len(panels(app)) == 8


def test_cancel_asks_first(trained, open_page):
    app = open_page("run", run="running")
    app.button(key="cancel").click().run()
    assert app.button(key="cancel_yes")
    assert trained.run("running")["state"] == "running"


def test_failed_says_why_with_the_log_at_hand(trained, open_page):
    app = open_page("run", run="failed")
    assert "the disk is full" in app.title[0].value
    assert "last line of the log" in app.code[0].value


def test_cancelled_says_who_asked(trained, open_page):
    assert "asked for by local" in open_page("run", run="cancelled").title[0].value


def test_queued_has_no_curve_and_says_so(trained, open_page):
    app = open_page("run", run="queued")
    assert app.title[0].value.startswith("Queued")
    assert not app.get("plotly_chart")


def test_done_is_quiet_and_links_on(trained, open_page):
    app = open_page("run", run="done")
    assert app.title[0].value.startswith("Finished")
    assert not [b for b in app.button if b.key == "cancel"]


def test_a_collapse_is_an_alarm_with_its_step_kind_and_remedies(trained, open_page):
    app = open_page("run", run="collapsed")
    assert "Collapsed since step 60 (dimensional)" in app.error[0].value
    assert any("temperature" in m.value for m in app.markdown)
    assert any("collapsed since 60" in c.proto.spec for c in app.get("plotly_chart"))


def test_an_encoder_that_was_taken_as_it_is_has_nothing_to_watch(trained, open_page, monkeypatch):
    told = trained.run("done")
    frozen = {**told, "recipe": {**told["recipe"], "train": {**told["recipe"]["train"], "epochs": 0}}}
    monkeypatch.setattr(type(trained), "run", lambda self, name: frozen)
    app = open_page("run", run="done")
    assert "trains for 0 epochs: the encoder is used as it is" in app.info[0].value
    assert not app.get("plotly_chart")


@pytest.fixture
def diverged(nothing):
    """A run `nan` whose loss was no number at step 10, so that its only reading is that of the untrained network; a
    run `short` that came to its end with three readings; and one, `idle`, from before recipes had to name a stage."""
    manifest = register(nothing)
    ends = {
        "nan": ("run.failed", {"reason": "pretrain: expected a finite loss, found nan at step 10", "input": True}),
        "short": ("run.finished", {"seconds": 3.0}),
        "idle": ("run.finished", {"seconds": 0.0}),
    }
    for name, (kind, body) in ends.items():
        stages = [] if name == "idle" else ["pretrain", "study"]
        recipe = {"data": {"name": "bars"}, "pretext": {"name": "simclr"}, "stages": stages}
        job = {"recipe": recipe, "dataset": manifest}
        nothing.store.write(lambda tx, n=name, j=job: run_rows.create(tx, n, "run", n, "bars", j, "local"))
        log = EventLog(nothing.workspace.run(name).events)
        loop.begin(log, recipe, manifest)
        if name == "nan":
            log.append("stage.started", {"stage": "pretrain"}, key="pretrain")
            loop.pretrain(log, nothing.artefacts, 240, steps=0)
        if name == "short":
            loop.stage(log, "pretrain", loop.pretrain, nothing.artefacts, 240, False, 20)
            log.append("encoder", {"seed": 0, "steps": 20, "seconds": 1.0, "images_per_s": 9.0}, key="pretrain/0")
            log.append("stage.skipped", {"stage": "study", "reason": "no labels"}, key="study")
        log.append(kind, body, key="end")
        finish(nothing, log, name)
    return nothing


def test_a_run_that_failed_is_not_healthy_and_ticks_nothing_that_did_not_run(diverged, open_page):
    app = open_page("run", run="nan")
    assert "at the stage “Pretraining”: pretrain: expected a finite loss, found nan" in app.title[0].value
    assert not app.success
    assert "No verdict on the representation: pretraining failed before its end." in app.info[0].value
    assert "The only reading was taken before training." in app.info[0].value
    (steps,) = (c.value for c in app.caption if "→" in c.value)
    assert ":material/check:" not in steps
    assert "Pretraining (failed) → " in steps
    assert "Label-fraction study (not reached)" in steps


def test_few_readings_are_no_all_clear_and_a_stage_that_was_passed_over_is_not_ticked(diverged, open_page):
    app = open_page("run", run="short")
    assert not app.success
    assert "Too few readings to call it healthy: 3 in all, 5 are needed." in app.info[0].value
    (steps,) = (c.value for c in app.caption if "→" in c.value)
    assert steps == ":material/check: Pretraining → :material/redo: Label-fraction study (skipped)"


def test_a_run_without_a_stage_did_nothing(diverged, open_page):
    app = open_page("run", run="idle")
    assert app.title[0].value.endswith("but its recipe names no stage: nothing was done.")
    assert not any(":material/check:" in c.value for c in app.caption)


def test_the_shell_the_report_and_the_dossier_say_what_the_page_says(diverged):
    for name, said in (("nan", "No verdict on the representation: "), ("short", "Too few readings to call it healthy")):
        assert [line for line in sentences(diverged, name) if line.startswith(said)]
        assert said in written(collect(diverged, name), diverged, "md").decode()
        points = diverged.dossiers.document(name)["points"]
        limits = next(f for point in points for f in point["fields"] if f["id"] == "3.limits")
        (health,) = (v["text"] for v in limits["values"] if v["label"].startswith("Health of the representation"))
        assert health.startswith("no verdict: ")
