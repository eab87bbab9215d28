"""An exported model where no workbench is: a process of its own, whose search path holds none of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

CODE = """
import importlib.util, json, pathlib, sys
sys.path = [p for p in sys.path if not (pathlib.Path(p) / "backend").is_dir()]
assert not any(map(importlib.util.find_spec, ("workbench", "backend", "tests")))
folder, out, *files = sys.argv[1:]
sys.path.insert(0, folder)
import numpy as np, torch
from load import load, read
model, found = load(), {"names": [], "answers": [], "features": [], "onnx": []}
onnx = pathlib.Path(folder) / "model.onnx"
if onnx.exists():
    import onnxruntime
    session = onnxruntime.InferenceSession(str(onnx))
for names, inputs in read(files):
    with torch.no_grad():
        found["answers"].append(model(*inputs).numpy())
        found["features"].append(model.embed(*inputs).numpy())
    found["names"] += names
    if onnx.exists():
        given = {f"input_{place}": one.numpy() for place, one in enumerate(inputs)}
        found["onnx"].append(session.run(None, given)[-1])
import score
assert score.main([*files, "-o", out + ".csv"]) == 0
np.savez(out, **{k: np.concatenate(v) if v and k != "names" else np.array(v) for k, v in found.items()})
"""


def used(folder: Path, files: list[Path], out: Path) -> dict[str, Any]:
    """{"names", "answers", "features", "onnx", "scored" (lines of score.py's file)} of new files."""
    command = [sys.executable, "-I", "-c", CODE, folder, out, *files]
    env = {**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    ended = subprocess.run(list(map(str, command)), cwd=out.parent, env=env, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    scored = Path(f"{out}.csv").read_text(encoding="utf-8").splitlines()
    return {**np.load(out.with_suffix(".npz")), "scored": scored, "said": ended.stderr}


def told(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "model.json").read_text(encoding="utf-8"))
