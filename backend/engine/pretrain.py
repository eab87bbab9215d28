"""The pretraining loop: one network, one device, from the first step or from a checkpoint.

A step reads nothing back from the device: losses are summed there and read every `log_every` steps, the
collapse monitor's moments every `collapse.every` steps. What a step sees, how it is augmented or masked and which
units drop out depend on (seed, step) alone, so a run that was killed and resumed ends with the weights of an
undisturbed one; on one CPU with one number of threads, bit for bit.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ..collapse._monitor import Monitor
from ..pretext._base import Outcome, Pretext
from ..recipe import Collapse, Train
from ..workspace.layout import BadInput
from .checkpoint import load_checkpoint, save_checkpoint
from .feed import Feed, mixed_precision, precision
from .job import Stopped
from .optim import build_optimizer, learning_rate, set_rate
from .seeds import derive, seed_all

SMALL = 0.5  # of an image's sides, in the steps that see small images: a quarter of the work
READING_SHARE = 0.02  # of the time on a fast device; on a CPU a reading is far cheaper than a step, and never left out

Log = Callable[[str, int, dict[str, Any]], None]  # kind, steps done, body


@dataclass
class Pretraining:
    """One run of one seed.

    checkpoint: the file that holds the resumable state, None to keep none. log is told of every reading.
    evaluations: {kind of event: encoder -> body}, asked every `train.knn_every` steps. keep(step) is called every
    `train.keep_every` steps, to store the encoder. stopping() is asked every step.
    """

    encoder: nn.Module
    pretext: Pretext
    feed: Feed
    train: Train
    collapse: Collapse
    seed: int
    device: torch.device
    checkpoint: Path | None = None
    log: Log = lambda kind, step, body: None
    evaluations: Mapping[str, Callable[[nn.Module], dict[str, Any]]] = field(default_factory=dict)
    keep: Callable[[int], None] = lambda step: None
    stopping: Callable[[], bool] = lambda: False

    def __post_init__(self):
        steps = self.train.epochs * self.feed.per_epoch
        self.steps = min(steps, self.train.max_steps) if self.train.max_steps else steps
        self.rate = f"{self.feed.unit}_per_s"
        with torch.random.fork_rng(devices=[]):
            seed_all(derive("prepare", self.seed))
            self.pretext.prepare(self.encoder)

    def run(self) -> dict[str, Any]:
        """Train to the end; returns {"steps", "seconds", "UNIT_per_s", "precision"}. Raises Stopped with the state
        saved."""
        t = self.train
        self.encoder.to(self.device, memory_format=torch.channels_last).train()
        self.pretext.to(self.device, memory_format=torch.channels_last).train()  # a teacher is laid out as its encoder
        encoder = torch.compile(self.encoder) if t.compile and self.device.type == "cuda" else self.encoder
        optimizer = build_optimizer(t.optimizer, [self.encoder, self.pretext], t.lr, t.weight_decay)
        task = self.pretext
        meter = Meter(self.device)
        monitor = Monitor(self.collapse.every, len(task.views), task.sphere, task.supervised)
        done, before = self._resume(optimizer, meter, monitor)
        clock = Clock(done, before)

        while done < self.steps:
            if self.stopping():
                self._save(done, clock.seconds, optimizer, meter, monitor)
                raise Stopped
            rate = learning_rate(done, self.steps, t.lr, t.warmup)
            outcome = self._forward(encoder, done)
            optimizer.zero_grad()
            outcome.loss.backward()
            set_rate(optimizer, rate)
            optimizer.step()
            task.after_step(self.encoder, done, self.steps)
            done += 1

            meter.add(outcome)
            monitor.update(done, outcome.places, outcome.watched)
            if done % t.log_every == 0 or done == self.steps:
                self._log_metrics(done, meter.read(), {"lr": rate, self.rate: self.feed.size * clock.lap(done)})
            if monitor.due(done) and (self.device.type == "cpu" or clock.affords_reading):
                loss = self._finite(outcome.loss.item(), done)
                with clock.reading():
                    body = monitor.read(done, loss, None if outcome.bound is None else float(outcome.bound))
                self._log_collapse(body)
            if t.knn_every and (done % t.knn_every == 0 or done == self.steps):
                for kind, evaluate in self.evaluations.items():
                    self.log(kind, done, evaluate(self.encoder))
            if t.keep_every and done % t.keep_every == 0 and done < self.steps:
                self.keep(done)
            if done % t.checkpoint_every == 0 and done < self.steps:
                self._save(done, clock.seconds, optimizer, meter, monitor)
        return {
            "steps": self.steps,
            "seconds": clock.seconds,
            self.rate: self.steps * self.feed.size / max(clock.seconds, 1e-9),
            "precision": precision(self.device, self.encoder, t.precision),
        }

    def _forward(self, encoder: nn.Module, step: int) -> Outcome:
        views = self.pretext.views
        if step < self.train.small_first * self.steps:
            views = [view.smaller(SMALL, self.encoder.patch or 1) for view in views]
        batch = self.feed.at(step, views)
        batch.step, batch.steps = step, self.steps
        seed_all(derive("dropout", self.seed, step))
        with mixed_precision(self.device, self.encoder, self.train.precision):
            return self.pretext(encoder, batch)

    def _log_metrics(self, done: int, means: dict[str, float], more: dict[str, float]) -> None:
        loss = self._finite(means.pop("loss"), done)
        epoch = done / self.feed.per_epoch
        self.log("metrics", done, {"steps": self.steps, "epoch": epoch, "loss": loss, "parts": means, **more})

    def _finite(self, loss: float, done: int) -> float:
        if isfinite(loss):
            return loss
        raise BadInput(
            f"pretrain: expected a finite loss, found {loss} at step {done}; try a lower train.lr "
            f"(now {self.train.lr}) or check the data"
        )

    def _log_collapse(self, body: dict[str, Any]) -> None:
        self.log("collapse", body["step"], body)
        verdict = body["verdict"]
        if self.collapse.action == "stop" and verdict["state"] == "collapsed":
            raise BadInput(
                f"pretrain: {verdict['kind']} collapse of the {verdict['place']} since step {verdict['since']}; "
                'collapse.action = "stop" ends the run'
            )

    def _resume(self, optimizer, meter: Meter, monitor: Monitor) -> tuple[int, float]:
        """(steps done, seconds spent) of the checkpoint, or zeros without one."""
        modules = {"encoder": self.encoder, "pretext": self.pretext}
        found = load_checkpoint(self.checkpoint, modules, optimizer) if self.checkpoint else None
        if found is None:
            return 0, 0.0
        state, extra = found
        meter.load({k: v.to(self.device) for k, v in extra.items() if k.startswith("meter/")}, state["meter"])
        monitor.load({k: v.to(self.device) for k, v in extra.items() if k.startswith("monitor/")}, state["monitor"])
        return state["step"], state["seconds"]

    def _save(self, done: int, seconds: float, optimizer, meter: Meter, monitor: Monitor) -> None:
        if self.checkpoint is None:
            return
        modules = {"encoder": self.encoder, "pretext": self.pretext}
        extra = {**meter.tensors(), **monitor.tensors()}
        state = {"seconds": seconds, "meter": meter.names, "monitor": monitor.state()}
        save_checkpoint(self.checkpoint, done, modules, optimizer, extra, state)
        self.log("checkpoint", done, {})


class Meter:
    """Means of the loss and its parts since the last reading, summed on the device."""

    def __init__(self, device: torch.device):
        self.names: list[str] = []
        self._sum = torch.zeros(0, device=device)
        self._count = 0

    def add(self, outcome: Outcome) -> None:
        values = {"loss": outcome.loss, **outcome.parts}
        now = torch.stack([v.detach().float() for v in values.values()])
        self._sum = self._sum + now if self._count else now
        self.names, self._count = list(values), self._count + 1

    def read(self) -> dict[str, float]:
        means = (self._sum / self._count).tolist()
        self._count = 0
        return dict(zip(self.names, means, strict=True))

    def tensors(self) -> dict[str, Tensor]:
        return {"meter/sum": self._sum, "meter/count": torch.tensor(self._count)}

    def load(self, tensors: dict[str, Tensor], names: list[str]) -> None:
        self.names, self._sum, self._count = names, tensors["meter/sum"], int(tensors["meter/count"])


class Clock:
    """Seconds spent, over all attempts, steps a second since the last lap, and the share that readings take."""

    def __init__(self, done: int, before: float):
        self._start, self._before = time.monotonic(), before
        self._lap, self._done = self._start, done
        self._readings: list[float] = []

    @contextmanager
    def reading(self) -> Iterator[None]:
        start = time.monotonic()
        yield
        self._readings.append(time.monotonic() - start)

    @property
    def affords_reading(self) -> bool:
        """Whether the readings took no more than their share so far; the first also paid for loading a solver."""
        return sum(self._readings[1:]) <= READING_SHARE * (time.monotonic() - self._start)

    @property
    def seconds(self) -> float:
        return self._before + time.monotonic() - self._start

    def lap(self, done: int) -> float:
        now = time.monotonic()
        rate = (done - self._done) / max(now - self._lap, 1e-9)
        self._lap, self._done = now, done
        return rate
