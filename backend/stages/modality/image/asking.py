"""Questions about images: rows, an uploaded picture, and why a classifier decides as it does."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from torch import Tensor

from ....attribution._answers import Answered, answered
from ....attribution._base import logits
from ....attribution._controls import CONTROLS
from ....attribution._evaluate import planted
from ....attribution._run import as_input, control_maps, recorded, run_method
from ....data import decode_images
from ....data.dataset import Dataset
from ....encoders._examples import Pixels
from ....engine.weights import Classifier, read_spec
from ....questions._common import check_methods, check_rows, classifier, needed, told
from ....workspace.artefacts import Artefacts
from ....workspace.layout import BadInput, Workspace
from .._asking import Asking

MOST_BYTES = 10_000_000  # of an uploaded image, before base64


class Images(Asking):
    field = "image"

    def rows(self, artefacts: Artefacts, dataset: Dataset, rows: list[int], model: str) -> Pixels:
        return Pixels(dataset.images[rows])

    def own(self, question: dict[str, Any], artefacts: Artefacts, model: str) -> Pixels:
        """An encoded picture in base64, read as those of the data set were."""
        shape = tuple(read_spec(artefacts, model)["shape"])
        if Dataset(question["dataset"], artefacts).shape != shape:
            raise BadInput(
                "question.dataset: expected the data set that the encoder was trained on, found another shape"
            )
        known = question["dataset"].get("pixels")
        return Pixels(decode_images.one(_payload(question["image"]), shape, "question.image", known))

    def attribute(self, question: dict[str, Any], workspace: Workspace) -> dict[str, Any]:
        """The result is that of `predict` and methods {name: {"layer", "completeness", "steps", "planted"}}, the two
        controls among them, with subjects `maps/NAME` (safetensors "maps": float32 n x H x W)."""
        needed(question, "dataset", "rows")
        wanted, params = check_methods(question["methods"], "image"), question.get("params", {})
        result, said, model, images, dataset = prediction(question, workspace)
        rows, artefacts = result["rows"], Artefacts(workspace.artefacts)
        target = said.index.to(images.device)
        masks = {f: m[rows] for f in ("signal", "shortcut") if (m := dataset.planted(f)) is not None}
        result["methods"], subjects = {}, []
        controls = control_maps(images, rows, question.get("seed", 0))
        for name in (*wanted, *CONTROLS):
            found = None if name in CONTROLS else run_method(name, model, images, target, params.get(name))
            maps = controls[name] if found is None else found.maps.numpy()
            subjects.append(artefacts.put_arrays(f"maps/{name}", {"maps": maps}))
            kept = recorded(found) if found else dict.fromkeys(("layer", "completeness", "steps"))
            result["methods"][name] = {**kept, "planted": planted(maps, masks)[0]}
        return {"result": result, "subjects": subjects}


def prediction(
    question: dict[str, Any], workspace: Workspace
) -> tuple[dict[str, Any], Answered, Classifier, Tensor, Dataset]:
    """(result of `predict`, what the model says, the model, the images in [0, 1] on its device, the data set)"""
    artefacts = Artefacts(workspace.artefacts)
    dataset = Dataset(question["dataset"], artefacts)
    rows = check_rows(question["rows"], dataset)
    model = classifier(artefacts, question["classifier"])
    images = as_input(dataset.images[rows], next(model.parameters()).device)
    said = answered(model, logits(model, images))
    result = {"rows": rows, "classes": dataset.classes, **told(dataset, rows, said)}
    return result, said, model, images, dataset


def _payload(image: Any) -> bytes:
    if not isinstance(image, str) or not image or len(image) > MOST_BYTES * 4 // 3 + 4:
        raise BadInput(f"question.image: expected a picture of at most {MOST_BYTES // 1_000_000} MB in base64")
    try:
        return base64.b64decode(image, validate=True)
    except (binascii.Error, ValueError):
        raise BadInput("question.image: expected base64, found something else") from None


ASKING = Images()
