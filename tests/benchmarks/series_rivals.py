"""Are the rivals of sensor series as strong as they are published to be?

Random convolutions and ridge on the archive's own split of five UCR problems, against the accuracy that the authors of
MiniRocket publish for that split; the penalty is chosen by leaving one training series out. And remaining life of
C-MAPSS FD001 from window statistics: RMSE, capped at 125, at the last cycle of the engines of test_FD001.

    WORKBENCH_REAL_DATA=FOLDER OMP_NUM_THREADS=1 python -m tests.benchmarks.series_rivals      about 2 minutes
    WORKBENCH_REAL_DATA=FOLDER OMP_NUM_THREADS=1 python -m tests.benchmarks.series_rivals life
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from backend.finetune._convolutions import drawn, transform
from backend.finetune._ridge import ridge
from backend.finetune._window_statistics import statistics

# github.com/angus924/minirocket, results/accuracy_ucr109_resamples.csv, column 0: the archive's own split
PUBLISHED = {"GunPoint": 0.993, "ItalyPowerDemand": 0.969, "ArrowHead": 0.863, "OSULeaf": 0.959, "ACSF1": 0.920}
FEATURES, SEEDS = 9_996, 5
PENALTIES = np.logspace(-3, 3, 10)  # as RidgeClassifierCV's of the authors: of the sum over rows, not its mean
CAP, LENGTH = 125, 30


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("what", nargs="?", choices=("accuracy", "life"), default="accuracy")
    parser.add_argument("--seeds", type=int, default=SEEDS)
    told = parser.parse_args()
    root = Path(
        os.environ.get("WORKBENCH_REAL_DATA") or sys.exit("WORKBENCH_REAL_DATA: expected the folder of real data")
    )
    life(root / "cmapss_fd001") if told.what == "life" else accuracy(root / "ucr_uea", told.seeds)


def accuracy(folder: Path, seeds: int) -> None:
    print(f"| problem | published | found, mean of {seeds} seeds | lowest, highest | s a seed |\n|---|---|---|---|---|")
    for name, published in PUBLISHED.items():
        found, began = [], time.process_time()
        with np.load(folder / f"{name}.npz") as stored:
            parts = [stored[key] for key in ("X_train", "y_train", "X_test", "y_test")]
        for seed in range(seeds):
            found.append(classified(*parts, seed))
        each = (time.process_time() - began) / seeds
        told = f"{np.mean(found):.3f} | {min(found):.3f}, {max(found):.3f} | {each:.1f}"
        print(f"| {name} | {published:.3f} | {told} |", flush=True)


def classified(x: np.ndarray, y: np.ndarray, x_test: np.ndarray, y_test: np.ndarray, seed: int) -> float:
    """Accuracy on the test series."""
    x, x_test = (torch.from_numpy(np.asarray(one, np.float32)) for one in (x, x_test))
    pairs = drawn(x, FEATURES, seed)
    train, test = transform(x, pairs).double(), transform(x_test, pairs).double()
    mean, deviation = train.mean(0), train.std(0, correction=0)
    scale = torch.where(deviation > 1e-8, deviation, 1.0)
    train, test = (train - mean) / scale, (test - mean) / scale
    classes = np.unique(y)
    truth = torch.from_numpy(np.where(y[:, None] == classes, 1.0, -1.0))
    best = min(PENALTIES / len(train), key=lambda penalty: left_out(train, truth, penalty))
    (weights,) = ridge(train, truth, [best])
    scores = (test - train.mean(0)) @ weights + truth.mean(0)
    return float((classes[scores.argmax(1).numpy()] == y_test).mean())


def left_out(x: torch.Tensor, truth: torch.Tensor, penalty: float) -> float:
    """Mean squared error of each row by a ridge fitted on the others, in closed form (with a free level)."""
    x, n = x - x.mean(0), len(x)
    values, vectors = torch.linalg.eigh(x @ x.T / n)
    hat = (vectors * (values / (values + penalty))) @ vectors.T + 1 / n
    rest = truth - hat @ truth
    return float((rest / (1 - hat.diagonal())[:, None]).square().mean())


def life(folder: Path) -> None:
    train, test = (pd.read_parquet(folder / f"{part}_FD001.parquet") for part in ("train", "test"))
    sensors = [name for name in train if name.startswith(("sensor", "setting", "s_")) and train[name].std() > 1e-6]
    x, y, unit = engines(train, sensors, every=True)
    x_test, y_test, _ = engines(test, sensors, every=False)
    mean, deviation = np.nanmean(x, (0, 2))[:, None], np.nanstd(x, (0, 2))[:, None]
    x, x_test = (statistics(torch.from_numpy(((one - mean) / deviation).astype(np.float32))) for one in (x, x_test))
    x, x_test = x.nan_to_num(0).double(), x_test.nan_to_num(0).double()
    centre, scale = x.mean(0), x.std(0).clamp_min(1e-6)
    x, x_test, truth = (x - centre) / scale, (x_test - centre) / scale, torch.from_numpy(y)
    held = torch.from_numpy(np.isin(unit, np.unique(unit)[::5]))  # a fifth of the engines chooses the penalty
    tried = [10.0**power for power in range(-5, 2)]
    fits = ridge(x[~held], truth[~held], tried)
    level = truth[~held].mean() - x[~held].mean(0) @ torch.stack(fits, 1)
    errors = [
        float(((x[held] @ w + b).clamp(0, CAP) - truth[held]).square().mean()) for w, b in zip(fits, level, strict=True)
    ]
    penalty = tried[int(np.argmin(errors))]
    (weights,) = ridge(x, truth, [penalty])
    said = ((x_test - x.mean(0)) @ weights + truth.mean()).clamp(0, CAP).numpy()
    rmse = float(np.sqrt(np.square(said - np.minimum(y_test, CAP)).mean()))
    print(f"{len(sensors)} channels, penalty {penalty:g}: RMSE capped at {CAP}, last cycle of test_FD001: {rmse:.2f}")


def engines(table: pd.DataFrame, sensors: list[str], every: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(windows n x C x LENGTH, remaining life capped at CAP, engine), every window of an engine or its last one."""
    cut, life, unit = [], [], []
    key = next(name for name in table if "unit" in name)
    for number, one in table.groupby(key):
        values = one[sensors].to_numpy(np.float64).T
        values = np.concatenate([np.full((len(sensors), max(0, LENGTH - len(one))), np.nan), values], axis=1)
        ends = range(LENGTH, values.shape[1] + 1) if every else [values.shape[1]]
        left = one["RUL"].to_numpy(np.float64)
        for end in ends:
            cut.append(values[:, end - LENGTH : end])
            life.append(min(CAP, left[end - 1 - (values.shape[1] - len(one))]))
            unit.append(number)
    return np.stack(cut), np.array(life), np.array(unit)


if __name__ == "__main__":
    main()
