"""Fitted cells on disk, so that a killed study goes on where it was.

One safetensors file a cell in the run's checkpoints folder, written whole or not at all: validation and test
outputs and, in the header, what validation chose.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import safe_open
from safetensors.numpy import save

from ..finetune._task import Cell, Prediction
from ..workspace.layout import write_atomic


@dataclass(frozen=True)
class Fitted:
    """One cell as stored: outputs (backend/targets/), float32 rows x K; classifier: the artefact it was kept as;
    seconds: how long it took to fit."""

    val: np.ndarray
    test: np.ndarray
    chosen: dict[str, Any]
    classifier: dict[str, Any] | None
    seconds: float = 0.0

    @property
    def digest(self) -> str:
        """SHA-256 of the test outputs: what the model says of the test rows, before their labels are read."""
        return hashlib.sha256(np.ascontiguousarray(self.test).tobytes()).hexdigest()


def cell_key(arm: str, method: str, cell: Cell, seed: int | None) -> str:
    """ARM/METHOD/FRACTION/SUBSET/PRETRAIN, as in docs/events.md; "-" for an arm without pretraining seeds."""
    return f"{arm}/{method}/{cell.fraction:g}/{cell.subset_seed}/{'-' if seed is None else seed}"


class CellStore:
    """Cells by key below `folder`; a cell that was read or written stays in memory."""

    def __init__(self, folder: Path):
        self.folder = folder
        self._cells: dict[str, Fitted] = {}

    def get(self, key: str) -> Fitted | None:
        if key not in self._cells and (path := self._path(key)).exists():
            with safe_open(path, framework="numpy") as file:
                header = json.loads(file.metadata()["cell"])
                outputs = file.get_tensor("val"), file.get_tensor("test")
                told = header["chosen"], header["classifier"], header.get("seconds", 0.0)
                self._cells[key] = Fitted(*outputs, *told)
        return self._cells.get(key)

    def put(self, key: str, prediction: Prediction, classifier: dict[str, Any] | None, seconds: float = 0.0) -> Fitted:
        fitted = Fitted(
            np.ascontiguousarray(prediction.val, dtype=np.float32),
            np.ascontiguousarray(prediction.test, dtype=np.float32),
            prediction.chosen,
            classifier,
            seconds,
        )
        header = {"cell": json.dumps({"chosen": fitted.chosen, "classifier": classifier, "seconds": seconds})}
        write_atomic(self._path(key), save({"val": fitted.val, "test": fitted.test}, metadata=header))
        self._cells[key] = fitted
        return fitted

    def _path(self, key: str) -> Path:
        return self.folder / f"{key.replace('/', '_')}.safetensors"
