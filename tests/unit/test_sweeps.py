"""Sweeps: what is searched, what a trial is, how one is ended early, what is refused. Killed ones: tests/crash."""

from __future__ import annotations

import json
import math
import time

import pyarrow as pa
import pytest

from backend.control.record import swept
from backend.control.runs.launchers.local import Local
from backend.control.runs.sweeps import plans, search
from backend.control.runs.sweeps.readings import label_free, readings
from backend.control.runs.sweeps.space import applied, firsts, of_trial, space
from backend.control.service import NotFound, Service
from backend.data.dataset import Dataset
from backend.recipe import resolve
from backend.workspace import extras
from backend.workspace.artefacts import Artefacts
from backend.workspace.events import read_events
from backend.workspace.layout import BadInput
from tests.conftest import make_dataset, registered
from tests.sweep_worker import command

pytest.importorskip("optuna")
RECIPE = {"data": {"name": "bars"}, "encoder": {"name": "convnet", "width": 8}, "title": "Bars"}


@pytest.fixture(scope="module")
def catalogue():
    from backend.control.runs.catalog import catalogue

    return catalogue()


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


def trial(number, params, score, state=swept.COMPLETE, phase="search", readings=()):
    return swept.Trial(number, f"r{number}", params, phase, 0, state, score, [list(one) for one in readings])


class TestSpace:
    def bare(self, catalogue, kind, raw=None):
        return resolve({"data": {"name": "x"}, **(raw or {})}, catalogue, kind=kind).model_dump(mode="json")

    @pytest.mark.parametrize("kind", ["image", "text", "table"])
    def test_every_kind_of_data_has_tasks_encoders_and_settings_to_search(self, catalogue, kind):
        base = self.bare(catalogue, kind)
        found = space(base, catalogue, kind, lambda raw: resolve(raw, catalogue, kind=kind), tasks=True)
        names = [one["name"] for one in found]
        assert {"pretext", "encoder", "train.lr"} <= set(names)
        assert any(name.endswith((".temperature", ".share", ".strength")) for name in names)
        for one in found:
            if "choices" in one:
                assert one["first"] == one["choices"][0] == base[one["name"]]["name"]
                for name in one["choices"]:
                    resolve(applied(base, {one["name"]: name}), catalogue, kind=kind)
            else:
                assert one["low"] < one["high"]
                assert one["low"] <= one["first"] <= one["high"]
        assert applied(base, firsts(found, base)) == base, "the values of the recipe are the recipe"

    def test_what_says_that_no_sweep_tries_it_is_tried_only_where_the_recipe_names_it(self, catalogue):
        def tasks(raw):
            base = self.bare(catalogue, "image", raw)
            found = space(base, catalogue, "image", lambda raw: resolve(raw, catalogue, kind="image"), tasks=True)
            return found[0]["choices"]

        assert "supervised" not in tasks({})
        assert "alignment" not in tasks({})
        assert tasks({"pretext": {"name": "alignment"}})[0] == "alignment"

    def test_a_task_that_the_encoder_cannot_read_for_is_not_tried(self, catalogue):
        base = self.bare(catalogue, "text", {"pretext": {"name": "clm"}, "encoder": {"name": "gpt2"}})
        found = space(base, catalogue, "text", lambda raw: resolve(raw, catalogue, kind="text"), tasks=True)
        told = {one["name"]: one.get("choices") for one in found}
        assert told["pretext"] == ["clm", "simcse"]
        assert told["encoder"] == ["gpt2", "llama"]

    def test_a_range_holds_the_recipes_own_value(self, catalogue):
        base = self.bare(catalogue, "image", {"pretext": {"name": "simclr", "temperature": 4.0}})
        found = space(base, catalogue, "image", lambda raw: None, tasks=False)
        own = next(one for one in found if one["name"] == "pretext.simclr.temperature")
        assert (own["low"], own["high"], own["first"]) == (0.05, 4.0, 4.0)
        assert "of" not in own, "there is no other task that it might not belong to"

    def test_a_trial_pretrains_and_nothing_else(self, catalogue):
        base = self.bare(catalogue, "image")
        recipe = of_trial(base, {"pretext": "vicreg", "train.lr": 0.01}, "T", 0.5, 7)
        told = resolve(recipe, catalogue)
        assert told.stages == ["pretrain"]
        assert (told.pretext.name, told.train.lr, told.train.minutes, told.seed) == ("vicreg", 0.01, 0.5, 7)
        assert told.pretext.params["variance"] == 25.0
        assert base["stages"] != ["pretrain"], "the recipe that is swept stays as it is"


