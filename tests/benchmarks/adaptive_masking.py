"""Does loss-adaptive masking help a masked language model? Against random masking at equal compute, paired by seed.

    python -m tests.benchmarks.adaptive_masking [--seeds 5] [--steps 800]       about 30 minutes on 2 idle cores

The claim under test: "adaptive masking improves fine-tuning efficiency by 23 %". Both policies train the same
ModernBERT from the same weights on the same blocks (passages of BoolQ and training sentences of SST-2) for the same
number of steps, with the same share of masked tokens. Read: the validation loss on random masks drawn once; the SST-2
test accuracy after fine-tuning on `LABELS` sentences; and the fine-tuning steps needed to reach, on validation, the
accuracy that both of a pair reach. The share of steps saved is the efficiency of the claim. Intervals are Student's t
over the seeds.
"""

from __future__ import annotations

import argparse
import tempfile
from math import exp, log, sqrt
from pathlib import Path
from statistics import mean, stdev

import numpy as np
import pyarrow.parquet as pq
import torch
from scipy import stats

from backend.encoders import modernbert
from backend.engine.corpus import Corpus, TextFeed
from backend.engine.pretrain import Pretraining
from backend.engine.supervised import History, predict, train_classifier
from backend.engine.weights import Classifier
from backend.language.readings import LanguageReadings
from backend.pretext import mlm
from backend.recipe import Collapse, Train
from backend.tokenizers._base import Tokenizer
from tests.benchmarks.boolq import corpora
from tests.conftest import REAL_DATA

CPU = torch.device("cpu")
LENGTH, BATCH, LABELS, TUNING = 64, 32, 1000, 300


def pretrained(policy: str, seed: int, steps: int, tokenizer: Tokenizer, training: Corpus, held_out: Corpus):
    """(encoder, validation loss on random masks) of one policy and seed."""
    torch.manual_seed(seed)
    encoder = modernbert.build(modernbert.Params(width=128, layers=4, heads=4, dropout=0.0), tokenizer.vocabulary)
    task = mlm.build(mlm.Params(masking=policy), encoder.dim, tokenizer.vocabulary)
    Pretraining(
        encoder=encoder,
        pretext=task,
        feed=TextFeed(training, tokenizer, LENGTH, BATCH, seed, CPU),
        train=Train(
            epochs=1000, max_steps=steps, batch_size=BATCH, optimizer="muon", lr=3e-3, weight_decay=0.05, knn_every=0
        ),
        collapse=Collapse(every=100),
        seed=seed,
        device=CPU,
    ).run()
    read = LanguageReadings(training, held_out, tokenizer.vocabulary, LENGTH, "masked", 0, CPU)
    return encoder, read.lm(encoder)["loss"]


def tuned(encoder, seed: int, tokenizer: Tokenizer, table) -> tuple[float, History]:
    """(test accuracy, course) of fine-tuning on `LABELS` sentences, the same ones for both of a pair."""
    parts = {split: table[table["split"] == split] for split in ("train", "dev", "test")}
    parts["train"] = parts["train"].sample(LABELS, random_state=seed)
    tokens = {split: tokenizer.encode(part["sentence"].tolist()) for split, part in parts.items()}
    labels = {split: torch.from_numpy(part["label"].to_numpy().astype(np.int64)) for split, part in parts.items()}
    torch.manual_seed(seed)
    classifier = Classifier(encoder, torch.nn.Linear(encoder.dim, 2))
    course = train_classifier(
        classifier,
        tokens["train"],
        labels["train"],
        tokens["dev"],
        labels["dev"],
        augmentation=None,
        steps=TUNING,
        lr=3e-4,
        weight_decay=0.01,
        seed=seed,
        batch_size=BATCH,
        device=CPU,
        patience=TUNING,
    )
    right = predict(classifier, tokens["test"], CPU).argmax(1) == labels["test"].numpy()
    return float(right.mean()), course


def steps_to(course: History, target: float) -> int:
    return next(reading.step for reading in course.readings if reading.score >= target)


def interval(values: list[float]) -> tuple[float, float, float]:
    """(mean, low, high) at 95 %."""
    reach = stats.t.ppf(0.975, len(values) - 1) * stdev(values) / sqrt(len(values)) if len(values) > 1 else float("nan")
    return mean(values), mean(values) - reach, mean(values) + reach


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=800)
    options = parser.parse_args()
    table = pq.read_table(REAL_DATA / "sst2" / "sst2_sentences.parquet").to_pandas()
    sentences = table["sentence"][table["split"] == "train"].tolist()
    losses, accuracies, savings = [], [], []
    print("| seed | loss random | adaptive | accuracy random | adaptive | steps random | adaptive |")
    print("|---|---|---|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        tokenizer, training, held_out = corpora(Path(folder), 4000, LENGTH, more=sentences)
        for seed in range(options.seeds):
            models = [
                pretrained(policy, seed, options.steps, tokenizer, training, held_out)
                for policy in ("random", "adaptive")
            ]
            (a, course_a), (b, course_b) = (tuned(encoder, seed, tokenizer, table) for encoder, _ in models)
            target = min(max(r.score for r in course.readings) for course in (course_a, course_b))
            steps = steps_to(course_a, target), steps_to(course_b, target)
            losses.append(models[1][1] - models[0][1])
            accuracies.append(100 * (b - a))
            savings.append(log(max(1, steps[1]) / max(1, steps[0])))
            print(
                f"| {seed} | {models[0][1]:.3f} | {models[1][1]:.3f} | {100 * a:.1f} % | {100 * b:.1f} % "
                f"| {steps[0]} | {steps[1]} |",
                flush=True,
            )
    print("\nadaptive minus random, mean and 95 % interval over the seeds")
    print("validation loss on random masks: {:+.3f} ({:+.3f} to {:+.3f}) nats".format(*interval(losses)))
    print("test accuracy after fine-tuning: {:+.1f} ({:+.1f} to {:+.1f}) points".format(*interval(accuracies)))
    middle, low, high = (100 * (1 - exp(value)) for value in interval(savings))
    print(f"fine-tuning steps saved: {middle:.0f} % ({high:.0f} to {low:.0f} %); the claim is 23 %")


if __name__ == "__main__":
    main()
