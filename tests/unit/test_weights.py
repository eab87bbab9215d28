"""Encoders and classifiers come back from their artefacts as they went, without a pickle."""

from __future__ import annotations

import json

import pytest
import torch

from backend.encoders._examples import Pixels
from backend.engine.features import encode
from backend.engine.weights import (
    build_classifier,
    build_encoder,
    load_classifier,
    load_encoder,
    make_spec,
    save_classifier,
    save_encoder,
)
from backend.recipe import Choice
from backend.registry import of_kind


@pytest.fixture
def spec(dataset):
    return make_spec(Choice(name="convnet", width=8), dataset.manifest)


@pytest.mark.parametrize("name", of_kind("encoders", "image"))
def test_an_encoder_comes_back_the_same(dataset, name):
    small = {"convnet": {"width": 8}, "resnet18": {"width": 8}, "vit": {"dim": 32, "depth": 1}}[name]
    spec = make_spec(Choice(name=name, **small), dataset.manifest)
    encoder = build_encoder(spec, seed=3)
    encoder.train()(torch.rand(8, 1, 16, 16))  # moves the BatchNorm statistics
    saved = save_encoder(dataset.artefacts, "encoder/ssl/0", encoder, spec)
    loaded = load_encoder(dataset.artefacts, saved.sha256)
    assert not loaded.training
    assert (
        encode(loaded, Pixels(dataset.images[:9]), "cpu") == encode(encoder, Pixels(dataset.images[:9]), "cpu")
    ).all()


def test_a_classifier_comes_back_the_same(dataset, spec):
    classifier = build_classifier(spec, build_encoder(spec, seed=3)).eval()
    torch.nn.init.normal_(classifier.head.weight)
    saved = save_classifier(dataset.artefacts, "classifier/ssl", classifier, spec)
    images = torch.rand(4, 1, 16, 16)
    assert torch.equal(load_classifier(dataset.artefacts, saved.sha256)(images), classifier(images))


def test_the_header_tells_how_to_build_it(dataset, spec):
    saved = save_encoder(dataset.artefacts, "encoder/ssl/0", build_encoder(spec, 0), spec)
    header = json.loads(dataset.artefacts.metadata(saved.sha256)["spec"])
    assert header == spec
    assert header["encoder"] == {"name": "convnet", "width": 8}
    assert header["classes"] == ["level", "upright"]


def test_the_same_weights_have_the_same_digest(dataset, spec):
    digests = {save_encoder(dataset.artefacts, "e", build_encoder(spec, 0), spec).sha256 for _ in range(2)}
    assert len(digests) == 1


def test_a_fresh_classifier_finds_all_classes_equally_likely(spec):
    classifier = build_classifier(spec, build_encoder(spec, 0)).eval()
    assert torch.equal(classifier(torch.rand(3, 1, 16, 16)), torch.zeros(3, 2))


def test_features_do_not_depend_on_the_batch(dataset, spec):
    encoder = build_encoder(spec, 0)
    encoder.train()
    assert encode(encoder, Pixels(dataset.images), "cpu", 7) == pytest.approx(
        encode(encoder, Pixels(dataset.images), "cpu"), abs=1e-5
    )
    assert encoder.training
