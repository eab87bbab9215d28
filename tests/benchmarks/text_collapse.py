"""Do the alarms ring on language models, and only when they should? Planted collapses and healthy runs on BoolQ.

    python -m tests.benchmarks.text_collapse [--steps 300] [--seeds 1]       about 15 minutes on 2 idle cores

Healthy: a masked and a causal model from scratch, through the plateau at which they know no more than how often tokens
occur. Expected: never `collapsed`. Planted: from step `ONSET` of a healthy run on, token states that attract each other
(nothing else is trained any more); and from the start, a learning rate of 1. Expected: `collapsed` at most `WITHIN`
steps after `ONSET`.
"""

from __future__ import annotations

import argparse
import tempfile
from contextlib import suppress
from pathlib import Path

import torch
from torch.nn import functional as F

from backend.encoders import bert, gpt2
from backend.engine.corpus import Corpus, TextFeed
from backend.engine.job import Stopped
from backend.engine.pretrain import Pretraining
from backend.language.frequency import entropy, token_counts
from backend.pretext import clm, mlm
from backend.pretext._base import Batch, Outcome, Pretext
from backend.recipe import Collapse, Train
from backend.tokenizers._base import Tokenizer
from tests.benchmarks.boolq import corpora

LENGTH, BATCH, EVERY, ONSET, WITHIN = 64, 16, 10, 100, 100
TASKS = {"mlm": (mlm, bert), "clm": (clm, gpt2)}
PLANTED = ("states attract", "rate 1")


class Attracting(Pretext):
    """`healthy` up to step `ONSET`; from then on the token states are pulled together, and the loss is only told."""

    views = 1

    def __init__(self, healthy: Pretext):
        super().__init__()
        self.healthy, self.step = healthy, 0

    def forward(self, encoder, batch: Batch) -> Outcome:
        self.step += 1
        outcome = self.healthy(encoder, batch)
        if self.step > ONSET:
            unit = F.normalize(outcome.places["tokens"], dim=1)
            pull = (unit - unit.mean(dim=0)).square().sum(dim=1).mean()
            outcome.loss = outcome.loss.detach() + pull - pull.detach()
        return outcome


def course(task: str, planted: str | None, seed: int, steps: int, tokenizer: Tokenizer, corpus: Corpus) -> list[dict]:
    """The collapse readings of one run."""
    module, kind = TASKS[task]
    torch.manual_seed(seed)
    encoder = kind.build(kind.Params(width=128, layers=4, heads=4), tokenizer.vocabulary)
    pretext = module.build(module.Params(), encoder.dim, tokenizer.vocabulary)
    v = tokenizer.vocabulary
    pretext.bound = entropy(token_counts(corpus, v.size, v.unguessed(task == "clm")))
    found: list[dict] = []
    run = Pretraining(
        encoder=encoder,
        pretext=Attracting(pretext) if planted == "states attract" else pretext,
        feed=TextFeed(corpus, tokenizer, LENGTH, BATCH, seed, torch.device("cpu")),
        train=Train(
            epochs=1000, max_steps=steps, batch_size=BATCH, lr=1.0 if planted == "rate 1" else 2e-3, knn_every=0
        ),
        collapse=Collapse(every=EVERY),
        seed=seed,
        device=torch.device("cpu"),
        log=lambda name, step, body: found.append(body) if name == "collapse" else None,
        stopping=lambda: bool(found) and over(found[-1], planted),
    )
    with suppress(Stopped):
        run.run()
    return found


def over(reading: dict, planted: str | None) -> bool:
    """Whether the question is answered: a collapse was named, or `WITHIN` steps after the planting went by."""
    return reading["verdict"]["state"] == "collapsed" or (planted is not None and reading["step"] >= ONSET + WITHIN)


def told(readings: list[dict]) -> str:
    """Loss over the bound, spread and rank of the token states at the first, the narrowest and the last reading."""
    parts = []
    narrowest = min(readings, key=lambda r: r["places"]["tokens"]["feature_std"])
    for reading in (readings[0], narrowest, readings[-1]):
        place = reading["places"]["tokens"]
        spread = place["feature_std"] * place["dim"] ** 0.5
        share = reading["loss"] / reading["loss_bound"]
        parts.append(f"{reading['step']}: {share:.2f}, {spread:.2f}, {place['effective_rank']:.0f}")
    return " · ".join(parts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--seeds", type=int, default=1)
    options = parser.parse_args()
    print("| task | run | seed | collapsed since | step: loss/bound, spread, rank (first, narrowest, last) |")
    print("|---|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for task, (_, model) in TASKS.items():
            name = model.__name__.rpartition(".")[2]
            tokenizer, corpus, _ = corpora(Path(folder) / task, 4000, LENGTH, most=3000, encoder=name)
            for planted in (None, *PLANTED):
                for seed in range(options.seeds):
                    readings = course(task, planted, seed, options.steps, tokenizer, corpus)
                    judged = readings[-1]["verdict"]
                    since = f"{judged['since']} ({judged['kind']})" if judged["state"] == "collapsed" else "never"
                    name = planted or "healthy"
                    print(f"| {task} | {name} | {seed} | {since} | {told(readings)} |", flush=True)


if __name__ == "__main__":
    main()
