"""The network as ONNX, held against torch on real examples before it leaves.

PyTorch's exporter by tracing is used: its newer one, by torch.export, gave the same figures on every encoder here and
took twenty times as long.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..workspace import extras
from .model import Model, answered

FILE = "model.onnx"
CLOSE = 1e-4  # how far the two may lie apart
OPSET = 18


class Both(nn.Module):
    """Features and answers of one pass."""

    def __init__(self, model: Model):
        super().__init__()
        self.model = model

    def forward(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        features = self.model.embed(*inputs)
        return (features,) if self.model.head is None else (features, self.model.head(features))


def written(folder: Path, model: Model, inputs: tuple[Tensor, ...]) -> dict[str, Any]:
    """Write FILE, or say why not: {"file": FILE or None, "line", "difference", "rows", "inputs", "outputs"}.

    inputs: of real examples, at least one. Several and one alone are held against torch.
    """
    if line := extras.missing("onnx", "ONNX"):
        return {"file": None, "line": line}
    path = folder / FILE
    names = {"inputs": [f"input_{place}" for place in range(len(inputs))]}
    names["outputs"] = ["features"] if model.head is None else ["features", "answers"]
    try:
        _export(path, model, inputs, names)
        difference = max(_difference(path, model, tuple(one[:n] for one in inputs), names) for n in (len(inputs[0]), 1))
    except Exception as error:  # the exporter and the runtime raise what they like at a network they do not know
        path.unlink(missing_ok=True)
        said = str(error).strip().splitlines() or [type(error).__name__]
        return {"file": None, "line": f"ONNX: expected a network that can be written so, found {said[0][:200]}"}
    told = {"difference": difference, "rows": len(inputs[0]), **names}
    if not difference <= CLOSE:
        path.unlink()
        line = f"ONNX: expected answers within {CLOSE:g} of torch's, found them {difference:.3g} apart"
        return {"file": None, "line": line, **told}
    return {"file": FILE, "line": "", **told}


def _export(path: Path, model: Model, inputs: tuple[Tensor, ...], names: dict[str, list[str]]) -> None:
    free = {name: {0: "rows", **{axis: f"axis {axis}" for axis in model.told["free"]}} for name in names["inputs"]}
    free |= {name: {0: "rows"} for name in names["outputs"]}
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # of what tracing takes for constant: the check tells
        torch.onnx.export(
            Both(model).eval(),
            inputs,
            str(path),
            dynamo=False,
            opset_version=OPSET,
            input_names=names["inputs"],
            output_names=names["outputs"],
            dynamic_axes=free,
        )


def apart(found: np.ndarray, wanted: np.ndarray) -> float:
    """The largest difference of any figure, as a share of the largest figure where that is above 1."""
    return float(np.abs(found - wanted).max() / max(1.0, float(np.abs(wanted).max())))


def _difference(path: Path, model: Model, inputs: tuple[Tensor, ...], names: dict[str, list[str]]) -> float:
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    found = session.run(names["outputs"], dict(zip(names["inputs"], (one.numpy() for one in inputs), strict=True)))
    wanted = [one.numpy() for one in answered(model, inputs) if one is not None]
    return max(apart(a, b) for a, b in zip(found, wanted, strict=True))
