"""Shared fixtures: a tiny registered data set, a job on it, and where the real public data lies."""

from __future__ import annotations

import gc
import os
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import settings

from backend.data.dataset import Dataset
from backend.workspace.artefacts import Artefact, Artefacts
from backend.workspace.events import EventLog
from backend.workspace.layout import Workspace

# How long one example takes says more of what else the machine does than of the code; pytest's timeout bounds a test.
# "suite" draws the same examples for everybody: `make test` fails for a change of the code, not for a draw. "fresh"
# draws new ones (`make test-slow`); what they find becomes an @example of its test.
settings.register_profile("suite", deadline=None, derandomize=True, database=None)
settings.register_profile("fresh", deadline=None, derandomize=False, print_blob=True)
settings.load_profile(os.environ.get("WORKBENCH_DRAWS", "suite"))

# numba starts a thread for each core and tells OpenMP so, whatever OMP_NUM_THREADS says: t-SNE's threads then wait for
# each other at every step, spinning, which takes 300 times as long on a machine that is busy with other tests.
os.environ.setdefault("NUMBA_NUM_THREADS", os.environ.get("OMP_NUM_THREADS", "1"))

REAL_DATA = Path(os.environ.get("WORKBENCH_REAL_DATA", Path(__file__).parents[2] / "shared" / "data"))


def pytest_collection(session: pytest.Session) -> None:
    """Modules and test items stay until the end: looking for garbage among them again and again finds none."""
    gc.disable()


def pytest_collection_finish(session: pytest.Session) -> None:
    gc.collect()
    gc.freeze()
    gc.enable()


def pytest_sessionfinish(session: pytest.Session) -> None:
    gc.unfreeze()


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


@pytest.fixture(scope="session", autouse=True)
def _components_once():
    """AppTest searches all installed distributions for components, a quarter of a second a page: once is enough."""
    if "streamlit.testing.v1" not in sys.modules:  # no page is tested
        yield
        return
    from streamlit.components.v2 import manifest_scanner

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", cache(manifest_scanner.scan_component_manifests))
        yield


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
        "sheet": artefacts.put_json("sheet", {"warnings": [], "counts": table["split"].value_counts().to_dict()}),
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


FILES = {"images": "safetensors", "table": "parquet", "texts": "parquet", "sheet": "json", "planted": "safetensors"}


def files_of(manifest: dict, artefacts: Artefacts) -> list[Artefact]:
    """The files that a manifest names, as its event does."""
    digests = {role: manifest[role]["sha256"] for role in FILES if role in manifest}
    sizes = {role: artefacts.path(sha256, FILES[role]).stat().st_size for role, sha256 in digests.items()}
    return [Artefact(role, sha256, FILES[role], sizes[role]) for role, sha256 in digests.items()]


def registered(store, manifest: dict, subjects=()) -> None:
    """The record of a data job that registered `manifest`, as its worker tells it."""
    from backend.control.runs import runs

    name, run = manifest["name"], f"data-{manifest['name']}"

    def tell(tx) -> None:
        runs.create(tx, run, "data", f"Register {name}", name, {"spec": {"name": name}}, "local")
        said = {"actor": "worker", "run": run}
        tx.log("data.registered", manifest, **said, seq=0, key="registered", subjects=list(subjects))
        tx.log("run.finished", {"seconds": 1.0}, **said, seq=1, key="end")

    store.write(tell)


WORDS = {"good": ("splendid", "warm", "clever", "tender"), "bad": ("dull", "tedious", "clumsy", "stale")}


def make_texts(artefacts: Artefacts, n: int = 160, seed: int = 0) -> Dataset:
    """Short reviews whose label one word decides, with a group, a sex and that sex named in the text."""
    rng = np.random.default_rng(seed)
    label, woman = rng.integers(0, 2, n), rng.integers(0, 2, n)
    texts = []
    for y, she in zip(label, woman, strict=True):
        who, what = ("She" if she else "He"), rng.choice(["film", "novel", "play", "song"])
        verdict = rng.choice(WORDS["good" if y else "bad"])
        filler = " ".join(rng.choice(["really", "quite", "somehow", "again", "today"], rng.integers(1, 4)))
        texts.append(f"{who} saw the {what} and found it {filler} {verdict}.")
    table = pd.DataFrame(
        {
            "row": np.arange(n),
            "split": np.repeat(["train", "val", "test"], [n - 2 * (n // 4), n // 4, n // 4]),
            "label": label,
            "group": [f"p{i // 2}" for i in range(n)],
            "sex": np.where(woman == 1, "female", "male"),
            "characters": [len(t) for t in texts],
        }
    )
    put = {
        "texts": artefacts.put_table("texts", pa.table({"text": texts})),
        "table": artefacts.put_table("table", pa.Table.from_pandas(table, preserve_index=False)),
        "sheet": artefacts.put_json("sheet", {"warnings": [], "counts": table["split"].value_counts().to_dict()}),
    }
    return Dataset(
        {
            "name": "reviews",
            "kind": "text",
            "digest": "1" * 64,
            **{name: {"sha256": saved.sha256} for name, saved in put.items()},
            "count": n,
            "characters": sum(map(len, texts)),
            "bytes": sum(len(t.encode()) for t in texts),
            "label": "label",
            "classes": ["bad", "good"],
            "positive": "good",
            "sensitive": ["sex"],
            "group": "group",
        },
        artefacts,
    )


@pytest.fixture
def reviews(workspace: Workspace) -> Dataset:
    return make_texts(Artefacts(workspace.artefacts))


@pytest.fixture
def make_text_job(workspace: Workspace, reviews: Dataset):
    """make_text_job(**recipe sections) -> Job on the tiny texts: a small BERT with its own WordPiece."""

    def build(run: str = "t1", **sections):
        from backend.engine.job import Job
        from backend.recipe import resolve
        from backend.registry import catalogue

        folder = workspace.run(run)
        folder.checkpoints.mkdir(parents=True, exist_ok=True)
        small = {
            "data": {"name": reviews.name},
            "encoder": {"name": "bert", "width": 32, "layers": 2, "heads": 2},
            "tokenizer": {"name": "wordpiece", "vocabulary": 200, "length": 24},
            "train": {"epochs": 4, "batch_size": 8, "log_every": 2, "checkpoint_every": 3, "knn_every": 4},
            "collapse": {"every": 4},
            "finetune": {"fractions": [0.5, 1.0], "subset_seeds": 2, "pretrain_seeds": 1, "max_steps": 8},
        }
        recipe = resolve({**small, **sections}, catalogue(), kind="text")
        return Job(folder, recipe, reviews, "cpu", EventLog(folder.events), Artefacts(workspace.artefacts))

    return build


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


@pytest.fixture
def quick_hashes(monkeypatch):
    """Argon2 at its smallest, for tests with many accounts."""
    from argon2 import PasswordHasher

    from backend.control.people import passwords

    small = {"time_cost": 1, "memory_cost": 64, "parallelism": 1, "hash_len": 32}
    monkeypatch.setattr(passwords, "HASHER", PasswordHasher(**small))
    monkeypatch.setattr(passwords, "DERIVED", small)
