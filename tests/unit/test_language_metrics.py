"""Readings of a language model: frequency bands, anisotropy, perplexity, bits a byte, intervals, and in a whole run."""

from __future__ import annotations

from math import log

import numpy as np
import pytest
import torch

from backend.collapse._monitor import Monitor
from backend.engine.job import Stopped
from backend.language.frequency import by_frequency, entropy, stretches, token_counts
from backend.language.readings import anisotropy, of_a_layer, ratio_interval
from backend.stages import pretrain
from backend.workspace.events import read_events
from backend.workspace.layout import BadInput


class Stream:
    """A corpus of nothing but ids."""

    def __init__(self, ids):
        self.ids = np.asarray(ids, dtype=np.uint16)

    def __len__(self):
        return len(self.ids)


def bodies(job, kind: str) -> list[dict]:
    return [event["body"] for event, _ in read_events(job.folder.events) if event["kind"] == kind]


def test_counts_are_those_of_the_whole_corpus(monkeypatch):
    ids = np.random.default_rng(0).integers(0, 9, 1000)
    monkeypatch.setattr("backend.language.frequency.READ", 64)
    assert token_counts(Stream(ids), 10).tolist() == np.bincount(ids, minlength=10).tolist()


def test_a_sample_is_bounded_and_made_of_whole_stretches():
    assert stretches(Stream(range(500)), 1000).tolist() == list(range(500))
    found = stretches(Stream(range(60_000)), 6_400)
    assert len(found) == 6_400
    assert (np.diff(found) == 1).sum() == 64 * 99
    assert found[0] == 0
    assert found[-1] == 59_999


def test_entropy_is_the_loss_of_guessing_without_looking():
    assert entropy(np.array([2, 1, 1, 0])) == pytest.approx(1.5 * log(2))


def test_bands_hold_each_guess_once():
    counts = np.array([0, 5, 50, 50, 2_000_000])
    truth = np.array([0, 1, 2, 3, 4, 4])
    found = by_frequency(counts, truth, np.array([9.0, 6, 4, 2, 1, 0]), np.array([0, 0, 1, 0, 1, 1], dtype=bool))
    assert [row["band"] for row in found] == ["never", "1 to 9", "10 to 99", "100,000 and more"]
    assert [row["tokens"] for row in found] == [1, 1, 2, 2]
    assert found[2]["loss"] == pytest.approx(3)
    assert found[2]["accuracy"] == pytest.approx(0.5)


def test_anisotropy_is_the_mean_cosine_of_all_pairs():
    z = torch.randn(40, 7, dtype=torch.float64, generator=torch.Generator().manual_seed(0)) + 0.5
    unit = z / z.norm(dim=1, keepdim=True)
    pairs = [(unit[i] @ unit[j]).item() for i in range(40) for j in range(40) if i != j]
    assert anisotropy(z) == pytest.approx(np.mean(pairs))
    assert anisotropy(torch.ones(5, 3)) == pytest.approx(1)
    assert anisotropy(torch.tensor([[1.0, 0.0], [-1.0, 0.0]])) == pytest.approx(-1)
    assert anisotropy(torch.ones(1, 3)) is None


def test_a_layer_of_no_numbers_is_told_as_such():
    assert of_a_layer(torch.full((4, 3), torch.nan)) == {"anisotropy": None, "effective_rank": None, "dim": 3}
    assert of_a_layer(torch.eye(3).repeat(4, 1) - 1 / 3)["effective_rank"] == pytest.approx(2)


def test_the_interval_of_a_ratio_covers_its_truth():
    draw, hits = np.random.default_rng(0), 0
    for _ in range(400):
        counts = draw.integers(5, 30, 40)
        sums = np.array([draw.normal(0.3, 1, n).sum() + draw.normal(0, 2) for n in counts])
        found = ratio_interval(sums, counts)
        hits += found["low"] < 0.3 < found["high"]
    assert 0.91 < hits / 400 < 0.98
    assert ratio_interval(np.array([2.0]), np.array([4])) == {"value": 0.5, "low": None, "high": None}


SMALL = {"name": "gpt2", "width": 32, "layers": 2, "heads": 2}
LONGER = {"epochs": 24, "batch_size": 8, "lr": 3e-3, "knn_every": 40, "log_every": 10}


def test_a_causal_model_is_read_beside_its_n_grams(make_text_job):
    by_bytes = {"name": "bpe", "vocabulary": 300, "length": 24}  # it gives every text back: bits a byte are told
    job = make_text_job(pretext={"name": "clm"}, encoder=SMALL, train=LONGER, tokenizer=by_bytes)
    pretrain.run(job)
    (counted,) = bodies(job, "lm.baselines")
    loss = {model["name"]: model["loss"] for model in counted["models"]}
    assert list(loss) == ["unigram", "bigram", "trigram"]
    assert max(loss["bigram"], loss["trigram"]) < loss["unigram"]
    first, *_, last = bodies(job, "lm")
    assert last["loss"] < first["loss"]
    assert last["perplexity"] == pytest.approx(np.exp(last["loss"]))
    assert last["tokens"] == counted["tokens"]
    assert 0 < last["bits_per_byte"] < last["loss"] / log(2)
    assert sum(row["tokens"] for row in last["by_frequency"]) == last["tokens"]
    assert last["loss"] == pytest.approx(
        sum(row["loss"] * row["tokens"] for row in last["by_frequency"]) / last["tokens"]
    )
    against = last["against"]
    assert against["difference"]["value"] == pytest.approx(last["loss"] - loss[against["name"]])
    layers = bodies(job, "layers")[0]
    assert len(layers["layers"]) == 3
    assert layers["sentences"]["texts"] == int((job.dataset.table["split"] == "val").sum())
    assert -1 <= layers["sentences"]["anisotropy"] <= 1
    (made,) = bodies(job, "lm.samples")
    assert len(made["samples"]) == 3
    assert all(0 <= one["probability"] <= 1 for one in made["samples"][0]["tokens"])
    assert all(body["alignment"] is None for body in bodies(job, "collapse"))
    assert bodies(job, "collapse")[-1]["verdict"]["state"] == "healthy"


