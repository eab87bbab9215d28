"""The stage `attribute` on images: every method gives every example a map, and the maps are tested."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from ....attribution._base import logits
from ....attribution._evaluate import evaluate, planted
from ....attribution._run import as_input, completeness, control_maps, remade_controls, remake, run_method
from ....engine.job import Job
from ....engine.weights import load_classifier
from ..._examples import REMADE_EXAMPLES, REMADE_MODELS, Arm, choose_examples, examples


def prepare(job: Job, arm: str, sha256: str, rows: list[int] | None) -> Arm:
    """Load a classifier and its examples; the first arm chooses the rows, the others explain the same."""
    model = load_classifier(job.artefacts, sha256).to(job.torch_device)
    labels = job.dataset.labels
    if rows is None:
        candidates = np.array([r for r in job.dataset.rows("test") if labels[r] >= 0], dtype=np.int64)
        guess = predict(model, job.dataset.images[candidates], job.torch_device).argmax(axis=1)
        wanted = job.recipe.attribution.examples
        chosen = choose_examples(labels[candidates], guess, wanted, job.recipe.seed)
        rows = candidates[chosen].tolist()
    images = as_input(job.dataset.images[rows], job.torch_device)
    probabilities = predict(model, job.dataset.images[rows], job.torch_device)
    predicted = probabilities.argmax(axis=1)
    return Arm(
        arm,
        model,
        images,
        rows,
        labels[rows].tolist(),
        predicted.tolist(),
        probabilities[np.arange(len(rows)), predicted].tolist(),
    )


def predict(model: nn.Module, images: np.ndarray, device: torch.device, batch: int = 1024) -> np.ndarray:
    """uint8 N x C x H x W -> class probabilities float64 N x K"""
    parts = [logits(model, as_input(images[i : i + batch], device)) for i in range(0, len(images), batch)]
    return torch.cat(parts).double().softmax(dim=1).cpu().numpy()


def explain(job: Job, arm: Arm, name: str) -> None:
    """One method on one arm; left out when a run before the restart did it."""
    key = f"{arm.name}/{name}"
    if job.events.seen("attribution", key):
        return
    maps = run_method(name, arm.model, arm.inputs, arm.target)
    array = maps.maps.numpy()
    shares, means = planted(array, masks(job, arm.rows))
    body = {
        **examples(arm),
        "method": name,
        "layer": maps.layer,
        "completeness": completeness(maps),
        "steps": None if maps.steps is None else maps.steps.tolist(),
        "planted": shares,
        "planted_mean": means,
    }
    subject = job.artefacts.put_arrays(f"maps/{key}", {"maps": array})
    job.events.append("attribution", body, [subject], key=key)


def masks(job: Job, rows: list[int]) -> dict[str, np.ndarray]:
    """{factor: bool n x H x W} of the planted factors that the data set names."""
    found = {factor: job.dataset.planted(factor) for factor in ("signal", "shortcut")}
    return {factor: mask[rows] for factor, mask in found.items() if mask is not None}


def judge(job: Job, arm: Arm, names: list[str], done: int, total: int) -> None:
    """The controls' maps and the tests of all maps of an arm."""
    if job.events.seen("attribution.controls", arm.name):
        return
    seed = job.recipe.seed
    maps = {name: stored_maps(job, f"{arm.name}/{name}") for name in names}
    controls = control_maps(arm.inputs, arm.rows, seed)
    first, seeds = slice(0, REMADE_EXAMPLES), [seed + 1 + k for k in range(REMADE_MODELS)]
    remade = remade_controls(arm.inputs[first], arm.rows[first], seeds)
    for k, name in enumerate(names):
        job.report(done + k, total, "maps", f"{arm.name}: {name} of re-initialised models")
        job.check_stop()
        remade[name] = remake(name, arm.model, arm.inputs[first], arm.target[first], seeds)
    body = evaluate(
        arm.model, arm.inputs, arm.target, {**maps, **controls}, remade, seed, tick=lambda _: job.check_stop()
    )
    there = masks(job, arm.rows)
    shares = {name: planted(array, there) for name, array in controls.items()}
    body |= {
        **examples(arm),
        "planted": {name: share for name, (share, _) in shares.items()} if there else None,
        "planted_mean": {name: mean for name, (_, mean) in shares.items()} if there else None,
        "planted_area": {factor: area_share(mask) for factor, mask in there.items()} or None,
    }
    subjects = [job.artefacts.put_arrays(f"maps/{arm.name}/{n}", {"maps": a}) for n, a in controls.items()]
    job.events.append("attribution.controls", body, subjects, key=arm.name)


def area_share(mask: np.ndarray) -> float | None:
    """Mean share of the image that planted pixels cover, over the examples that have any: chance for a blind map."""
    there = mask.any(axis=(1, 2))
    return float(mask[there].mean()) if there.any() else None


def stored_maps(job: Job, key: str) -> np.ndarray:
    """float32 n x H x W, from the artefact that the method's event names."""
    return job.artefacts.array(job.events.seen("attribution", key)["subjects"][0]["sha256"], "maps")