class TestReadings:
    def test_shares_of_the_training(self):
        told = {
            "pretrain.timed": [{"steps": 10}],
            "knn": [{"step": step, "scores": {"auroc": {"value": step / 100, "error": 1}}} for step in (3, 6, 9, 10)],
        }
        assert readings(lambda kind: told.get(kind, []), "knn", "auroc") == [[1, 0.03], [2, 0.06], [3, 0.09], [4, 0.10]]

    def test_of_a_number_and_before_the_first_step(self):
        assert readings(lambda kind: [], "knn") == []
        told = {"pretrain.timed": [{"steps": 4}], "knn": [{"step": 4, "r2": -0.5}]}
        assert readings(lambda kind: told.get(kind, []), "knn") == [[4, -0.5]]

    def test_without_labels(self):
        places = {"backbone": {"rankme": 3.5, "dim": 8, "spectrum": [1.0], "alpha_req": None}}
        told = {
            "pretrain.timed": [{"steps": 8}],
            "collapse": [{"step": 1, "places": {"backbone": {"rankme": 9.0}}}, {"step": 8, "places": places}],
        }
        assert readings(lambda kind: told.get(kind, []), "rankme") == [[4, 3.5]]
        assert label_free(lambda kind: told.get(kind, [])) == {"rankme": 3.5}


PLAN = {
    "seed": 1,
    "metric": "accuracy",
    "recipe": {"pretext": {"name": "a"}, "train": {"lr": 1.0}},
    "space": [
        {"name": "pretext", "choices": ["a", "b"], "first": "a"},
        {"name": "pretext.a.t", "of": {"pretext": "a"}, "low": 0.1, "high": 1.0, "log": True, "first": 0.2},
        {"name": "train.lr", "low": 0.1, "high": 10.0, "log": True, "first": 1.0},
    ],
}


class TestSearch:
    def sweep(self, trials):
        found = swept.Sweep("s", "", "d", "local", "", 0, json.dumps(PLAN))
        found.trials = {one.number: one for one in trials}
        return found

    def test_the_same_ledger_draws_the_same(self):
        told = [trial(n, {"pretext": "b", "train.lr": 1.0 + n}, 0.1 * n) for n in range(8)]
        first, again = search.drawn(PLAN, 8, told), search.drawn(PLAN, 8, told)
        assert first == again
        assert first != search.drawn({**PLAN, "seed": 2}, 8, told)

    def test_settings_of_another_task_are_not_drawn(self):
        for number in range(12):
            params = search.drawn(PLAN, number, [])
            assert ("pretext.a.t" in params) == (params["pretext"] == "a")
            assert 0.1 <= params["train.lr"] <= 10

    def test_a_fixed_value_is_kept(self):
        told = [trial(n, {"pretext": "b", "train.lr": 1.0 + n}, 0.1 * n) for n in range(8)]
        assert search.drawn(PLAN, 8, told, {"pretext": "b"}).keys() == {"pretext", "train.lr"}

    def test_it_draws_better_than_chance_does(self):
        def worth(params):
            return -abs(params["train.lr"] - 3) - (params["pretext"] == "a")

        told = []
        for number in range(40):
            params = search.drawn(PLAN, number, told)
            told.append(trial(number, params, worth(params)))
        by_chance = [worth(search.drawn(PLAN, number, [])) for number in range(40)]
        late = [one.score for one in told[20:]]
        assert sum(late) / len(late) > sum(by_chance) / len(by_chance) / 2, "half of what chance falls short by"
        assert max(told, key=lambda one: one.score).params["train.lr"] == pytest.approx(3, abs=0.5)

    def test_below_the_median_of_whole_trials_it_ends_early(self):
        whole = [
            trial(n, {"pretext": "b", "train.lr": 1.0}, s, readings=[(2, s), (4, s)])
            for n, s in enumerate((5, 6, 7, 8))
        ]
        sweep = self.sweep(whole)
        assert search.pruned(sweep, PLAN, [[1, 0.0], [2, 6.0]])
        assert not search.pruned(sweep, PLAN, [[1, 0.0], [2, 7.0]])
        assert not search.pruned(sweep, PLAN, [[1, 0.0]]), "not before half of its training"
        assert not search.pruned(sweep, PLAN, [[2, 0.0], [4, 0.0]]), "a whole trial is not ended early"
        assert not search.pruned(self.sweep(whole[:3]), PLAN, [[2, 0.0]]), "too few to compare with"
        ended = [trial(4 + n, {"pretext": "b"}, None, swept.PRUNED, readings=[(2, 5.0)]) for n in range(4)]
        assert not search.pruned(self.sweep(whole + ended), PLAN, [[2, 6.0]]), "those that were ended count as well"

    def test_importance_names_the_setting_that_decides(self):
        told = []
        for number in range(30):
            params = search.drawn(PLAN, number, [])
            told.append(trial(number, params, -abs(params["train.lr"] - 3)))
        found = search.importance(self.sweep(told), PLAN)
        assert max(found, key=found.get) == "train.lr"
        assert sum(found.values()) == pytest.approx(1, abs=0.01)
        assert search.importance(self.sweep(told[:5]), PLAN) == {}


