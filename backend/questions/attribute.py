"""Why does this classifier decide as it does on these rows?"""

from __future__ import annotations

from typing import Any

import torch

from ..attribution._controls import CONTROLS
from ..attribution._evaluate import planted
from ..attribution._run import completeness, control_maps, run_method
from ..registry import of_kind
from ..workspace.artefacts import Artefacts
from ..workspace.layout import BadInput, Workspace
from ._common import needed
from .predict import prediction


def answer(question: dict[str, Any], workspace: Workspace) -> dict[str, Any]:
    """question: as in predict, and methods [name], params {method: {...}} (default none), seed of the noise control.

    The result is that of predict and methods {name: {"layer", "completeness", "steps", "planted"}}, the two controls
    among them, with subjects `maps/NAME` (safetensors "maps": float32 n x H x W). Raises BadInput with one line.
    """
    needed(question, "classifier", "dataset", "rows", "methods")
    wanted, params = check_methods(question["methods"]), question.get("params", {})
    result, model, images, dataset = prediction(question, workspace)
    rows, artefacts = result["rows"], Artefacts(workspace.artefacts)
    target = torch.tensor(result["predicted"], device=images.device)
    masks = {f: m[rows] for f in ("signal", "shortcut") if (m := dataset.planted(f)) is not None}
    result["methods"], subjects = {}, []
    controls = control_maps(images, rows, question.get("seed", 0))
    for name in (*wanted, *CONTROLS):
        found = None if name in CONTROLS else run_method(name, model, images, target, params.get(name))
        maps = controls[name] if found is None else found.maps.numpy()
        subjects.append(artefacts.put_arrays(f"maps/{name}", {"maps": maps}))
        result["methods"][name] = {
            "layer": found and found.layer,
            "completeness": found and completeness(found),
            "steps": None if found is None or found.steps is None else found.steps.tolist(),
            "planted": planted(maps, masks)[0],
        }
    return {"result": result, "subjects": subjects}


def check_methods(wanted: list[str]) -> list[str]:
    known = of_kind("attribution", "image")
    unknown = [m for m in wanted if m not in known]
    if unknown or not wanted:
        raise BadInput(f"question.methods: expected some of {', '.join(known)}, found {unknown or 'none'}")
    return list(wanted)
