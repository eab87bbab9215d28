"""Sets of points in a NumPy file (.points.npz): `points` (N x P x 2), the other arrays are columns."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from backend.data.source import Glimpse, Source
from backend.data.spec import Spec
from backend.workspace.artefacts import digest_file

KINDS = ("points",)
ENDING = ".points.npz"


def accepts(path: Path) -> bool:
    return path.name.lower().endswith(ENDING)


def look(path: Path) -> Glimpse:
    return Glimpse(_frame(path), None)


def read(path: Path, spec: Spec) -> Source:
    with np.load(path, allow_pickle=False) as file:
        points = file["points"].astype(np.float32)
    return Source("point_sets", path.name, path.stat().st_size, digest_file(path), _frame(path), points)


def _frame(path: Path) -> pd.DataFrame:
    with np.load(path, allow_pickle=False) as file:
        return pd.DataFrame({name: file[name] for name in file.files if name != "points"})
