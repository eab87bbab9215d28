"""Sweeps from their beginning to their end, on workers that pretend to train. Killed ones: tests/crash."""

from __future__ import annotations

import time

import pytest

from backend.control.runs.launchers.local import Local
from backend.control.runs.sweeps import plans, search
from backend.control.service import NotFound, Service
from backend.workspace import extras
from backend.workspace.layout import BadInput
from tests.conftest import make_dataset, registered
from tests.sweep_worker import command
from tests.unit.sweeping import trial

pytest.importorskip("optuna")
RECIPE = {"data": {"name": "bars"}, "encoder": {"name": "convnet", "width": 8}, "title": "Bars"}


@pytest.fixture
def service(workspace, dataset, monkeypatch):
    monkeypatch.setenv("WORKBENCH_DEVICES", "cpu")
    service = Service.open(workspace.root, start_supervisor=False)
    registered(service.store, dataset.manifest)
    pretending(service)
    yield service
    for run in service.runs():
        if run["state"] == "running":
            service.supervisor._cancel(service.store.board.run(run["run"]).__dict__ | {"handle": None}, force=True)
    service.close()


def pretending(service, pause=0.0):
    """Its workers pretend to train, with a pause between two readings."""
    service.supervisor.launcher = Local(command(pause))


def turn(service, sweep, until=lambda found: found["state"] != "running", seconds=90):
    end = time.monotonic() + seconds
    while not until(found := service.sweeps.of(sweep)):
        assert time.monotonic() < end, found
        service.supervisor.tick()
        time.sleep(0.02)
    return found


def test_a_sweep_from_its_beginning_to_its_end(service):
    name = service.sweeps.begin(RECIPE, minutes=60, trials=5)
    found = turn(service, name)
    assert (found["state"], found["reason"], found["done"]) == ("finished", "all trials are done", 5)
    assert [one["phase"] for one in found["trials"][:3]] == ["first", "first", "search"]
    assert (
        found["outcome"]["best"]
        == max((one for one in found["trials"] if one["state"] == "complete"), key=lambda one: one["score"])["number"]
    )
    for one in found["trials"]:
        run = service.run(one["run"])
        assert run["sweep"] == {"sweep": name, "number": one["number"]}
        assert run["recipe"]["stages"] == ["pretrain"]
    assert found["trials"][0]["label_free"]["rankme"] == pytest.approx(10 * found["trials"][0]["score"])
    chosen = service.sweeps.recipe(name, 1)
    assert chosen["pretext"]["name"] == found["trials"][1]["params"]["pretext"]
    assert chosen["train"]["minutes"] == 0, "a recipe that is made of a trial trains as the recipe did"
    assert service.verify()["ok"]


def test_a_hopeless_trial_is_ended_early_and_nobody_cancelled_it(service, monkeypatch):
    from workbench.verdicts import run as words

    pretending(service, pause=2.0)
    monkeypatch.setattr(search, "pruned", lambda sweep, plan, read: read[-1][0] == 2)
    name = service.sweeps.begin(RECIPE, minutes=60, trials=2)
    found = turn(service, name, lambda found: found["done"] == 1)
    assert found["trials"][0]["state"] == "pruned"
    assert len(found["trials"][0]["readings"]) == 2
    run = turn(service, name, lambda found: service.run(found["trials"][0]["run"])["state"] == "cancelled")["trials"][0]
    told = service.run(run["run"])
    assert words.sentence(told).startswith("Ended early after")
    assert words.sentence(told).endswith(
        "its score after half of its training was below the median of the trials that came as far before it."
    )
    assert "ancelled" not in words.sentence(told) + words.title(told)
    assert words.banner(told)[0] == "info"
    assert ("Pretraining", "ended early") in words.steps(service, told)


def test_cancelling_ends_the_trial_too_and_keeps_what_was_found(service):
    pretending(service, pause=1.0)
    name = service.sweeps.begin(RECIPE, minutes=60, trials=4)
    turn(service, name, lambda found: found["trials"] and service.run(found["trials"][0]["run"])["started"])
    service.sweeps.cancel(name, "anna")
    service.sweeps.cancel(name, "bert")
    found = service.sweeps.of(name)
    assert (found["state"], found["reason"], found["left"]) == ("cancelled", "on request of anna", None)
    assert found["trials"][0]["state"] == "cancelled"
    assert found["outcome"]["best"] is found["outcome"]["gain"] is None
    end = time.monotonic() + 60
    while (run := service.run(found["trials"][0]["run"]))["state"] != "cancelled":
        assert time.monotonic() < end, run
        service.supervisor.tick()
        time.sleep(0.05)
    assert len(service.sweeps.of(name)["trials"]) == 1
    assert service.verify()["ok"]


