"""Shared fixtures: a tiny registered data set, a job on it, and where the real public data lies."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from backend.data.dataset import Dataset
from backend.workspace.artefacts import Artefacts
from backend.workspace.events import EventLog
from backend.workspace.layout import Workspace

REAL_DATA = Path(os.environ.get("WORKBENCH_REAL_DATA", Path(__file__).parents[2] / "shared" / "data"))


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real public data; tests that need it skip where it is absent."""
    if not REAL_DATA.is_dir():
        pytest.skip(f"real data not found at {REAL_DATA} (set WORKBENCH_REAL_DATA)")
    return REAL_DATA


@pytest.fixture(scope="session", autouse=True)
def _one_thread():
    """Torch in tests runs on one thread: the suite is parallel, and results must not depend on the machine."""
    try:
        import torch
    except ImportError:
        return
    torch.set_num_threads(1)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.open(tmp_path / "ws")


def make_dataset(artefacts: Artefacts, n: int = 240, size: int = 16, channels: int = 1, seed: int = 0) -> Dataset:
    """A separable two-class set: a bright bar, upright or level, on noise; with group and two attributes."""
    rng = np.random.default_rng(seed)
    label = rng.integers(0, 2, n)
    images = rng.integers(0, 90, (n, channels, size, size), dtype=np.uint8)
    planted = np.zeros((n, size, size), dtype=np.uint8)
    for i, y in enumerate(label):
        at = rng.integers(3, size - 4)
        bar = (slice(2, -2), slice(at, at + 2)) if y else (slice(at, at + 2), slice(2, -2))
        images[i][:, bar[0], bar[1]] = 230
        planted[i][bar] = 1
    table = pd.DataFrame(
        {
            "row": np.arange(n),
            "split": np.repeat(["train", "val", "test"], [n - 2 * (n // 4), n // 4, n // 4]),
            "label": label,
            "group": [f"p{i // 2}" for i in range(n)],
            "sex": rng.choice(["female", "male"], n),
            "age": rng.choice(["under 40", "40 to 60", "over 60"], n),
        }
    )
    pixels = images[:, :, :, :].transpose(1, 0, 2, 3).reshape(channels, -1) / 255
    put = {
        "images": artefacts.put_arrays("images", {"images": images}),
        "table": artefacts.put_table("table", pa.Table.from_pandas(table, preserve_index=False)),
        "sheet": artefacts.put_json("sheet", {"warnings": []}),
        "planted": artefacts.put_arrays("planted", {"signal": planted, "shortcut": np.zeros_like(planted)}),
    }
    return Dataset(
        {
            "name": "bars",
            "kind": "image",
            "digest": "0" * 64,
            "images": {"sha256": put["images"].sha256, "key": "images"},
            "table": {"sha256": put["table"].sha256},
            "sheet": {"sha256": put["sheet"].sha256},
            "planted": {"sha256": put["planted"].sha256, "keys": {"signal": "signal", "shortcut": "shortcut"}},
            "count": n,
            "channels": channels,
            "height": size,
            "width": size,
            "label": "label",
            "classes": ["level", "upright"],
            "positive": "upright",
            "sensitive": ["sex", "age"],
            "group": "group",
            "pixel_mean": pixels.mean(axis=1).tolist(),
            "pixel_std": pixels.std(axis=1).tolist(),
        },
        artefacts,
    )


@pytest.fixture
def dataset(workspace: Workspace) -> Dataset:
    return make_dataset(Artefacts(workspace.artefacts))


@pytest.fixture
def make_job(workspace: Workspace, dataset: Dataset):
    """make_job(**recipe sections) -> Job on the tiny data set, as a worker would build it."""

    def build(run: str = "r1", **sections):
        from backend.engine.job import Job
        from backend.recipe import Recipe

        folder = workspace.run(run)
        folder.checkpoints.mkdir(parents=True, exist_ok=True)
        recipe = Recipe.model_validate({"data": {"name": dataset.name}, **sections})
        return Job(folder, recipe, dataset, "cpu", EventLog(folder.events), Artefacts(workspace.artefacts))

    return build
