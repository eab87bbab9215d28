"""The page "Which settings suit this data?" in its states, and what it says and draws of a sweep."""

from __future__ import annotations

import pytest

from backend.control.record import swept
from backend.control.runs import runs as run_rows
from backend.recipe import DEFAULTS
from tests.pages.conftest import register
from workbench.charts import sweep as charts
from workbench.frame import session
from workbench.verdicts import sweep as words

SWEEP = "sweep-20261128-000000-abcd"
RECIPE = {
    **DEFAULTS["image"],
    "title": "Bars",
    "seed": 0,
    "data": {"name": "bars", "max_train": None},
    "pretext": {"name": "simclr", "temperature": 0.2},
    "encoder": {"name": "convnet", "width": 8},
    "augment": {"name": "photo", "strength": 0.5},
    "train": {"epochs": 30, "lr": 0.002, "minutes": 0},
}
PLAN = {
    "title": "Bars",
    "dataset": "bars",
    "recipe": RECIPE,
    "purpose": "search",
    "seed": 0,
    "target": None,
    "metric": "accuracy",
    "measure": "knn",
    "space": [
        {"name": "pretext", "choices": ["simclr", "vicreg"], "first": "simclr"},
        {
            "name": "pretext.simclr.temperature",
            "of": {"pretext": "simclr"},
            "low": 0.05,
            "high": 1.0,
            "log": True,
            "first": 0.2,
        },
        {"name": "augment.photo.strength", "low": 0.0, "high": 1.0, "log": False, "first": 0.5},
        {"name": "train.lr", "low": 0.00025, "high": 0.016, "log": True, "first": 0.002},
    ],
    "tasks": ["simclr", "vicreg"],
    "minutes": 10.0,
    "trials": 6,
    "most": 6,
    "share": 1.5,
    "prunes": True,
    "sampler": {"optuna": "5.0.0", "startup": 6, "prunes_from": 2},
}
SCORES = (0.81, 0.7, None, 0.86, None)  # of the trials that are told of; None: ended early
MORE = "pretext.simclr.temperature"


def told(service, trials: int = 0, state: str | None = None, plan=PLAN, **more) -> str:
    """A sweep of so many trials, as the ledger tells of one; the last of them has not been told of where `state` is
    None."""

    def log(tx):
        tx.log(swept.BEGUN, plan, actor="local", run=SWEEP)
        for number in range(trials):
            task, run = ("vicreg" if number % 2 else "simclr"), f"run-{number}"
            params = {"pretext": task, "augment.photo.strength": 0.5, "train.lr": 0.002 * (1 + number)}
            params |= {MORE: 0.2} if task == "simclr" else {}
            body = {"number": number, "run": run, "params": params, "phase": "search", "seed": 0}
            tx.log(swept.TRIAL, body, actor="supervisor", run=SWEEP)
            job = {"recipe": {**RECIPE, "stages": ["pretrain"]}, "sweep": {"sweep": SWEEP, "number": number}}
            run_rows.create(tx, run, "run", f"Bars: trial {number + 1}", "bars", job, "local")
            if number < trials - 1 or state:
                tx.log(swept.TOLD, _came_to(number), actor="supervisor", run=SWEEP)
        if state:
            outcome = {"best": 3, "importance": {"train.lr": 0.7, "pretext": 0.3}} if state == "finished" else {}
            body = {"state": state, "reason": "all trials are done", **outcome, **more}
            tx.log(swept.ENDED, body, actor="supervisor", run=SWEEP)

    service.store.write(log)
    return SWEEP


def _came_to(number: int) -> dict:
    score = SCORES[number]
    ends = 0.6 + 0.01 * number if score is None else score
    readings = [[1, ends - 0.2], [2, ends - 0.1], *([[3, ends - 0.05], [4, ends]] if score else [])]
    return {
        "number": number,
        "state": "complete" if score else "pruned",
        "score": score,
        "readings": readings,
        "label_free": {"rankme": 5.0 + number},
        "seconds": 95.0 if score else 50.0,
        "reason": None,
    }


@pytest.fixture
def bars(nothing):
    register(nothing)
    session.use(nothing)
    return nothing


def said(app) -> str:
    kinds = ("markdown", "caption", "warning", "info", "title", "header", "error")
    return " ".join(str(e.value) for kind in kinds for e in app.get(kind)).replace("\\", "")


