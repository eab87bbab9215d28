"""What a sweep searches, what its trials read, and that none of them reads the test split."""

from __future__ import annotations

import pyarrow as pa
import pytest

from backend.control.runs.sweeps.readings import label_free, readings
from backend.control.runs.sweeps.space import applied, firsts, of_trial, space
from backend.data.dataset import Dataset
from backend.recipe import resolve
from backend.workspace.artefacts import Artefacts
from backend.workspace.events import read_events


@pytest.fixture(scope="module")
def catalogue():
    from backend.control.runs.catalog import catalogue

    return catalogue()


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
