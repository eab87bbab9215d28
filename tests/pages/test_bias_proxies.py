"""The bias page's part on proxies: what gives the attribute away, and that nothing is shown where nothing was found."""

from __future__ import annotations

import pytest

from backend.control.runs import runs as run_rows
from backend.data.dataset import Dataset
from backend.engine.job import Job
from backend.recipe import Recipe
from backend.stages import audit_bias
from backend.workspace.events import EventLog
from tests.unit.test_fairness_stage import QUICK, predict
from workbench.verdicts import reviews as review_words
from workbench.verdicts import run as run_words

from .conftest import finish, register
from .test_bias_page import shown

AUROC = {"value": 0.9, "low": 0.88, "high": 0.92}
GAP = {"value": 0.2, "low": 0.1, "high": 0.3}
BODY = {
    "attribute": "sex",
    "groups": ["female", "male"],
    "rows": 200,
    "columns": [
        {"column": "*card*", "itself": False, "auroc": AUROC, "p": 0.0, "p_holm": 0.0, "proxy": True},
        {"column": "age", "itself": False, "auroc": {"value": 0.5, "low": 0.4, "high": 0.6}, "p": 0.5, "p_holm": 1.0,
         "proxy": False},
    ],
    "of": 2,
    "together": AUROC,
    "bound": 0.6,
    "test_rows": 60,
    "fraction": 1.0,
    "arms": ["scratch_aug"],
    "carried": [
        {"arm": "scratch_aug", "columns": ["*card*"], "metrics": {
            "tpr": {"groups": ["male", "female"], "gap": GAP, "without": GAP, "difference": GAP, "p": 0.001,
                    "p_holm": 0.01, "decision": "carries"},
            "auroc": dict.fromkeys(("groups", "gap", "without", "difference", "p", "p_holm", "decision")),
        }}
    ],
}  # fmt: skip


@pytest.fixture
def proxied(nothing):
    """A run "found", which logged proxies, and one, "passed", whose stage was passed over."""
    manifest = register(nothing)
    for name in ("found", "passed"):
        settings = {**QUICK, "sensitive": ["sex"]}
        recipe = Recipe.model_validate({"title": name, "data": {"name": "bars"}, "fairness": settings})
        row = {"recipe": recipe.model_dump(mode="json"), "dataset": manifest}
        nothing.store.write(lambda tx, n=name, r=row: run_rows.create(tx, n, "run", n, "bars", r, "local"))
        log = EventLog(nothing.workspace.run(name).events)
        data = Dataset(manifest, nothing.artefacts)
        job = Job(nothing.workspace.run(name), recipe, data, "cpu", log, nothing.artefacts)
        predict(job, "ssl", (0, 0), 0.1)
        audit_bias.run(job)
        if name == "found":
            log.append("proxies", BODY, key="sex")
        else:
            log.append("stage.skipped", {"stage": "proxies", "reason": "no columns"}, key="proxies")
        log.append("run.finished", {"seconds": 1}, key="end")
        finish(nothing, log, name)
    return nothing


def test_it_says_what_gives_the_attribute_away_and_what_that_carries(proxied, open_page):
    app = open_page("bias", run="found")
    assert not app.exception
    text = shown(app)
    assert "“*card*” gives sex away: from it alone the groups are told apart with AUROC 0.900 [0.880, 0.920]" in text
    assert "The supervised model: “*card*” carries part of the gap in TPR between “male” and “female”" in text
    assert app.selectbox(key="proxied_rate of found").options == ["Cases found (TPR)"], "what could be measured alone"
    assert "Nobody has reviewed this finding." in text


def test_what_gives_an_attribute_away_is_reviewed(proxied, open_page):
    what = "finding:found:proxies:sex"
    assert what in proxied.reviews.findings("found")
    assert not [one for one in proxied.reviews.findings("passed") if ":proxies:" in one]
    assert "The finding about proxies of sex: nobody has reviewed it." in proxied.reviews.open_points("found")
    proxied.reviews.decide(what, "approved", "")
    assert "Approved by local" in shown(open_page("bias", run="found"))
    assert review_words.finding("proxies", "a/b") == "The finding about proxies of a/b"


def test_the_shell_says_it_too(proxied):
    said = run_words.sentences(proxied, "found")
    assert sum("“*card*” gives sex away" in line for line in said) == 1
    assert not any("away" in line for line in run_words.sentences(proxied, "passed"))


def test_it_says_why_there_are_none(proxied, open_page):
    app = open_page("bias", run="passed")
    assert not app.exception
    assert "Proxies were not looked for: no columns." in shown(app)
    assert "stand in for the attribute" not in shown(app)
