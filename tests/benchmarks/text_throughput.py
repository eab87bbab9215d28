"""Tokens/s of our loop against a minimal PyTorch loop of the same model and batch, and against transformers.Trainer.

    python -m tests.benchmarks.text_throughput [--rounds 5] [--steps 20]       about 10 minutes on 2 idle cores

All three train the same Transformers configuration from the same weights on the same blocks, with AdamW. Ours has its
collapse monitor on. The minimal loop is what one would write by hand, with the head on the masked places alone; it
draws its masks as we do. Trainer runs as documented, with its own collator. The sides alternate within a round.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import torch
from torch import nn
from torch.nn import functional as F

from backend.encoders import bert, gpt2
from backend.encoders._text import TextEncoder
from backend.engine.corpus import Corpus, TextFeed
from backend.engine.pretrain import Pretraining
from backend.pretext import clm, mlm
from backend.recipe import Collapse, Train
from backend.tokenizers._base import Tokenizer
from tests.benchmarks.boolq import corpora

LENGTH, BATCH, RATE = 128, 32, 1e-3
MODELS = {"mlm": bert, "clm": gpt2}
WARM = 2  # steps that are not timed


def encoder(task: str, tokenizer: Tokenizer) -> TextEncoder:
    torch.manual_seed(0)
    return MODELS[task].build(MODELS[task].Params(), tokenizer.vocabulary)


def ours(task: str, tokenizer: Tokenizer, corpus: Corpus, steps: int) -> float:
    times: list[float] = []
    module = {"mlm": mlm, "clm": clm}[task]
    model = encoder(task, tokenizer)
    pretext = module.build(module.Params(), model.dim, tokenizer.vocabulary)
    feed = TextFeed(corpus, tokenizer, LENGTH, BATCH, 0, torch.device("cpu"))

    def clock() -> bool:
        times.append(time.perf_counter())
        return False

    Pretraining(
        encoder=model,
        pretext=pretext,
        feed=feed,
        train=Train(epochs=100, max_steps=steps + WARM, batch_size=BATCH, lr=RATE, knn_every=0),
        collapse=Collapse(),
        seed=0,
        device=torch.device("cpu"),
        stopping=clock,
    ).run()
    return steps * feed.size / (time.perf_counter() - times[WARM])


def minimal(task: str, tokenizer: Tokenizer, corpus: Corpus, steps: int) -> float:
    model = encoder(task, tokenizer).model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=0.01)
    order = torch.randperm(corpus.blocks(LENGTH))
    began = 0.0
    for step in range(steps + WARM):
        if step == WARM:
            began = time.perf_counter()
        ids = torch.from_numpy(corpus.block(order[step * BATCH : (step + 1) * BATCH].tolist(), LENGTH))
        loss = masked_loss(model, ids, tokenizer) if task == "mlm" else model(input_ids=ids, labels=ids).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return steps * BATCH * LENGTH / (time.perf_counter() - began)


def masked_loss(model: nn.Module, ids: torch.Tensor, tokenizer: Tokenizer) -> torch.Tensor:
    chosen = torch.rand(ids.shape) < 0.15
    draw = torch.rand(ids.shape)
    shown = torch.where(chosen & (draw < 0.8), tokenizer.vocabulary.mask, ids)
    other = torch.randint(tokenizer.vocabulary.size, ids.shape)
    shown = torch.where(chosen & (draw >= 0.9), other, shown)
    states = model.bert(input_ids=shown).last_hidden_state
    return F.cross_entropy(model.cls(states[chosen]), ids[chosen])


def trainer(task: str, tokenizer: Tokenizer, corpus: Corpus, steps: int) -> float:
    from transformers import (
        DataCollatorForLanguageModeling,
        PreTrainedTokenizerFast,
        Trainer,
        TrainerCallback,
        TrainingArguments,
    )

    marks = {f"{role}_token": token for role, token in tokenizer.special.items()}
    words = PreTrainedTokenizerFast(tokenizer_object=tokenizer.fast, **marks)
    blocks = torch.from_numpy(corpus.block(range((steps + WARM) * BATCH), LENGTH))
    times: list[float] = []

    class Clock(TrainerCallback):
        def on_step_begin(self, args, state, control, **more):
            times.append(time.perf_counter())

    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            output_dir=folder,
            max_steps=steps + WARM,
            per_device_train_batch_size=BATCH,
            learning_rate=RATE,
            weight_decay=0.01,
            logging_strategy="no",
            save_strategy="no",
            report_to=[],
            disable_tqdm=True,
            use_cpu=True,
        )
        Trainer(
            model=encoder(task, tokenizer).model,
            args=arguments,
            train_dataset=[{"input_ids": row} for row in blocks],
            data_collator=DataCollatorForLanguageModeling(words, mlm=task == "mlm", mlm_probability=0.15),
            callbacks=[Clock()],
        ).train()
    return steps * BATCH * LENGTH / (time.perf_counter() - times[WARM])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=20)
    options = parser.parse_args()
    sides: list[Callable[..., float]] = [ours, minimal, trainer]
    print(f"{torch.get_num_threads()} threads, blocks of {LENGTH}, batches of {BATCH}, {options.steps} steps a round\n")
    print("| task | side | tokens/s, median | ours against it, by round |\n|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for task, model in MODELS.items():
            name = model.__name__.rpartition(".")[2]
            tokenizer, corpus, _ = corpora(Path(folder) / task, 8000, LENGTH, most=3000, encoder=name)
            found = [
                {side.__name__: side(task, tokenizer, corpus, options.steps) for side in sides}
                for _ in range(options.rounds)
            ]
            for side in sides:
                rates = [one[side.__name__] for one in found]
                ratios = [one["ours"] / one[side.__name__] for one in found]
                told = "" if side is ours else f"{median(ratios):.2f} ({', '.join(f'{r:.2f}' for r in ratios)})"
                print(f"| {task} | {side.__name__} | {median(rates):,.0f} | {told} |", flush=True)


if __name__ == "__main__":
    main()