class TestPlans:
    def test_minutes_are_shared_out(self):
        told = plans.planned(10, 20, plans.SEARCH, ["a"])
        assert told["share"] == pytest.approx((30 - plans.OVERHEAD) / 60, abs=1e-4)
        assert (told["trials"], told["most"]) == (20, 20)
        assert plans.planned(10, None, plans.SEARCH, ["a"])["most"] is None

    @pytest.mark.parametrize(
        ("asked", "said"),
        [
            ((0, None, plans.SEARCH, ["a"]), "minutes: expected more than 0"),
            ((float("nan"), None, plans.SEARCH, ["a"]), "minutes: expected more than 0"),
            ((1, 20, plans.SEARCH, ["a"]), "minutes: expected at least 3.7 for 20 trials, found 1"),
            ((10, 1, plans.SEARCH, ["a"]), "trials: expected 2 to 200, found 1"),
            ((10, None, plans.ADVISE, ["a"]), "expected several pretext tasks to choose from, found only a"),
            ((10, 7, plans.ADVISE, ["a", "b"]), "trials: expected at least 8 for 2 tasks, found 7"),
        ],
    )
    def test_what_cannot_be_done_is_one_line(self, asked, said):
        with pytest.raises(BadInput, match=said):
            plans.planned(*asked)


def test_no_trial_sees_the_test_split(make_job, workspace, dataset):
    """Other test rows, pictures and labels alike, and a trial's run logs the same."""
    recipe = {
        "stages": ["pretrain"],
        "encoder": {"name": "convnet", "width": 4},
        "train": {"epochs": 1, "batch_size": 32, "knn_every": 2, "minutes": 0},
        "finetune": {"pretrain_seeds": 1},
    }
    first = trained(make_job("first", **recipe))
    table = dataset.table.copy()
    images, test = dataset.images.copy(), (table["split"] == "test").to_numpy()
    images[test], table.loc[test, "label"] = 255 - images[test], 1 - table.loc[test, "label"]
    artefacts = Artefacts(workspace.artefacts)
    kept = artefacts.put_table("table", pa.Table.from_pandas(table, preserve_index=False))
    dataset.manifest["table"] = {"sha256": kept.sha256}
    dataset.manifest["images"]["sha256"] = artefacts.put_arrays("images", {"images": images}).sha256
    job = make_job("second", **recipe)
    job.dataset = Dataset(dataset.manifest, artefacts)
    assert (job.dataset.truth[test] != dataset.truth[test]).all()
    assert trained(job) == first


def trained(job):
    """What the stage pretrain has logged, but for how fast it was."""
    from backend.stages.pretrain import run

    run(job)
    told = [event for event, _ in read_events(job.folder.events) if event["kind"] in ("knn", "collapse")]
    assert {event["kind"] for event in told} == {"knn", "collapse"}
    body = next(event["body"] for event in reversed(told) if event["kind"] == "knn")
    assert body["scores"]["accuracy"]["value"] == pytest.approx(body["accuracy"])
    assert body["scores"].keys() == {"accuracy", "balanced_accuracy", "auroc", "average_precision"}
    assert all(0 <= one["value"] <= 1 and one["error"] >= 0 for one in body["scores"].values())
    return [(event["kind"], event["body"]) for event in told]


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


class TestGain:
    def sweep(self, scores, rows=200, error=0.03, **plan):
        found = swept.Sweep("s", "", "d", "local", "", 0, json.dumps(PLAN | plan))
        for number, score in enumerate(scores):
            found.trials[number] = trial(number, {}, score)
            found.trials[number].rows, found.trials[number].error = rows, error
        return found

    def test_of_the_best_over_the_recipe_as_it_is(self):
        sweep = self.sweep([0.5, 0.7])
        found = plans.gain(sweep, plans.best(sweep))
        assert found["value"] == pytest.approx(0.2)
        assert (found["rows"], found["low"] > 0.1, found["high"] < 0.3) == (200, True, True)

    def test_it_widens_with_the_trials_it_was_picked_from(self):
        few, many = (self.sweep([0.5, *[0.4] * more, 0.7]) for more in (0, 20))
        a, b = (plans.gain(sweep, plans.best(sweep)) for sweep in (few, many))
        assert b["low"] < a["low"] < a["value"] == pytest.approx(b["value"])
        assert b["high"] > a["high"]

    def test_of_another_metric_the_errors_over_rows_decide(self):
        sweep = self.sweep([0.5, 0.7], metric="auroc")
        found, half = plans.gain(sweep, plans.best(sweep)), 1.959963985 * math.sqrt(2) * 0.03
        assert (found["low"], found["high"]) == pytest.approx((0.2 - half, 0.2 + half))

    def test_none_where_the_recipe_is_the_best_or_scores_are_no_shares(self):
        best, numbers = self.sweep([0.7, 0.5]), self.sweep([0.5, 0.7], error=None)
        assert plans.gain(best, plans.best(best)) is None
        assert plans.gain(numbers, plans.best(numbers)) is None


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
