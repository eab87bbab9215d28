"""Supervised training: it learns, keeps the best of validation, repeats itself and stops when told."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from backend.encoders._examples import Pixels
from backend.engine.job import Stopped
from backend.engine.supervised import Reading, predict, recalibrate, train_classifier
from backend.engine.weights import build_classifier, build_encoder, make_spec
from backend.recipe import Choice
from backend.registry import plugin


@pytest.fixture
def classifier(dataset):
    spec = make_spec(Choice(name="convnet", width=8), dataset.manifest)
    return build_classifier(spec, build_encoder(spec, 0))


def train(classifier, dataset, rows=None, **options):
    rows = dataset.rows("train") if rows is None else rows
    val = dataset.rows("val")
    defaults = {
        "augmentation": None,
        "steps": 40,
        "lr": 5e-3,
        "weight_decay": 1e-4,
        "seed": 0,
        "batch_size": 32,
        "device": "cpu",
        "patience": 20,
    }
    images, labels = Pixels(dataset.images), dataset.labels
    return train_classifier(classifier, images[rows], labels[rows], images[val], labels[val], **{**defaults, **options})


def weights(classifier) -> torch.Tensor:
    return torch.cat([v.flatten().float() for v in classifier.state_dict().values()])


def augmentation():
    policy = plugin("augment", "digits")
    made = policy.call(policy.params(), 16, 1)
    return lambda examples, draw: made(examples.tensor, draw)


def test_it_learns_and_keeps_the_best_of_validation(classifier, dataset):
    history = train(classifier, dataset)
    test = dataset.rows("test")
    assert (predict(classifier, Pixels(dataset.images[test]), "cpu").argmax(1) == dataset.labels[test]).mean() > 0.9
    assert history.best in history.readings
    assert not any(r.better_than(history.best) for r in history.readings)
    val = dataset.rows("val")
    probabilities = predict(classifier, Pixels(dataset.images[val]), "cpu")
    assert (probabilities.argmax(1) == dataset.labels[val]).mean() == pytest.approx(history.best.score)
    assert not classifier.training


def test_the_seed_decides(dataset):
    spec = make_spec(Choice(name="convnet", width=8), dataset.manifest)
    found = []
    for seed in (0, 0, 1):
        classifier = build_classifier(spec, build_encoder(spec, 0))
        torch.manual_seed(len(found))
        train(classifier, dataset, seed=seed, steps=10, augmentation=augmentation())
        found.append(weights(classifier))
    assert torch.equal(found[0], found[1])
    assert not torch.equal(found[0], found[2])


def test_probing_leaves_the_encoder_alone(classifier, dataset):
    before = weights(classifier.encoder)
    train(classifier, dataset, steps=10, head_only_steps=10)
    assert torch.equal(before, weights(classifier.encoder))
    assert classifier.head.weight.abs().sum() > 0


def test_fine_tuning_follows_the_probe(classifier, dataset):
    before = weights(classifier.encoder)
    train(classifier, dataset, steps=20, head_only_steps=10)
    assert not torch.equal(before, weights(classifier.encoder))


def test_patience_ends_the_training(classifier, dataset):
    history = train(classifier, dataset, steps=100, patience=1, score=lambda p, y: 0.0, lr=1e-1)
    worse = [not b.better_than(a) for a, b in zip(history.readings, history.readings[1:], strict=False)]
    assert history.steps < 100
    assert worse[-2:] == [True, True]


def test_the_score_decides_and_a_tie_goes_to_the_lower_loss():
    assert Reading(1, 0.9, 5.0).better_than(Reading(2, 0.8, 0.1))
    assert Reading(1, 0.9, 0.4).better_than(Reading(2, 0.9, 0.5))


@pytest.mark.parametrize("n", [2, 5])
def test_a_handful_of_labels_is_enough_to_run(classifier, dataset, n):
    history = train(classifier, dataset, rows=dataset.rows("train")[:n], augmentation=augmentation(), steps=10)
    assert history.steps == 10
    assert np.isfinite(predict(classifier, Pixels(dataset.images), "cpu")).all()


def test_stop_is_asked_every_step(classifier, dataset):
    asked = []

    def check_stop():
        asked.append(1)
        if len(asked) == 4:
            raise Stopped

    with pytest.raises(Stopped):
        train(classifier, dataset, check_stop=check_stop)


def test_recalibration_gives_the_statistics_of_the_images(classifier, dataset):
    encoder = classifier.encoder
    conv, norm = encoder.layers[0][0], encoder.layers[0][1]
    images = torch.from_numpy(dataset.images[:50])
    recalibrate(encoder, Pixels(images))
    maps = conv(encoder.normalise(images.float() / 255))
    assert torch.allclose(norm.running_mean, maps.mean(dim=(0, 2, 3)), atol=1e-5)
    assert torch.allclose(norm.running_var, maps.var(dim=(0, 2, 3)), rtol=1e-3)
    assert norm.momentum == 0.1


def test_where_classes_weigh_alike_labels_without_a_pattern_are_a_toss_up(dataset):
    """Of 80 copies of one image 4 are of class 1: plain training learns that share, weighted training one half."""
    val, images = dataset.rows("val"), Pixels(dataset.images)
    rows = np.repeat(val[:1], 80)
    labels = np.arange(80) % 20 == 0
    of_class = {True: 80 / (2 * 4), False: 80 / (2 * 76)}
    named = []
    for given in (None, torch.ones(80), torch.tensor([of_class[bool(label)] for label in labels])):
        spec = make_spec(Choice(name="convnet", width=8), dataset.manifest)
        classifier = build_classifier(spec, build_encoder(spec, 0))
        last = iter(range(100))  # whatever comes last counts as the best of validation
        train_classifier(
            classifier, images[rows], labels.astype(np.int64), images[val], dataset.labels[val],
            augmentation=None, steps=60, lr=5e-3, weight_decay=0.0, seed=0, batch_size=80, device="cpu", patience=9,
            score=lambda *_, last=last: next(last), weights=given,
        )  # fmt: skip
        named.append(predict(classifier, Pixels(dataset.images[rows]), "cpu")[:, 1].mean())
    assert named[0] == named[1]
    assert named[0] == pytest.approx(0.05, abs=0.03)
    assert named[2] == pytest.approx(0.5, abs=0.1)
