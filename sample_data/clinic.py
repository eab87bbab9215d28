"""An invented clinic whose right answers are known: label, shortcut, group gap and the pixels that matter.

Every image is a noisy grey field with one nodule, a disc of fine dark and bright lines. The label is the nodule's
texture and nothing else: the lines of a lesion are straight, those of a healthy nodule are concentric. Both
have the same place, size, contrast and line width, so neither brightness nor energy gives the label away.

Nuisance: the nodule's place, contrast, line width, phase and angle; the field's brightness, slope and grain.
Site: the three sites differ in the grain of the field, so the site can be read from the image.
Shortcut: a scanner's mark in the upper left corner. P(mark | lesion) - P(mark | healthy) is `shortcut` in train
    and val and `shortcut_test` in test, where a model that reads the mark instead of the nodule is found out.
Group gap: in exactly the share `group_gap` of the lesions of women, in every split, the nodule looks
    healthy. A classifier that reads the nodule perfectly has TPR 1 for men and 1 - group_gap for women; FPR is 0
    for both. Sex is not visible and independent of everything else.
Age: P(lesion) rises by `age_step` from each age band to the next, which plants a difference in the
    selection rate by age and none in TPR or FPR.
Label noise: the share `label_noise` of train's labels, drawn at random, is flipped; val and test stay true.

Two images belong to each patient and share sex, age, site and label. The masks are the nodule's disc ("signal")
and the mark's place, marked or not ("shortcut").
"""

from __future__ import annotations

import numpy as np
from pydantic import Field
from scipy.ndimage import gaussian_filter

from . import Sample, SampleParams

RADIUS = 5.5
CUTS = (40, 60)
BANDS = ("under 40", "40 to 59", "60 and over")
SITES = ("north", "south", "west")
GRAIN = {"north": 0.8, "south": 1.6, "west": 3.0}
MARK = (slice(1, 5), slice(1, 5))
SHARES = {"train": 0.7, "val": 0.15, "test": 0.15}


class Params(SampleParams):
    n: int = Field(4000, ge=80, le=200_000, description="Images, two for each patient")
    size: int = Field(32, ge=20, le=128, description="Side in pixels")
    seed: int = Field(0, ge=0, lt=2**31)
    prevalence: float = Field(0.4, ge=0.1, le=0.8, description="Share of lesions in the middle age band")
    age_step: float = Field(0.1, ge=0, le=0.1, description="Rise of that share from one age band to the next")
    group_gap: float = Field(0.3, ge=0, le=0.6, description="Share of women's lesions without their sign: the TPR gap")
    shortcut: float = Field(0.4, ge=0, le=0.95, description="P(mark | lesion) - P(mark | healthy) in train and val")
    shortcut_test: float = Field(0.0, ge=-0.95, le=0.95, description="The same difference in test")
    contrast: float = Field(60, ge=5, le=100, description="Amplitude of the nodule's lines, in grey levels")
    label_noise: float = Field(0.0, ge=0, le=0.4, description="Share of train's labels that is flipped")


def make(params: Params) -> Sample:
    rng = np.random.default_rng(params.seed)
    columns = _patients(params, rng)
    lesion = columns["finding"] == "lesion"
    hidden = _hidden(columns["split"], (columns["sex"] == "female") & lesion, params.group_gap, rng)
    strength = np.where(columns["split"] == "test", params.shortcut_test, params.shortcut)
    mark = rng.random(len(lesion)) < 0.5 + np.where(lesion, strength, -strength) / 2
    images, signal, nuisance = _images(params, columns["site"], lesion & ~hidden, mark, rng)
    shortcut = np.zeros_like(signal)
    shortcut[:, *MARK] = 1
    noisy = (columns["split"] == "train") & (rng.random(len(lesion)) < params.label_noise)
    columns["finding"] = np.where(lesion ^ noisy, "lesion", "healthy")
    columns |= {"sign": np.where(lesion & ~hidden, "shown", "absent"), "mark": np.where(mark, "yes", "no")}
    return Sample(
        images=images[..., None],
        columns=columns | nuisance,
        label="finding",
        split="split",
        group="patient",
        sensitive=[{"column": "sex"}, {"column": "age", "cuts": list(CUTS)}, {"column": "site"}],
        masks={"signal": signal, "shortcut": shortcut},
        truth=_truth(params, columns, lesion, hidden),
    )


