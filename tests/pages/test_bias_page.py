"""The bias page in its states: empty, not there yet, failed, skipped, done; and on a stage that really ran."""

from __future__ import annotations

import pytest

from backend.control.runs import runs as run_rows
from backend.data.dataset import Dataset
from backend.engine.job import Job
from backend.recipe import Recipe
from backend.stages import audit_bias
from backend.workspace.events import EventLog
from tests.unit.test_fairness_stage import QUICK, predict
from workbench.frame.theme import MENDED

from .conftest import finish, register

SETTINGS = {**QUICK, "permutations": 2000, "sensitive": ["sex"]}


def shown(app) -> str:
    """All sentences of the page, Markdown's escapes removed."""
    parts = [*app.title, *app.header, *app.markdown, *app.caption, *app.info, *app.warning, *app.error]
    return "\n".join(str(p.value) for p in parts).replace("\\", "")


@pytest.fixture
def audited(nothing):
    """A workspace with a run "biased" whose audit found a gap, one, "skipped", that had nothing to read, and one,
    "unasked", without an audit."""
    manifest = register(nothing)
    for name in ("biased", "skipped", "unasked"):
        recipe = Recipe.model_validate({"title": name, "data": {"name": "bars"}, "fairness": SETTINGS})
        row = {"recipe": recipe.model_dump(mode="json"), "dataset": manifest}
        nothing.store.write(lambda tx, n=name, r=row: run_rows.create(tx, n, "run", n, "bars", r, "local"))
        log = EventLog(nothing.workspace.run(name).events)
        job = Job(
            nothing.workspace.run(name), recipe, Dataset(manifest, nothing.artefacts), "cpu", log, nothing.artefacts
        )
        if name == "biased":
            for seeds in [(0, 0), (1, 0)]:
                predict(job, "ssl", seeds, 0.25, worse_for="male")
                predict(job, "scratch_aug", seeds, 0.05)
        if name == "unasked":
            predict(job, "ssl", (0, 0), 0.05)
        else:
            audit_bias.run(job)
        finish(nothing, log, name)
    return nothing


def test_says_when_there_is_no_gap_and_names_the_small_group(trained, open_page):
    app = open_page("bias", run="done")
    app.selectbox(key="attribute of done").set_value("age").run()
    assert not app.exception
    assert "No gap found in TPR between groups of age" in shown(app)
    assert "not tested: over 60 (9)" in shown(app)


def test_says_whether_pretraining_widens_the_gap(trained, open_page):
    text = shown(open_page("bias", run="done"))
    assert "No sign that SSL widens or narrows the gap (difference −1.0 points [" in text
    assert "No sign that pretraining changes how much the model amplifies" in text


@pytest.mark.parametrize(
    ("run", "said"),
    [("running", "has not come that far"), ("failed", "the disk is full"), ("collapsed", "recorded nothing of it")],
)
def test_says_why_there_is_nothing(trained, open_page, run, said):
    assert said in shown(open_page("bias", run=run))


def test_empty_workspace_says_what_to_do(nothing, open_page):
    assert "No run yet" in shown(open_page("bias"))


def test_opens_on_the_strongest_gap_that_the_stage_really_found(audited, open_page):
    app = open_page("bias", run="biased")
    assert "among “male” than among “female”" in shown(app)
    assert "of 6 tests found a gap" in shown(app)
    assert [len(frame.value) for frame in app.dataframe] == [3, 6, 3, 6]


def test_the_supervised_model_can_be_asked_too(audited, open_page):
    app = open_page("bias", run="biased")
    app.segmented_control(key="arm of biased").set_value("scratch_aug").run()
    assert not app.exception
    assert "0 of 6 tests found a gap" in shown(app)


def test_a_skipped_audit_gives_its_reason(audited, open_page):
    assert "Nothing was audited: no predictions" in shown(open_page("bias", run="skipped"))


def test_a_text_run_says_what_each_probe_found_beside_its_control(trained_text, open_page):
    text = shown(open_page("bias", run="done"))
    assert "1 of 2 probes finds a bias of the model: CrowS-Pairs." in text
    assert "the model prefers the stereotype: 61.0 % [56.0, 66.0]" in text
    assert "none of 1 association tests is significant" in text
    assert "WinoBias: no folder of test sets" in text


def test_examples_of_the_probes_are_shown_only_when_asked_for_and_veiled(trained_text, open_page):
    app = open_page("bias", run="done")
    assert not html(app)
    app.toggle(key="examples_crows_pairs of done").set_value(True).run()
    assert not app.exception
    (examples,) = html(app)
    assert "blur(" in examples
    assert "The old &lt;b&gt;man" in examples


def html(app) -> list[str]:
    """The HTML of the page itself, without what mends the theme of all pages."""
    return [one.proto.body for one in app.get("html") if one.proto.body != MENDED]


def test_image_runs_have_no_probes(trained, open_page):
    assert "Probes of the language model" not in shown(open_page("bias", run="done"))


def test_a_run_that_was_not_asked_says_how_to_ask(audited, open_page):
    text = shown(open_page("bias", run="unasked"))
    assert "Not examined" in text
    assert "audit_bias" in text
