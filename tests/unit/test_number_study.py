"""A number through the study: what is planted is found, what is not is not, and a lower error is a gain."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from backend.data.dataset import Dataset
from backend.data.register import register
from backend.engine.neighbours import knn_r2
from backend.engine.targets import of
from backend.recipe import resolve
from backend.registry import catalogue
from backend.stages import study
from backend.stages._study_design import make_design
from backend.targets import names, type_of
from backend.workspace.artefacts import Artefacts
from backend.workspace.layout import BadInput
from tests.numbered import UNIT, events_of, numbered, planted, studied


@pytest.fixture
def found(workspace, dataset):
    numbers, features = planted(dataset)
    job = studied(workspace, numbered(dataset, numbers), features)
    study.run(job)
    return job


def contrast(job, against: str, fraction: float = 1.0) -> dict:
    body = job.events.seen("study.verdict", "study")["body"]
    return next(c for c in body["contrasts"] if (c["against"], c["fraction"]) == (against, fraction))


def test_a_planted_number_is_found_and_a_lower_error_is_a_gain(found):
    cells = found.artefacts.table(found.events.seen("study.verdict", "study")["subjects"][0]["sha256"]).to_pandas()
    own = cells[(cells["arm"] == "ssl") & (cells["method"] == "linear") & (cells["fraction"] == 1)]
    assert (own["test_r2"] > 0.9).all()
    assert (own["test_mae"] < 5).all()
    told = contrast(found, "random")
    assert told["difference"]["value"] < -5
    assert told["difference"]["high"] < 0
    assert told["decision"] == "gain"


def test_the_verdict_names_its_target_and_its_margin_in_the_unit(found):
    started = events_of(found, "study.started")[0]["body"]
    verdict = found.events.seen("study.verdict", "study")["body"]
    numbers = found.dataset.truth[found.dataset.rows("train")]
    assert started["target"] == verdict["target"] == {"type": "number", "column": "life", "unit": UNIT}
    assert started["margin"] == verdict["margin"] == pytest.approx(0.01 * numbers.std())
    assert verdict["metric"] == "mae"
    assert verdict["chance"] == pytest.approx(16, abs=4)  # 0.8 of a standard deviation of 20
    assert verdict["efficiency"]["fraction"]["value"] == 0.5  # already there at the smallest fraction


def test_predictions_hold_the_number_and_its_quantiles(found):
    frame = found.artefacts.table(events_of(found, "predictions")[0]["subjects"][0]["sha256"]).to_pandas()
    assert list(frame) == ["row", "split", "target", "predicted", "q_0.1", "q_0.5", "q_0.9"]
    assert (frame["q_0.1"] < frame["q_0.9"]).all()
    val = frame[frame["split"] == "val"]
    assert 0.75 <= ((val["target"] > val["q_0.1"]) & (val["target"] < val["q_0.9"])).mean() <= 0.85


def test_a_shuffled_number_gives_no_significant_gain(workspace, dataset):
    numbers, features = planted(dataset)
    job = studied(workspace, numbered(dataset, np.random.default_rng(1).permutation(numbers)), features)
    study.run(job)
    for against in ("random", "classical"):
        assert contrast(job, against)["decision"] in ("no significant difference", "equivalent")


@pytest.mark.parametrize("metric", ["rmse", "r2", "spearman", "pinball"])
def test_every_metric_can_lead(workspace, dataset, metric):
    numbers, features = planted(dataset)
    job = studied(workspace, numbered(dataset, numbers), features, metric=metric, baselines=["random"])
    study.run(job)
    told = contrast(job, "random")
    assert told["decision"] == "gain"
    assert np.sign(told["difference"]["value"]) == (1 if metric in ("r2", "spearman") else -1)


def test_the_number_is_standardised_by_the_drawn_rows_alone(workspace, dataset):
    """Another number in every row that no cell draws changes no prediction: of the test rows and of unlabelled ones."""
    numbers, features = planted(dataset)
    digests = []
    for shift in (0, 1000):
        moved = numbers.copy()
        moved[dataset.rows("test")] += shift
        job = studied(workspace, numbered(dataset, moved), features, f"shift{shift}", methods=["knn", "linear", "lpft"])
        study.run(job)
        digests.append({e["key"]: e["body"]["test_digest"] for e in events_of(job, "study.cell")})
    assert digests[0] == digests[1]


def test_a_head_starts_at_the_mean_and_ends_in_the_unit():
    import torch

    learning = of("number").learning(np.array([90.0, 110.0, 130.0]), 0)
    head = learning.head(4)
    x = torch.randn(5, 4)
    assert head(x)[:, 0].tolist() == pytest.approx([110] * 5)
    with torch.no_grad():
        head.weight.normal_()
        before = head(x)
        learning.begin(head)
        assert torch.allclose(learning.outputs(head(x)), before, atol=1e-3)
        learning.end(head)
        assert torch.allclose(head(x), before, atol=1e-3)


def test_rows_without_a_number_are_left_out(workspace, dataset):
    numbers, features = planted(dataset)
    numbers[::3] = np.nan
    job = studied(workspace, numbered(dataset, numbers), features, methods=["linear"], baselines=["random"])
    design = make_design(job.recipe, job.dataset)
    assert all(np.isfinite(numbers[c.rows]).all() for c in design.cells)
    assert np.isnan(design.labels[job.dataset.rows("test")]).all()
    study.run(job)
    read = events_of(job, "study.test_read")[0]["body"]
    assert read["rows"] == np.isfinite(numbers[job.dataset.rows("test")]).sum()


def test_neighbours_foretell_a_number():
    x = np.linspace(0.1, 1.4, 200)
    bank = np.column_stack([np.cos(x), np.sin(x)])
    k, r2 = knn_r2(bank[::2], x[::2], bank[1::2], x[1::2], k=5)
    assert k == 5
    assert r2 > 0.99


# Registration


def written(tmp_path, values) -> dict:
    """A spec of a folder of eight-pixel pictures and a table that says a number of each."""
    from PIL import Image

    rng = np.random.default_rng(0)
    folder = tmp_path / "pictures"
    folder.mkdir()
    for i in range(len(values)):
        Image.fromarray(rng.integers(0, 255, (8, 8), np.uint8)).save(folder / f"{i:03}.png")
    frame = pd.DataFrame({"path": [f"{i:03}.png" for i in range(len(values))], "life": values})
    frame.to_csv(folder / "table.csv", index=False)
    return {"name": "n", "path": str(folder / "table.csv"), "label": "life", "target": "number", "unit": UNIT}


def test_a_column_of_numbers_is_registered(workspace, tmp_path):
    artefacts = Artefacts(workspace.artefacts)
    values = [*map(str, np.round(np.random.default_rng(0).normal(100, 9, 60), 2)), "", "NA"]
    manifest, _ = register(written(tmp_path, values), artefacts)
    assert manifest["target"] == {"type": "number", "column": "life", "unit": UNIT}
    assert (manifest["label"], manifest["classes"]) == (None, [])
    data = Dataset(manifest, artefacts)
    assert np.isnan(data.truth[-2:]).all()
    assert data.truth[:60].tolist() == pytest.approx([float(v) for v in values[:60]])
    assert (data.labels == -1).all()
    sheet = json.loads(artefacts.path(manifest["sheet"]["sha256"], "json").read_text())
    assert sheet["target"]["missing"] == 2
    assert sum(map(sum, sheet["target"]["histogram"]["counts"].values())) == 60
    assert sheet["target"]["splits"]["train"]["quartiles"][2] == pytest.approx(
        np.median(data.truth[data.rows("train")][np.isfinite(data.truth[data.rows("train")])])
    )
    assert any("2 images without a number" in w for w in sheet["warnings"])


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (["12", "dear", *["3"] * 30], "label 'life' of table.csv: expected numbers, found 'dear'"),
        (["5"] * 30, "expected different numbers in the column, found the same in every row"),
        (["1e+400", *map(str, range(30))], "expected finite numbers, found infinity in row 0"),
        (["1", "2", *[""] * 30], "expected at least 8 rows with a number, found 2"),
    ],
)
def test_what_is_no_number_is_refused_in_one_line(workspace, tmp_path, values, said):
    with pytest.raises(BadInput, match=said) as error:
        register(written(tmp_path, values), Artefacts(workspace.artefacts))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"target": "class"}, "expected a unit only with target number or event"),
        ({"positive": ["1"]}, "expected no positive values with target number"),
        ({"label": False}, "expected a label column with target number"),
        ({"horizon": 30}, "horizon and a column of observed events only with target event"),
        ({"target": "price"}, "target: expected one of 'class', 'number' or 'event', found 'price'"),
    ],
)
def test_a_spec_that_contradicts_itself_is_refused(change, said):
    from backend.data.spec import parse

    with pytest.raises(BadInput, match=said):
        parse({"name": "n", "path": "x.csv", "label": "life", "target": "number", "unit": UNIT, **change})


def test_a_recipe_is_held_to_the_target():
    raw = {"data": {"name": "n"}}
    known = catalogue()
    assert resolve(raw, known, target="number").finetune.metric == "mae"
    assert resolve(raw, known).finetune.metric == "accuracy"
    with pytest.raises(BadInput, match=r"finetune.metric: expected one of target number \(mae, .*found 'accuracy'"):
        resolve({**raw, "finetune": {"metric": "accuracy"}}, known, target="number")
    with pytest.raises(BadInput, match=r"pretext.name: expected one that takes target number .*found 'supervised'"):
        resolve({**raw, "pretext": {"name": "supervised"}}, known, target="number")
    odd = {**known, "finetune": {**known["finetune"], "knn": {**known["finetune"]["knn"], "targets": ["class"]}}}
    with pytest.raises(BadInput, match=r"finetune.methods: expected one that takes target number .*found 'knn'"):
        resolve(raw, odd, target="number")


def test_manifests_say_their_type():
    assert type_of({"label": "sex", "classes": ["a", "b"]}) == "class"
    assert type_of({"label": None, "classes": []}) == "none"
    assert type_of({"label": None, "classes": [], "target": {"type": "number"}}) == "number"
    assert {"class", "number", "none"} <= set(names())


# Explanations


def test_a_number_is_explained_by_its_single_output(workspace, dataset):
    from backend.questions import attribute as questions
    from backend.questions import predict
    from backend.stages import attribute

    numbers, features = planted(dataset)
    job = studied(workspace, numbered(dataset, numbers), features, methods=["lpft"])
    job.recipe.attribution.examples = 4
    job.recipe.attribution.methods = ["integrated_gradients", "occlusion"]
    study.run(job)
    attribute.run(job)
    body = job.events.seen("attribution", "ssl/integrated_gradients")["body"]
    assert body["probability"] == [None] * 4
    assert body["label"] == pytest.approx(numbers[body["rows"]].tolist())
    assert all(isinstance(value, float) for value in body["predicted"])
    assert body["completeness"]["certified"] > 0.5
    controls = job.events.seen("attribution.controls", "ssl")["body"]
    drawn = controls["curves"]["integrated_gradients"]
    assert drawn["deletion"][-1] == pytest.approx(0)
    assert drawn["insertion"][0] == pytest.approx(0)
    assert drawn["deletion"][0] == pytest.approx(drawn["insertion"][-1])
    sha256 = job.events.seen("classifier", "ssl/1")["subjects"][0]["sha256"]
    asked = {"classifier": sha256, "dataset": job.dataset.manifest, "rows": body["rows"]}
    told = predict.answer(asked, workspace)["result"]
    assert told["predicted"] == pytest.approx(body["predicted"], rel=1e-4)
    assert told["probabilities"] == [None] * 4
    mapped = questions.answer({**asked, "kind": "attribute", "methods": ["saliency"]}, workspace)
    assert set(mapped["result"]["methods"]) == {"saliency", "random_map", "input_copy"}


def test_a_number_planted_in_pictures_is_found_by_pretraining_and_a_probe(workspace):
    """How bright a field is, of the invented clinic: any encoder sees it, so the probe must find it."""
    from backend.engine.job import Job
    from backend.stages import pretrain
    from backend.workspace.events import EventLog

    artefacts = Artefacts(workspace.artefacts)
    spec = {"name": "c", "builtin": "clinic", "params": {"n": 240, "size": 20}, "label": "brightness"}
    manifest, _ = register({**spec, "target": "number", "unit": "grey levels"}, artefacts)
    plan = {"fractions": [1.0], "subset_seeds": 2, "pretrain_seeds": 1, "methods": ["linear"], "baselines": ["random"]}
    raw = {"data": {"name": "c"}, "encoder": {"name": "convnet", "width": 4}, "augment": {"name": "digits"}}
    raw |= {"train": {"epochs": 3, "batch_size": 32, "knn_every": 5}, "finetune": plan}
    folder = workspace.run("c1")
    folder.checkpoints.mkdir(parents=True, exist_ok=True)
    log = EventLog(folder.events)
    job = Job(folder, resolve(raw, catalogue(), target="number"), Dataset(manifest, artefacts), "cpu", log, artefacts)
    pretrain.run(job)
    study.run(job)
    cells = artefacts.table(job.events.seen("study.verdict", "study")["subjects"][0]["sha256"]).to_pandas()
    assert (cells[cells["arm"] == "ssl"]["test_r2"] > 0).all()  # 0 is what always answering the mean gives
    assert events_of(job, "knn")[-1]["body"]["r2"] > 0


def test_a_number_of_texts_goes_through_study_and_explanation(workspace, reviews, tmp_path):
    """Stars that one word decides: registered, learned by LP-FT and TF-IDF, explained word by word."""
    from backend.engine.job import Job
    from backend.questions import attribute as questions
    from backend.stages import attribute, pretrain
    from backend.workspace.events import EventLog

    artefacts = Artefacts(workspace.artefacts)
    stars = np.where(reviews.labels == 1, 5, 2) + np.round(np.random.default_rng(0).normal(0, 0.3, 160), 2)
    frame = pd.DataFrame({"text": reviews.texts, "stars": stars, "sex": reviews.table["sex"]})
    frame.to_csv(tmp_path / "stars.csv", index=False)
    spec = {"name": "stars", "kind": "text", "path": str(tmp_path / "stars.csv"), "text_column": "text"}
    manifest, _ = register({**spec, "label": "stars", "target": "number", "sensitive": ["sex"]}, artefacts)
    plan = {"fractions": [1.0], "subset_seeds": 2, "pretrain_seeds": 1, "max_steps": 8, "methods": ["linear", "lpft"]}
    raw = {
        "data": {"name": "stars"},
        "encoder": {"name": "bert", "width": 32, "layers": 1, "heads": 2},
        "tokenizer": {"name": "wordpiece", "vocabulary": 200, "length": 24},
        "train": {"epochs": 2, "batch_size": 8, "knn_every": 4},
        "finetune": {**plan, "baselines": ["scratch_aug", "classical"]},
        "attribution": {"methods": ["layer_integrated_gradients"], "examples": 2},
    }
    folder = workspace.run("s1")
    folder.checkpoints.mkdir(parents=True, exist_ok=True)
    recipe = resolve(raw, catalogue(), kind="text", target="number")
    log = EventLog(folder.events)
    job = Job(folder, recipe, Dataset(manifest, artefacts), "cpu", log, artefacts)
    pretrain.run(job)
    study.run(job)
    attribute.run(job)
    cells = artefacts.table(job.events.seen("study.verdict", "study")["subjects"][0]["sha256"]).to_pandas()
    assert (cells[cells["method"] == "tfidf"]["test_r2"] > 0.8).all()
    body = job.events.seen("attribution", "ssl/layer_integrated_gradients")["body"]
    assert len(body["bare"]) == 2
    assert 1 < min(body["label"]) <= max(body["label"]) < 7
    sha256 = job.events.seen("classifier", "ssl/1")["subjects"][0]["sha256"]
    asked = {
        "classifier": sha256,
        "texts": ["She found it splendid."],
        "methods": ["token_occlusion"],
        "kind": "attribute",
    }
    told = questions.answer(asked, workspace)["result"]
    assert told["probability"] == [None]
    assert isinstance(told["predicted"][0], float)
