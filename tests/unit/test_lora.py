"""LoRA changes what it says it changes, by the rank that it says, and leaves a plain network; the methods on text."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch

from backend.encoders._text import HEADS
from backend.engine.features import encode
from backend.engine.supervised import predict
from backend.engine.weights import Classifier
from backend.finetune import lora
from backend.finetune._task import RATES, Cell, Task
from backend.registry import of_kind, plugin
from backend.stages.modality import data_class
from backend.workspace.artefacts import Artefacts
from tests.checkpoints import TEXTS, encoder, tokenizer
from tests.conftest import make_texts

MODELS = ("bert", "gpt2", "llama", "modernbert")
METHODS = of_kind("finetune", "text")
QUICK = {
    "end_to_end": {"learning_rates": (1e-3,)},
    "lpft": {"learning_rates": (1e-3,), "steps": 6},
    "lora": {"learning_rates": (1e-2,), "steps": 6},
}


def trained(name: str, rank: int = 3) -> tuple[Classifier, Classifier]:
    """(before, after a few steps of LoRA, its adapters still beside the matrices)."""
    torch.manual_seed(0)
    made = tokenizer()
    before = Classifier(encoder(name, made, dropout=0.0), torch.nn.Linear(32, 2))
    after = deepcopy(before)
    lora.adapted(after.encoder, lora.Params(rank=rank, dropout=0.0), seed=1)
    optimizer = torch.optim.SGD([p for p in after.parameters() if p.requires_grad], lr=0.5)
    tokens, labels = made.encode(TEXTS[:4]), torch.tensor([1, 0, 1, 0])
    for _ in range(4):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(after(tokens), labels).backward()
        optimizer.step()
    return before.eval(), after.eval()


@pytest.mark.parametrize("name", MODELS)
def test_the_merged_network_is_plain_and_says_the_same(name):
    before, after = trained(name)
    tokens = tokenizer().encode(TEXTS[:4])
    beside = after(tokens).detach()
    assert (beside - before(tokens)).abs().max() > 1e-3, "it learned"
    plain = lora.merged(after)
    assert (plain(tokens) - beside).abs().max() < 1e-5
    assert plain.state_dict().keys() == before.state_dict().keys()
    assert all(p.requires_grad for p in plain.encoder.parameters())
    assert not hasattr(plain.encoder.body, "peft_config")


@pytest.mark.parametrize("name", MODELS)
def test_only_the_attention_changes_and_by_no_more_than_the_rank(name):
    before, after = trained(name, rank=3)
    first, last = before.encoder.state_dict(), lora.merged(after).encoder.state_dict()
    changed = {key for key in first if not torch.equal(first[key], last[key])}
    assert changed
    assert all(any(f".{part}." in key for part in lora.ADAPTED[name]) and key.endswith("weight") for key in changed)
    for key in changed:
        assert 1 <= torch.linalg.matrix_rank(last[key] - first[key], tol=1e-5) <= 3


def test_every_model_type_has_its_projections():
    assert lora.ADAPTED.keys() == HEADS.keys()


@pytest.fixture(scope="module")
def task(tmp_path_factory) -> Task:
    dataset = make_texts(Artefacts(tmp_path_factory.mktemp("artefacts")))
    made = tokenizer(texts=dataset.texts)
    model = encoder("bert", made)
    labels = dataset.labels.copy()
    train, val, test = (dataset.rows(split) for split in ("train", "val", "test"))
    labels[test] = -1
    cells = tuple(Cell(f, s, train[s : int(f * len(train)) + s]) for f in (0.25, 0.6) for s in range(2))
    tokens = made.encode(dataset.texts)
    return Task(
        cells=cells,
        wanted=cells,
        labels=labels,
        train=train,
        val=val,
        test=test,
        classes=2,
        metric="accuracy",
        inputs=tokens,
        texts=dataset.texts,
        device=torch.device("cpu"),
        features=torch.from_numpy(encode(model, tokens, "cpu")),
        encoder=partial(deepcopy, model),
        image_passes=200,
        max_steps=6,
        batch_size=32,
        rates=data_class("text").rates,
    )


def fit(name: str, task: Task, **changes) -> list:
    method = plugin("finetune", name)
    found = method.call(replace(task, **{"settled": {}, **changes}), method.params(**QUICK.get(name, {})))
    return sorted(found, key=lambda p: task.cells.index(p.cell))


@pytest.mark.parametrize("name", METHODS)
def test_every_method_answers_for_texts_and_resumes_the_same(name, task):
    whole = fit(name, task)
    assert [p.cell for p in whole] == list(task.cells)
    for p in whole:
        for values, rows in ((p.val, task.val), (p.test, task.test)):
            assert values.shape == (len(rows), 2)
            assert values.dtype == np.float32
            assert np.allclose(values.sum(1), 1, atol=1e-4)
    settled = {p.cell.fraction: p.chosen for p in whole[:1]}
    rest = fit(name, task, wanted=task.cells[1:], settled=settled)
    assert all((a.test == b.test).all() and a.chosen == b.chosen for a, b in zip(whole[1:], rest, strict=True))


@pytest.mark.parametrize("name", ["lpft", "lora", "end_to_end"])
def test_the_classifier_that_is_kept_gives_the_answers(name, task):
    for p in fit(name, task, wanted=task.cells[:1]):
        again = predict(p.classifier, task.inputs[task.index(task.test)], "cpu")
        assert np.abs(again - p.test).max() < 1e-5


def test_rates_suit_the_kind_of_data(task):
    """A Transformer is never tried at the rates of a convolutional network."""
    method = plugin("finetune", "end_to_end")
    (one,) = method.call(replace(task, wanted=task.cells[:1], settled={}), method.params())
    assert one.chosen["lr"] in data_class("text").rates["end_to_end"]
    assert max(data_class("text").rates["end_to_end"]) < min(RATES["end_to_end"])