def test_nothing_yet(nothing, open_page):
    app = open_page("sweep")
    assert "Say for how many minutes" in said(app)
    assert "A sweep needs one" in said(app)


def test_the_form_asks_for_data_recipe_and_minutes(bars, open_page):
    app = open_page("sweep")
    assert [box.label for box in app.selectbox] == ["Data set", "Recipe to search around"]
    assert [field.label for field in app.text_input] == [
        "Minutes, of all trials together",
        "Trials; 0: as many as there is time for",
    ]
    assert "test split is not touched" in said(app)


def test_the_form_begins_a_sweep_once(bars, open_page):
    pytest.importorskip("optuna")
    app = open_page("sweep")
    minutes = next(field for field in app.text_input if field.label.startswith("Minutes"))
    minutes.set_value("0,05").run()
    next(button for button in app.button if button.label == "Begin the sweep").click().run()
    assert bars.sweeps.listed() == []
    minutes.set_value("60").run()
    next(button for button in app.button if button.label == "Begin the sweep").click().run()
    assert not app.exception, [e.value for e in app.exception]
    (begun,) = bars.sweeps.listed()
    assert begun["plan"]["minutes"] == 60
    assert app.query_params["sweep"] in (begun["sweep"], [begun["sweep"]])
    assert "Searching: 0 trials told of, no score yet." in said(app)


def test_a_run_is_started_of_a_trial(bars, open_page):
    app = open_page("sweep", sweep=told(bars, 5, "finished"))
    next(button for button in app.button if button.label == "Start a run of it").click().run()
    assert not app.exception, [e.value for e in app.exception]
    made = [run for run in bars.runs() if not run["sweep"] and run["kind"] == "run"]
    assert [(run["recipe"]["pretext"]["name"], run["recipe"]["train"]["lr"]) for run in made] == [("vicreg", 0.008)]
    assert made[0]["recipe"]["stages"] != ["pretrain"]


def test_begun(bars, open_page):
    told(bars, 1)
    app = open_page("sweep")
    assert "Searching: 0 trials of at most 6 told of, no score yet." in said(app)
    assert "No figure yet" in said(app)
    assert [button.label for button in app.button if "ancel" in button.label] == ["Cancel the sweep"]


def test_under_way_and_cancelled(bars, open_page):
    name = told(bars, 3)
    app = open_page("sweep", sweep=name)
    assert "So far nothing scores higher than the recipe as it is, 81.0 % kNN accuracy on validation." in said(app)
    bars.sweeps.cancel(name)
    app = open_page("sweep", sweep=name)
    assert "The sweep was cancelled: on request of local. What it found before stays." in said(app)
    assert "the sweep did not come to its end" in said(app)


def test_finished(bars, open_page):
    name = told(bars, 5, "finished")
    app = open_page("sweep", sweep=name)
    text = said(app)
    assert (
        "Of what was tried, pretext task VICReg, learning rate 0.008 scores highest, 86.0 % kNN accuracy on "
        "validation, against 81.0 % of the recipe as it is." in text
    )
    assert "3 finished, 2 ended early" in text
    assert "The best of many scores on the same validation rows is a little too good" in text
    made = next(box for box in app.selectbox if box.label == "Trial")
    assert made.options[0] == "Trial 4, 86.0 %: pretext task VICReg, learning rate 0.008"
    assert len(app.get("plotly_chart")) == 3
    toml = "\n".join(code.value for code in app.code)
    assert 'name = "vicreg"' in toml
    assert "lr = 0.008" in toml


def test_a_trial_leads_to_its_sweep_and_home_lists_none(bars, open_page):
    told(bars, 2, "finished")
    bars.cancel("run-0")
    bars.supervisor.look()
    assert "Runs that ended" not in said(open_page("home"))
    assert bars.run("run-0")["sweep"] == {"sweep": SWEEP, "number": 0}
    open_page("run", run="run-0")


ADVICE = {
    "tasks": [
        {"task": "vicreg", "mean": {"value": 0.86, "low": 0.84, "high": 0.88}, "seeds": 5, "params": {}},
        {"task": "simclr", "mean": {"value": 0.81, "low": 0.80, "high": 0.82}, "seeds": 5, "params": {}},
    ],
    "pairs": [{"first": "simclr", "second": "vicreg", "difference": {"value": -0.05, "low": -0.08, "high": -0.02}}],
    "best": "vicreg",
    "alike": [],
    "decision": "decided",
    "ranks": [{"name": "rankme", "spearman": {"value": 0.2, "low": -0.5, "high": 0.75}, "trials": 9}],
}