def test_a_masked_model_is_read_on_masks_that_training_does_not_choose(make_text_job):
    readings = {}
    for masking in ("random", "adaptive"):
        job = make_text_job(
            masking,
            pretext={"name": "mlm", "masking": masking},
            encoder={"name": "modernbert", "width": 32, "layers": 2, "heads": 2},
            train={**LONGER, "epochs": 40, "optimizer": "muon", "lr": 1e-2},
        )
        pretrain.run(job)
        (counted,) = bodies(job, "lm.baselines")
        assert [model["name"] for model in counted["models"]] == ["unigram", "left neighbour", "both neighbours"]
        readings[masking] = bodies(job, "lm")[-1], counted
    (random, same), (adaptive, counted) = readings["random"], readings["adaptive"]
    assert random["tokens"] == adaptive["tokens"]
    assert [m["accuracy"] for m in counted["models"]] == [m["accuracy"] for m in same["models"]]
    assert random["bits_per_byte"] is None
    assert "both sides" in random["note"]
    assert random["masked_accuracy"] > counted["models"][0]["accuracy"]
    assert adaptive["loss"] != random["loss"]


def test_adaptive_masking_resumes_bit_for_bit(make_text_job):
    def digest(job) -> str:
        return next(e for e, _ in read_events(job.folder.events) if e["kind"] == "encoder")["subjects"][0]["sha256"]

    pretext = {"name": "mlm", "masking": "adaptive", "whole_word": True}
    whole = make_text_job("whole", pretext=pretext)
    pretrain.run(whole)
    parts = make_text_job("parts", pretext=pretext)
    asked = iter(range(10_000))
    parts.stop.is_set = lambda: next(asked) > 12
    with pytest.raises(Stopped):
        pretrain.run(parts)
    again = make_text_job("parts", pretext=pretext)
    pretrain.run(again)
    assert digest(again) == digest(whole)
    assert len(bodies(again, "lm.baselines")) == len(bodies(again, "lm.samples")) == 1


@pytest.mark.parametrize("name", ["simcse", "rtd"])
def test_a_task_without_a_language_model_has_its_layers_read_alone(make_text_job, name):
    job = make_text_job(name, pretext={"name": name}, train={"epochs": 1, "batch_size": 8, "knn_every": 4})
    pretrain.run(job)
    assert bodies(job, "layers")
    assert not any(bodies(job, kind) for kind in ("lm", "lm.baselines", "lm.samples"))
    assert (bodies(job, "collapse")[-1]["alignment"] is None) == (name == "rtd")


def test_a_task_that_does_not_fit_its_encoder_is_refused_with_the_recipe(make_text_job):
    with pytest.raises(BadInput, match=r"encoder.name: expected one that .* clm fits \(gpt2, llama.*found 'bert'"):
        make_text_job(pretext={"name": "clm"})


def course(place: str, spreads: list[float], losses: list[float], bound: float | None) -> list[str]:
    """Verdicts of a monitor that is shown token states of this spread about a common direction."""
    monitor, states = Monitor(1, views=1, sphere=False), []
    draw = torch.Generator().manual_seed(0)
    for step, (spread, loss) in enumerate(zip(spreads, losses, strict=True), start=1):
        noise = torch.randn(512, 32, generator=draw) / 32**0.5
        z = (1 - spread**2) ** 0.5 * torch.eye(32)[0] + spread * noise
        monitor.update(step, {place: z})
        states.append(monitor.read(step, loss, bound)["verdict"]["state"])
    return states


def test_a_narrow_cone_is_no_collapse_while_the_loss_tells_contexts_apart():
    falling = [7.0, 6.0, 5.0, 4.5, 4.2, 4.0, 3.9, 3.8]
    assert set(course("tokens", [1.0] + [0.2] * 7, falling, bound=6.0)) == {"healthy"}


def test_learning_first_how_often_tokens_occur_is_no_collapse():
    assert set(course("tokens", [1.0] + [0.2] * 7, np.linspace(8, 5.9, 8).tolist(), bound=6.0)) == {"healthy"}


def test_the_plateau_before_a_model_learns_to_look_is_no_collapse():
    assert set(course("tokens", [1.0] + [0.13] * 11, [8.0] + [6.0] * 11, bound=6.0)) == {"healthy"}


def test_states_alike_at_the_loss_of_guessing_blindly_are_a_collapse():
    states = course("tokens", [1.0] + [0.02] * 9, [8.0] + [6.0] * 9, bound=6.0)
    assert states[-1] == "collapsed"
    assert states[0] == "healthy"


def test_a_model_that_forgets_to_look_has_collapsed_however_wide_its_states():
    states = course("tokens", [1.0] + [0.4] * 6, [8.0, 6.0, 5.0, 5.0, 5.9, 5.9, 5.0], bound=6.0)
    assert states == ["healthy"] * 4 + ["watch", "collapsed", "healthy"]


def test_a_loss_that_rises_a_little_is_no_collapse():
    assert set(course("tokens", [1.0] + [0.4] * 4, [8.0, 5.0, 4.0, 5.5, 5.6], bound=6.0)) == {"healthy"}
