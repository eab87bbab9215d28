"""The stage `attribute` on texts: every method scores every word of the examples, and the scores are tested."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ....attribution._run import completeness, run_method
from ....attribution._text import Sentences, by_word, logits, sentences
from ....attribution._text_evaluate import (
    CONTROLS,
    evaluate,
    inverse_document_frequency,
    random_scores,
    remake,
    word_rarity,
)
from ....attribution._text_run import as_table, cut, from_table, predictions, tokenizer_of
from ....engine.job import Job
from ....engine.weights import load_classifier
from ....tokenizers._base import Tokenizer
from ....workspace.artefacts import Artefact
from ..._examples import REMADE_EXAMPLES, REMADE_MODELS, Arm, choose_examples, examples

CANDIDATES = 2_000  # test texts, drawn by the seed, among which the examples are chosen: each is read by the model
COUNTED = 20_000  # training texts whose words are counted for the control


@dataclass(frozen=True)
class TextArm(Arm):
    """inputs: the examples as Sentences; texts: as they stand in the data set; bare: the probability of the predicted
    class when every word is taken away."""

    inputs: Sentences
    texts: list[str]
    bare: list[float]
    tokenizer: Tokenizer


def prepare(job: Job, arm: str, sha256: str, rows: list[int] | None) -> TextArm:
    """Load a classifier and its examples; the first arm chooses the rows, the others explain the same."""
    model = load_classifier(job.artefacts, sha256).to(job.torch_device)
    tokenizer, _ = tokenizer_of(job.artefacts, sha256)
    labels, every = job.dataset.labels, job.dataset.texts
    if rows is None:
        drawn = candidates(job)
        guess = logits(model, tokenizer.encode([every[r] for r in drawn]).to(job.torch_device)).argmax(dim=1)
        wanted, seed = job.recipe.attribution.examples, job.recipe.seed
        rows = drawn[choose_examples(labels[drawn], guess.cpu().numpy(), wanted, seed)].tolist()
    texts = [every[r] for r in rows]
    read = sentences(tokenizer, texts, job.torch_device)
    predicted, whole, bare = predictions(model, read)
    return TextArm(arm, model, read, rows, labels[rows].tolist(), predicted, whole, texts, bare, tokenizer)


def candidates(job: Job) -> np.ndarray:
    """Labelled test rows that hold a word, ascending, at most CANDIDATES of them."""
    labels, texts = job.dataset.labels, job.dataset.texts
    rows = np.array([r for r in job.dataset.rows("test") if labels[r] >= 0 and texts[r].strip()], dtype=np.int64)
    if len(rows) <= CANDIDATES:
        return rows
    return np.sort(np.random.default_rng(job.recipe.seed).choice(rows, CANDIDATES, replace=False))


def explain(job: Job, arm: TextArm, name: str) -> None:
    """One method on one arm; left out when a run before the restart did it."""
    key = f"{arm.name}/{name}"
    if job.events.seen("attribution", key):
        return
    found = run_method(name, arm.model, arm.inputs, arm.target)
    body = {
        **examples(arm),
        "method": name,
        "layer": found.layer,
        "completeness": completeness(found),
        "steps": None if found.steps is None else found.steps.tolist(),
        "planted": None,
        "planted_mean": None,
        "cut": cut(arm.texts, arm.inputs),
        "bare": arm.bare,
    }
    job.events.append("attribution", body, [stored(job, arm, name, by_word(found.scores, arm.inputs))], key=key)


def stored(job: Job, arm: TextArm, name: str, scores: list[np.ndarray]) -> Artefact:
    table = as_table(arm.rows, arm.texts, arm.inputs, scores)
    return job.artefacts.put_table(f"scores/{arm.name}/{name}", table)


def judge(job: Job, arm: TextArm, names: list[str], done: int, total: int) -> None:
    """The controls' scores and the tests of all scores of an arm."""
    if job.events.seen("attribution.controls", arm.name):
        return
    seed, few = job.recipe.seed, slice(0, REMADE_EXAMPLES)
    seeds = [seed + 1 + k for k in range(REMADE_MODELS)]
    own = {name: kept_scores(job, arm, name) for name in names}
    rarity = word_rarity(arm.inputs, inverse_document_frequency(arm.tokenizer, training_texts(job)))
    controls = dict(zip(CONTROLS, (random_scores(arm.inputs, arm.rows, seed), rarity), strict=True))
    remade = {
        "random_scores": [random_scores(arm.inputs[few], arm.rows[few], s) for s in seeds],
        "word_rarity": [rarity[few] for _ in seeds],
    }
    for k, name in enumerate(names):
        job.report(done + k, total, "maps", f"{arm.name}: {name} of re-initialised models")
        job.check_stop()
        remade[name] = remake(name, arm.model, arm.inputs[few], arm.target[few], seeds)
    body = evaluate(
        arm.model, arm.inputs, arm.target, {**own, **controls}, remade, seed, tick=lambda _: job.check_stop()
    )
    body |= {**examples(arm), "planted": None, "planted_mean": None, "planted_area": None}
    subjects = [stored(job, arm, name, scores) for name, scores in controls.items()]
    job.events.append("attribution.controls", body, subjects, key=arm.name)


def kept_scores(job: Job, arm: TextArm, name: str) -> list[np.ndarray]:
    """The words' scores of each example, from the artefact that the method's event names."""
    sha256 = job.events.seen("attribution", f"{arm.name}/{name}")["subjects"][0]["sha256"]
    return from_table(job.artefacts.table(sha256), arm.rows)


def training_texts(job: Job) -> Iterator[list[str]]:
    """The first COUNTED texts of the training split, in batches."""
    rows = job.dataset.rows("train")[:COUNTED]
    for start in range(0, len(rows), 1000):
        job.check_stop()
        yield [job.dataset.texts[r] for r in rows[start : start + 1000]]