def test_a_sweep_whose_trials_all_fail_ends(service):
    name = service.sweeps.begin({**RECIPE, "train": {"lr": 10.0}}, minutes=60, trials=9)
    found = turn(service, name)
    assert found["state"] == "failed"
    assert found["reason"].startswith("4 trials failed one after the other, the last one: pretrain: expected a finite")


def test_advice_compares_the_tasks_on_seeds_that_chose_nothing(service):
    name = service.sweeps.begin(RECIPE, minutes=60, trials=12, purpose="advise")
    found = turn(service, name)
    phases = [one["phase"] for one in found["trials"]]
    assert phases == ["first"] * 2 + ["search"] * 4 + ["confirm"] * 6
    by_task = {
        task: [one for one in found["trials"] if one["params"]["pretext"] == task] for task in ("simclr", "vicreg")
    }
    for own in by_task.values():
        tried = [one for one in own if one["phase"] != "confirm" and one["state"] == "complete"]
        best = max(tried, key=lambda one: one["score"])
        again = [one for one in own if one["phase"] == "confirm"]
        assert [one["seed"] for one in again] == [1, 2, 3], "the same seeds for every task, and none of the search"
        assert all(one["params"] == best["params"] for one in again)
        assert all(one["state"] in ("complete", "failed") for one in own), "none is ended early"
    told = found["outcome"]["advice"]
    assert (told["best"], told["decision"], told["alike"]) == ("vicreg", "decided", [])
    (pair,) = told["pairs"]
    scores = {task: [one["score"] for one in own if one["phase"] == "confirm"] for task, own in by_task.items()}
    gaps = [a - b for a, b in zip(scores["simclr"], scores["vicreg"], strict=True)]
    assert pair["difference"]["value"] == pytest.approx(sum(gaps) / 3)
    assert pair["difference"]["high"] < 0
    assert {one["name"] for one in told["ranks"]} == {"rankme", "alignment"}
    assert service.verify()["ok"]


def test_the_minutes_are_kept(service):
    name = service.sweeps.begin(RECIPE, minutes=1.2)
    plan = service.store.board.sweep(name).plan
    sweep = service.store.board.sweep(name).copy()
    for number in range(8):
        sweep.trials[number] = trial(number, {}, 0.5)
        sweep.trials[number].seconds = 60 * plan["share"] + plans.OVERHEAD
        if plans.over(plan, sweep):
            break
    assert plans.over(plan, sweep) == "its minutes are over"
    assert number + 1 == plan["trials"] == 6
    service.sweeps.cancel(name)


def test_it_is_scored_by_the_recipes_metric_where_more_of_it_is_better(service):
    for asked, metric in (("auroc", "auroc"), ("balanced_accuracy", "balanced_accuracy")):
        name = service.sweeps.begin({**RECIPE, "finetune": {"metric": asked}}, minutes=60, trials=2)
        assert service.sweeps.of(name)["plan"]["metric"] == metric
        if asked == "auroc":
            first = turn(service, name)["trials"][0]
            assert (first["score"], first["error"]) == (pytest.approx(0.45, abs=0.05), 0.02)
        else:
            service.sweeps.cancel(name)


def test_what_is_refused_is_one_line(service, monkeypatch):
    with pytest.raises(NotFound, match="sweep: expected one of this workspace"):
        service.sweeps.of("nope")
    with pytest.raises(BadInput, match=r"train\.epochs: expected pretraining"):
        service.sweeps.begin({**RECIPE, "train": {"epochs": 0}}, minutes=10)
    with pytest.raises(BadInput, match="purpose: expected search or advise, found 'win'"):
        service.sweeps.begin(RECIPE, minutes=10, purpose="win")
    with pytest.raises(BadInput, match="data set: expected a registered one"):
        service.sweeps.begin({"data": {"name": "elsewhere"}}, minutes=10)
    monkeypatch.setattr(extras, "_there", lambda module: module != "optuna")
    with pytest.raises(BadInput, match="a sweep: expected the extra 'sweep', found no optuna; `pip install"):
        service.sweeps.begin(RECIPE, minutes=10)
    assert service.sweeps.listed() == []


def test_without_labels_it_is_scored_without_them_and_the_task_is_not_searched(service):
    manifest = {**make_dataset(service.artefacts).manifest, "name": "bare", "target": {"type": "none"}, "classes": []}
    registered(service.store, manifest)
    recipe = {**RECIPE, "data": {"name": "bare"}, "stages": ["pretrain", "project"]}
    name = service.sweeps.begin(recipe, minutes=60, trials=2)
    plan = service.sweeps.of(name)["plan"]
    assert plan["measure"] == "rankme"
    assert "pretext" not in {one["name"] for one in plan["space"]}
    assert turn(service, name)["trials"][0]["score"] > 1
    with pytest.raises(BadInput, match="expected labels in bare to compare pretext tasks by, found none"):
        service.sweeps.begin(recipe, minutes=60, purpose="advise")
