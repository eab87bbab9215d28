"""The stage on the tiny data set: order of events, the sealed test labels, resumption, and what it refuses."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from backend.data.dataset import Dataset
from backend.encoders._examples import Pixels
from backend.engine.features import encode
from backend.engine.job import Job, Stopped
from backend.engine.weights import build_encoder, make_spec, save_encoder
from backend.recipe.arms import models
from backend.stages import study
from backend.stages._study_design import make_design, nearest
from backend.stages.modality.image.data import pixels
from backend.statistics.planning import Spread, foresee
from backend.workspace.artefacts import Artefacts
from backend.workspace.events import EventLog, read_events
from backend.workspace.layout import BadInput

SECTIONS = {
    "encoder": {"name": "convnet", "width": 4},
    "augment": {"name": "digits"},
    "train": {"batch_size": 64},
    "finetune": {
        "fractions": [0.1, 1.0],
        "subset_seeds": 2,
        "pretrain_seeds": 2,
        "methods": ["linear", "lpft"],
        "max_steps": 6,
    },
}


@pytest.fixture
def pretrained(make_job):
    """pretrained(run, **sections) -> a job whose pretraining stage is done (with untrained encoders)."""

    def build(run: str = "r1", dataset: Dataset | None = None, **sections) -> Job:
        job = make_job(run, **{**SECTIONS, **sections})
        if dataset is not None:
            job.dataset = dataset
        spec = make_spec(job.recipe.encoder, job.dataset.manifest)
        for seed in range(job.recipe.finetune.pretrain_seeds):
            encoder = build_encoder(spec, seed)
            features = encode(encoder, Pixels(job.dataset.images), "cpu")
            saved = save_encoder(job.artefacts, f"encoder/ssl/{seed}", encoder, spec)
            body = {"seed": seed, "steps": 20, "seconds": 1.0, "images_per_s": 1.0}
            job.events.append("encoder", body, [saved], key=f"pretrain/{seed}")
            for arm, key in (("ssl", f"pretrain/{seed}"), ("random", f"random/{seed}")):
                put = job.artefacts.put_arrays(f"features/{arm}/{seed}", {"features": features})
                job.events.append("features", {"seed": seed, "dim": encoder.dim}, [put], key=key)
        return job

    return build


def with_table(dataset: Dataset, change) -> Dataset:
    """The same data set with a changed table."""
    table = change(dataset.table.copy())
    put = dataset.artefacts.put_table("table", pa.Table.from_pandas(pd.DataFrame(table), preserve_index=False))
    return Dataset({**dataset.manifest, "table": {"sha256": put.sha256}}, dataset.artefacts)


def log_of(job: Job) -> list[dict]:
    return [event for event, _ in read_events(job.folder.events)]


def test_a_whole_study_seals_then_reads_then_judges(pretrained):
    job = pretrained()
    study.run(job)
    events = log_of(job)
    kinds = [e["kind"] for e in events]
    reading = kinds.index("study.test_read")
    assert max(i for i, k in enumerate(kinds) if k == "study.cell") < reading < kinds.index("study.verdict")
    assert kinds.count("study.test_read") == 1
    cells = [e for e in events if e["kind"] == "study.cell"]
    started = next(e for e in events if e["kind"] == "study.started")["body"]
    # ssl 2 methods and scratch_aug, random: x 2 seeds; scratch_plain, classical (2 methods): once; x 4 subsets
    assert len(cells) == started["models"] == (4 * 2 + 3) * 4
    assert all("test" not in e["body"] for e in cells)
    assert started["class_weights"] == (started["metric"] == "balanced_accuracy")
    verdict = job.events.seen("study.verdict", "study")
    assert verdict["body"]["quick"]
    assert {c["against"] for c in verdict["body"]["contrasts"]} == {
        "scratch_aug",
        "scratch_plain",
        "random",
        "classical",
    }
    table = job.artefacts.table(verdict["subjects"][0]["sha256"])
    assert len(table) == len(cells)
    assert job.progress.done == job.progress.total == len(cells)
    check_exports(job, events)


def check_exports(job: Job, events: list[dict]) -> None:
    """A classifier an arm, and the predictions of every seed pair at the audited fraction."""
    models = {e["key"]: e for e in events if e["kind"] == "classifier"}
    assert set(models) == {"ssl/1", "scratch_aug/1"}
    told = [e for e in events if e["kind"] == "predictions"]
    assert len(told) == 2 * 2 * 2
    frame = job.artefacts.table(told[0]["subjects"][0]["sha256"]).to_pandas()
    assert list(frame.columns) == ["row", "split", "label", "predicted", "p_0", "p_1"]
    assert set(frame["split"]) == {"val", "test"}
    assert (frame["label"].to_numpy() == job.dataset.labels[frame["row"]]).all()
    # The exported classifier is the model of the exported predictions.
    from backend.engine.supervised import predict
    from backend.engine.weights import load_classifier

    first = next(e for e in told if e["key"] == "ssl/1/0/0")
    frame = job.artefacts.table(first["subjects"][0]["sha256"]).to_pandas()
    model = load_classifier(job.artefacts, models["ssl/1"]["subjects"][0]["sha256"])
    again = predict(model, Pixels(job.dataset.images[frame["row"]]), "cpu")
    assert np.abs(again - frame[["p_0", "p_1"]].to_numpy()).max() < 1e-4


def test_a_stopped_study_goes_on_and_ends_the_same(pretrained):
    whole, cut = pretrained("whole"), pretrained("cut")
    study.run(whole)
    told, append = 0, cut.events.append

    def counting(kind, *rest, **more):
        nonlocal told
        append(kind, *rest, **more)
        told += kind == "study.cell"
        if told in (5, 19):
            told += 1
            cut.stop.set()

    for _ in range(3):
        cut.events.append = counting
        try:
            study.run(cut)
        except Stopped:
            cut.events.close()
            log = EventLog(cut.folder.events)
            append = log.append
            cut = Job(cut.folder, cut.recipe, cut.dataset, "cpu", log, Artefacts(cut.artefacts.root))
    assert cut.events.seen("study.verdict", "study")["body"] == whole.events.seen("study.verdict", "study")["body"]
    keys = [(e["kind"], e["key"]) for e in log_of(cut)]
    assert len(keys) == len(set(keys))
    assert set(keys) == {(e["kind"], e["key"]) for e in log_of(whole)}
    digests = [
        {e["key"]: e["body"]["test_digest"] for e in log_of(j) if e["kind"] == "study.cell"} for j in (cut, whole)
    ]
    assert digests[0] == digests[1]


def test_test_labels_change_nothing_before_the_reading(pretrained, dataset):
    """The same study on flipped test labels: every cell is the same, the verdict is not."""

    def flip(table):
        test = table["split"] == "test"
        table.loc[test, "label"] = 1 - table.loc[test, "label"]
        return table

    plan = {**SECTIONS["finetune"], "methods": ["linear"]}
    true = pretrained("true", finetune=plan)
    false = pretrained("false", dataset=with_table(dataset, flip), finetune=plan)
    study.run(true)
    study.run(false)
    cells = [{e["key"]: e["body"] for e in log_of(j) if e["kind"] == "study.cell"} for j in (true, false)]
    assert cells[0] == cells[1]
    verdicts = [j.events.seen("study.verdict", "study")["body"]["table"] for j in (true, false)]
    assert verdicts[0] != verdicts[1]


def test_no_labels_at_all_skips_with_a_reason(pretrained, dataset):
    job = pretrained(dataset=with_table(dataset, lambda t: t.assign(label=-1)))
    study.run(job)
    assert "no labels" in job.events.seen("stage.skipped", "study")["body"]["reason"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t.assign(split=t["split"].replace("val", "train")), "labelled rows in split val, found 0"),
        (lambda t: t.assign(label=t["label"].where(t["split"] != "val", 0)), "two classes in the validation split"),
        (
            lambda t: t.assign(label=t["label"].where(t["split"] != "train", -1)),
            "labelled rows in split train, found 0",
        ),
    ],
)
def test_splits_that_cannot_carry_a_study_get_one_line(pretrained, dataset, change, said):
    with pytest.raises(BadInput, match=said):
        study.run(pretrained(dataset=with_table(dataset, change)))


def test_nan_features_get_one_line(pretrained):
    job = pretrained()
    event = job.events.seen("features", "pretrain/0")
    features = job.artefacts.array(event["subjects"][0]["sha256"], "features")
    features[3, 0] = np.nan
    event["subjects"][0]["sha256"] = job.artefacts.put_arrays("features/ssl/0", {"features": features}).sha256
    with pytest.raises(BadInput, match="1 of them with NaN or infinity"):
        study.run(job)


def test_without_pretraining_it_says_which_stage_is_missing(make_job):
    with pytest.raises(BadInput, match="add stage 'pretrain'"):
        study.run(make_job(**SECTIONS))


def test_design_hides_test_labels_and_leaves_out_missing_ones(pretrained, dataset):
    half = with_table(dataset, lambda t: t.assign(label=t["label"].where(t["row"] % 2 == 0, -1)))
    job = pretrained(dataset=half)
    design = make_design(job.recipe, half)
    assert (design.labels[half.rows("test")] == -1).all()
    for cell in design.cells:
        assert (half.labels[cell.rows] >= 0).all()
        assert set(cell.rows) <= set(half.rows("train"))
    assert (design.val % 2 == 0).all()


def test_what_joins_data_and_embedding_is_asked_of_the_untrained_encoder_too(pretrained, dataset):
    recipe = pretrained().recipe
    assert make_design(recipe, dataset).arms["random"] == ("linear",)
    both = recipe.finetune.model_copy(update={"methods": ["linear", "trees_on_both"], "baselines": ["random"]})
    design = make_design(recipe.model_copy(update={"finetune": both}), dataset)
    assert design.arms == {"ssl": ("linear", "trees_on_both"), "random": ("linear", "trees_on_both")}
    for made, asked in ((make_design(recipe, dataset), recipe.finetune), (design, both)):
        assert made.models == sum(models(asked, made.arms).values())


@pytest.mark.parametrize(("fractions", "expected"), [([0.01, 0.1, 1.0], 0.1), ([0.05, 0.2], 0.2), ([1.0], 1.0)])
def test_the_headline_fraction_is_the_nearest_to_ten_percent(fractions, expected):
    assert nearest(fractions, 0.1) == expected


@pytest.mark.parametrize(("shape", "numbers"), [((2, 1, 28, 28), 784), ((2, 3, 64, 64), 768), ((2, 3, 18, 18), 972)])
def test_pixels_are_averaged_down_to_what_classical_models_take(shape, numbers):
    import torch

    values = pixels(torch.full(shape, 51, dtype=torch.uint8))
    assert values.shape == (2, numbers)
    assert values.allclose(torch.tensor(0.2))


PLANNED = {
    "finetune": {
        **SECTIONS["finetune"],
        "subset_seeds": 3,
        "precision": 0.2,
        "methods": ["knn"],
        "baselines": ["random"],
    }
}


def test_a_planned_study_fixes_its_subsets_before_the_test_labels_are_read(pretrained):
    job = pretrained("planned", **PLANNED)
    study.run(job)
    kinds = [e["kind"] for e in log_of(job)]
    assert kinds.count("study.plan") == 1
    assert kinds.index("study.plan") < kinds.index("study.test_read")
    plan, verdict = (job.events.seen(f"study.{what}", "study")["body"] for what in ("plan", "verdict"))
    assert min(plan["subsets"].values()) == 3
    assert verdict["subsets"] == plan["subsets"]
    fitted = [e["body"] for e in log_of(job) if e["kind"] == "study.cell"]
    for name, count in plan["subsets"].items():
        arm, method, fraction = name.split("/")
        own = [c for c in fitted if (c["arm"], c["method"], f"{c['fraction']:g}") == (arm, method, fraction)]
        assert {c["subset_seed"] for c in own} == set(range(count)), name
    assert max(plan["subsets"].values()) > 3, "no place got more subsets than the pilot"
    # A later study like this one is foreseen to be this one
    pairs = [Spread.read(told) for told in plan["spreads"]]
    found = foresee(pairs, plan["cost"], 3, plan["precision"])
    counts = [plan["subsets"][name] for pair in pairs for name in (pair.first, pair.second)]
    assert found.subsets == (min(counts), max(counts))
    assert (found.ended_by, found.would_take is None) == (plan["ended_by"], plan["would_take"] is None)
    assert found.seconds == pytest.approx(plan["pilot"]["seconds"] + plan["seconds"], abs=0.2)


def test_a_planned_study_that_was_stopped_keeps_its_plan(pretrained, monkeypatch):
    whole, cut = pretrained("whole-plan", **PLANNED), pretrained("cut-plan", **PLANNED)
    monkeypatch.setattr("backend.stages.study.Clock.lap", lambda self: 0.01)  # plans of equal times are equal
    study.run(whole)
    cut.check_stop = stop_after(cut, "study.plan")
    with pytest.raises(Stopped):
        study.run(cut)
    cut.check_stop = lambda: None
    study.run(cut)
    bodies = [[e["body"] for e in log_of(job) if e["kind"] == "study.verdict"] for job in (whole, cut)]
    assert bodies[0] == bodies[1]
    assert sum(e["kind"] == "study.plan" for e in log_of(cut)) == 1


def stop_after(job: Job, kind: str):
    """A check that stops the stage some time after an event of this kind was logged."""
    left = [5]

    def check() -> None:
        if job.events.seen(kind, "study"):
            left[0] -= 1
            if left[0] == 0:
                raise Stopped

    return check