def test_advice(bars, open_page):
    name = told(bars, 5, "finished", plan={**PLAN, "purpose": "advise", "prunes": False}, advice=ADVICE)
    app = open_page("sweep", sweep=name)
    text = said(app)
    assert (
        "VICReg suits this data best: 86.0 % [84.0, 88.0] kNN accuracy on validation over five fresh "
        "pretrainings, +5.0 points [2.0, 8.0] over SimCLR, the next one." in text
    )
    assert "The pretext task changes the score by 5.0 points [2.0, 8.0]: VICReg against SimCLR." in text
    assert (
        "RankMe, which needs no label, orders the 9 trials with a rank correlation of 0.20 [−0.50, 0.75] to the probe: "
        "it is not shown to be a guide on this data." in text
    )
    assert "ended early where its score" not in text
    assert len(app.get("plotly_chart")) == 5


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        (
            {"decision": "undecided", "alike": ["simclr"]},
            "No task is shown to suit this data best: VICReg is ahead over five fresh pretrainings, but not shown to "
            "beat SimCLR (+5.0 points [2.0, 8.0] over SimCLR).",
        ),
        ({"decision": "not enough data", "best": None}, "Not enough data to advise: "),
    ],
)
def test_advice_that_cannot_be_given(bars, changed, says):
    sweep = bars.sweeps.of(told(bars, 5, "finished", advice={**ADVICE, **changed}))
    assert words.sentence(sweep).startswith(says)


@pytest.mark.parametrize(
    ("low", "says"),
    [
        (0.01, "Of what was tried, pretext task VICReg, learning rate 0.008 scores highest, 86.0 % kNN accuracy "
         "on validation, +5.0 points [1.0, 9.0] over the recipe as it is, on 300 validation rows."),
        (-0.02, "Nothing is shown to beat the recipe as it is: pretext task VICReg, learning rate 0.008 scores "
         "highest, 86.0 % kNN accuracy on validation, +5.0 points [−2.0, 9.0] on 300 validation rows."),
    ],
)  # fmt: skip
def test_a_gain_is_said_only_where_it_is_shown(bars, low, says):
    gain = {"value": 0.05, "low": low, "high": 0.09, "rows": 300}
    assert words.sentence(bars.sweeps.of(told(bars, 5, "finished", gain=gain))) == says


def test_a_sweep_that_is_not_there_is_one_line(bars, open_page):
    told(bars, 1)
    assert "expected one of this workspace, found 'nope'" in said(open_page("sweep", sweep="nope"))


def test_trials_are_no_recipes_to_start_from(bars, open_page):
    told(bars, 2, "finished")
    app = open_page("sweep", sweep="a new sweep")
    start = next(box for box in app.selectbox if box.label == "Recipe to search around")
    assert not [option for option in start.options if option.startswith("Run:")]


class TestFigures:
    def sweep(self, service):
        return service.sweeps.of(told(service, 5, "finished"))

    def test_a_line_a_trial_with_the_best_one_last(self, bars):
        figure = charts.parallel(self.sweep(bars))
        assert len(figure.data) == 5
        best = figure.data[-1]
        assert (best.line.width, best.y[-1]) == (4, 1.0)
        assert best.y[1] == charts.ABSENT, "vicreg has no temperature"
        assert [line.line.dash for line in figure.data].count("dot") == 2
        assert all(line.y[-1] == charts.ABSENT for line in figure.data if line.line.dash == "dot")

    def test_the_frontier_never_falls(self, bars):
        figure = charts.frontier(self.sweep(bars))
        best = figure.data[-1]
        assert list(best.y) == sorted(best.y)
        assert best.y[-1] == pytest.approx(86.0)
        assert best.x[-1] == pytest.approx(1.5)

    def test_importance_has_the_decisive_setting_on_top(self, bars):
        assert list(charts.importance(self.sweep(bars)).data[0].y) == ["Pretext task", "Learning rate"]


def test_without_labels_the_score_is_called_what_it_is(bars):
    plan = {**PLAN, "measure": "rankme", "metric": None}
    sweep = bars.sweeps.of(told(bars, 1, plan=plan))
    text = " ".join(words.how(sweep))
    assert "the score is RankMe (label-free)" in text
    assert "it does not say that a model will be useful" in text
