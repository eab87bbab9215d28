"""Does the audit find the planted gap, and only that? Classifiers trained on `clinic`, with the gap and without.

    python -m tests.benchmarks.clinic_gap [--sets 20] [--first 0]                     5 s a set, one core
    python -m tests.benchmarks.clinic_gap --model convnet [--steps 600] [--width 32]  a minute a set, one core

Every generated set trains its own classifier, whose test predictions are audited by sex, two images of a patient
counted together, as `backend/stages/audit_bias.py` does. "coherence" is a logistic regression on how parallel the
nodule's lines are (structure tensor), which can see the sign; "convnet" is the study's supervised arm. Prints a
Markdown table. Goals: with a planted TPR gap of 30 points, the interval of men minus women holds it in at least 18 of
20 sets; with none planted, the permutation test fires in at most 2 of 20.

The generator hides the sign in exactly 30 % of women's lesions, so a classifier that finds a share t of the shown
lesions and f of the others has an expected gap of 0.3 (t - f): a weak classifier truly has a smaller one.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import numpy as np
import torch
from scipy.ndimage import gaussian_filter
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import sample_data
from backend.attribution._base import logits
from backend.attribution._run import as_input
from backend.fairness._audit import adjust_gaps, audit
from backend.fairness._reading import Settings
from backend.fairness._tables import Predictions

from .clinic_attribution import as_stored, trained

GAP = 0.3
ALPHA = 0.05
MARGIN = 7  # the nodule's centre never comes nearer to the border; the scanner's mark lies there
WINDOWS = (2.0, 3.0, 4.0)


def coherence(images: np.ndarray) -> np.ndarray:
    """float N x 2 len(WINDOWS) from N x H x W: where the gradient is strongest, how parallel it is and how strong."""
    gy, gx = np.gradient(gaussian_filter(images.astype(np.float32), (0, 0.7, 0.7)), axis=(1, 2))
    energy = gaussian_filter(gx * gx + gy * gy, (0, 3, 3))[:, MARGIN:-MARGIN, MARGIN:-MARGIN]
    y, x = np.unravel_index(energy.reshape(len(images), -1).argmax(axis=1), energy.shape[1:])
    at = (np.arange(len(images)), y + MARGIN, x + MARGIN)
    found = []
    for window in WINDOWS:
        xx, yy, xy = (gaussian_filter(p, (0, window, window))[at] for p in (gx * gx, gy * gy, gx * gy))
        found += [np.hypot(xx - yy, 2 * xy) / (xx + yy), np.log(xx + yy)]
    return np.stack(found, axis=1)


def lesion_probability(sample: sample_data.Sample, seed: int, options: argparse.Namespace) -> np.ndarray:
    """P(lesion) of the test rows under a classifier trained on this set."""
    images, labels, split = as_stored(sample)
    test = split == "test"
    if options.model == "convnet":
        model = trained(sample, options.width, options.steps, seed)
        scores = logits(model, as_input(images[test], torch.device("cpu"))).double()
        return scores.softmax(dim=1)[:, 1].numpy()
    features, train = coherence(images[:, 0]), split == "train"
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(features[train], labels[train])
    return model.predict_proba(features[test])[:, 1]


def audited(planted: float, seed: int, options: argparse.Namespace) -> dict[str, Any]:
    """The audit by sex of a classifier trained on one generated set."""
    sample = sample_data.make("clinic", {"seed": seed, "group_gap": planted, "contrast": options.contrast})
    _, labels, split = as_stored(sample)
    test, probability = split == "test", lesion_probability(sample, seed, options)
    predictions = Predictions(labels[test], (probability > 0.5).astype(int), probability, 2, 1)
    body = audit(predictions, sample.columns["sex"][test], Settings(seed=seed), units=sample.columns["patient"][test])
    adjust_gaps([body])
    return body


def line(planted: float, seed: int, body: dict[str, Any], seconds: float) -> tuple[str, bool, bool, bool]:
    """(a row of the table, planted gap inside the interval, TPR test fires, any rate fires after Holm)"""
    gap = body["gaps"]["tpr"]
    sign = -1 if gap["groups"][0] == "female" else 1
    value, ends = sign * gap["max_min"], sorted((sign * gap["value_low"], sign * gap["value_high"]))
    inside = bool(ends[0] <= planted <= ends[1])
    fires = gap["p"] < ALPHA
    any_fires = any(g["p_holm"] is not None and g["p_holm"] < ALPHA for g in body["gaps"].values())
    rates = {g["group"]: g["metrics"]["tpr"]["value"] for g in body["groups"]}
    row = (
        f"| {planted:.1f} | {seed} | {body['overall']['accuracy']['value']:.3f} | {rates['male']:.3f} "
        f"| {rates['female']:.3f} | {value:+.3f} [{ends[0]:+.3f}, {ends[1]:+.3f}] | {'yes' if inside else 'NO'} "
        f"| {gap['p']:.4f} | {'yes' if any_fires else 'no'} | {seconds:.0f} |"
    )
    return row, inside, fires, any_fires


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    asked.add_argument("--sets", type=int, default=20)
    asked.add_argument("--first", type=int, default=0, help="Seed of the first set")
    asked.add_argument("--model", choices=("coherence", "convnet"), default="coherence")
    asked.add_argument("--contrast", type=float, default=60, help="Of the nodule's lines; less makes the model err")
    asked.add_argument("--steps", type=int, default=600)
    asked.add_argument("--width", type=int, default=32)
    options = asked.parse_args()
    torch.set_num_threads(1)
    print("| planted | set | accuracy | TPR men | TPR women | men − women [95 %] | holds it | p (TPR) | any rate | s |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    told = {}
    for planted in (GAP, 0.0):
        found = []
        for seed in range(options.first, options.first + options.sets):
            began = time.monotonic()
            body = audited(planted, seed, options)
            row, *facts = line(planted, seed, body, time.monotonic() - began)
            found.append(facts)
            print(row, flush=True)
        told[planted] = np.array(found).sum(axis=0)
    for planted, (inside, fires, any_fires) in told.items():
        print(
            f"\nPlanted {planted:.1f}: interval holds it in {inside} of {options.sets}; the TPR test fires in {fires}, "
            f"any rate after Holm in {any_fires}."
        )


if __name__ == "__main__":
    main()
