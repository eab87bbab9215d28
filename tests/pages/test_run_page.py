"""The run page in its four states: what it does, how healthy it is, and why it ended."""

import json

from streamlit.testing.v1 import AppTest


def panels(app: AppTest) -> list[str]:
    """Headings of the panels of all figures."""
    layouts = [json.loads(c.proto.spec)["layout"] for c in app.get("plotly_chart")]
    return [note["text"] for layout in layouts for note in layout["annotations"] if note["text"].startswith("<b>")]


def test_empty_leads_to_a_new_run(nothing, open_page):
    app = open_page("run")
    assert "No run yet" in app.info[0].value


def test_running_shows_progress_and_the_live_strip(trained, open_page):
    app = open_page("run", run="running")
    assert app.subheader[0].value.startswith("Running: pretraining, 60 of 120 steps, about 1 min 5 s left")
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
    assert "the disk is full" in app.subheader[0].value
    assert "last line of the log" in app.code[0].value


def test_cancelled_says_who_asked(trained, open_page):
    assert "asked for by local" in open_page("run", run="cancelled").subheader[0].value


def test_queued_has_no_curve_and_says_so(trained, open_page):
    app = open_page("run", run="queued")
    assert app.subheader[0].value.startswith("Queued")
    assert not app.get("plotly_chart")


def test_done_is_quiet_and_links_on(trained, open_page):
    app = open_page("run", run="done")
    assert app.subheader[0].value.startswith("Finished")
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
    assert "for no epoch, so there is nothing to watch" in app.info[0].value
    assert not app.get("plotly_chart")