def _patients(params: Params, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Each patient's facts, written once for each of the two images; true findings."""
    count = (params.n + 1) // 2
    age = rng.integers(20, 90, count)
    band = np.digitize(age, CUTS)
    splits = np.repeat(list(SHARES), np.diff(np.rint(np.cumsum([0, *SHARES.values()]) * count).astype(int)))
    facts = {
        "patient": np.array([f"p{i:05d}" for i in range(count)]),
        "split": rng.permutation(splits),
        "sex": rng.choice(["female", "male"], count),
        "age": age,
        "site": rng.choice(SITES, count),
        "finding": np.where(rng.random(count) < params.prevalence + params.age_step * (band - 1), "lesion", "healthy"),
    }
    return {name: values.repeat(2)[: params.n] for name, values in facts.items()}


def _hidden(split: np.ndarray, eligible: np.ndarray, share: float, rng: np.random.Generator) -> np.ndarray:
    """bool N: exactly the rounded share of the eligible rows of each split, drawn at random."""
    hidden = np.zeros(len(split), dtype=bool)
    for name in SHARES:
        rows = np.flatnonzero(eligible & (split == name))
        hidden[rng.permutation(rows)[: round(share * len(rows))]] = True
    return hidden


def _images(params: Params, site: np.ndarray, straight: np.ndarray, mark: np.ndarray, rng: np.random.Generator):
    """(uint8 N x S x S, uint8 masks N x S x S of the nodule, nuisance columns)"""
    n, size = len(site), params.size
    y, x = np.mgrid[:size, :size].astype(np.float32)
    margin = RADIUS + 2
    nuisance = {
        "nodule_x": rng.uniform(margin, size - 1 - margin, n),
        "nodule_y": rng.uniform(margin, size - 1 - margin, n),
        "angle": rng.uniform(0, np.pi, n),
        "line_width": rng.uniform(1.6, 2.2, n),
        "contrast": params.contrast * rng.uniform(0.7, 1.3, n),
        "brightness": rng.uniform(90, 150, n),
    }
    phase, slope = rng.uniform(0, 2 * np.pi, n), rng.uniform(-0.8, 0.8, (n, 2))
    images = np.empty((n, size, size), dtype=np.uint8)
    masks = np.empty((n, size, size), dtype=np.uint8)
    for i in range(n):
        dx, dy = x - nuisance["nodule_x"][i], y - nuisance["nodule_y"][i]
        r = np.hypot(dx, dy)
        along = dx * np.cos(nuisance["angle"][i]) + dy * np.sin(nuisance["angle"][i]) if straight[i] else r
        lines = np.sin(np.pi * along / nuisance["line_width"][i] + phase[i])
        masks[i] = r <= RADIUS
        grain = gaussian_filter(rng.standard_normal((size, size), dtype=np.float32), GRAIN[site[i]], mode="wrap")
        field = nuisance["brightness"][i] + 10 * grain / grain.std() + slope[i, 0] * dx + slope[i, 1] * dy
        nodule = nuisance["contrast"][i] * lines * np.clip(RADIUS + 0.5 - r, 0, 1)
        picture = field + nodule + 4 * rng.standard_normal((size, size), dtype=np.float32)
        if mark[i]:
            picture[MARK] = 235
        images[i] = np.clip(np.rint(picture), 0, 255)
    return images, masks, {name: np.round(values, 3) for name, values in nuisance.items()}


def _truth(params: Params, columns: dict[str, np.ndarray], lesion: np.ndarray, hidden: np.ndarray) -> dict:
    """What a classifier that reads the nodule perfectly, and nothing else, gets on the test split."""
    test = columns["split"] == "test"

    def tpr(group: np.ndarray) -> float | None:
        rows = test & lesion & group
        return float(1 - hidden[rows].mean()) if rows.any() else None

    female = columns["sex"] == "female"
    return {
        "signal": "texture of the nodule",
        "gap": {"attribute": "sex", "group": "female", "reference": "male", "metric": "tpr", "value": params.group_gap},
        "ideal_test": {
            "accuracy": float(1 - hidden[test].mean()),
            "tpr": {"female": tpr(female), "male": tpr(~female)},
            "fpr": {"female": 0.0, "male": 0.0},
        },
        "shortcut": {"train": params.shortcut, "val": params.shortcut, "test": params.shortcut_test},
        "age_step": params.age_step,
        "label_noise": params.label_noise,
    }
