"""What a model needs of its modality where it leaves (backend/leaving).

A room holds `reading.py` with `read(paths, told, folder) -> iterator of (names, inputs)`: how new files are read, some
rows at a time, into what the encoder takes; folder: where the model lies. It leaves with the model, and so does all of
ours that it imports: Python's own modules, torch and numpy should be enough for it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from safetensors.torch import save_file
from torch import Tensor, nn

from ...data.dataset import Dataset
from ...encoders._examples import Examples
from ...engine.state import unshared
from ...engine.weights import arguments_of
from ...registry import plugin
from ...workspace.artefacts import Artefacts
from ...workspace.layout import BadInput


class Leaving:
    """takes: the files that `read` takes, in words; free: axes of the inputs, beside the rows, of any length."""

    takes: str = "files"
    free: tuple[int, ...] = ()

    def __init__(self, modality: str):
        self.modality = modality

    @property
    def reading(self) -> str:
        """The module that holds `read`."""
        return f"backend.stages.modality.{self.modality}.reading"

    def told(self, dataset: Dataset, spec: dict[str, Any], asked: dict[str, Any]) -> dict[str, Any]:
        """What `read` has to know, as JSON. spec: of the model (backend/engine/weights.py); asked: how the data set was
        registered (backend/data/spec.py), {} where that is not known."""
        return {}

    def inputs(self, examples: Examples) -> tuple[Tensor, ...]:
        """Rows of the data set as `read` would give them."""
        return (examples.input,)

    def build(self, spec: dict[str, Any]) -> tuple[str, str]:
        """(module, function) of ours that builds the network."""
        return plugin("encoders", spec["encoder"]["name"]).call.__module__, "build"

    def network(self, folder: Path, encoder: nn.Module, spec: dict[str, Any], artefacts: Artefacts) -> dict[str, Any]:
        """Write the encoder's weights; returns {"file", "settings", "arguments"}, by which `assembled` of
        backend/leaving/model.py builds it; without a file, it calls the function with the folder."""
        params = dict(spec["encoder"])
        settings = plugin("encoders", params.pop("name")).params(**params).model_dump(mode="json")
        tensors = {name: value.detach().cpu().contiguous() for name, value in unshared(encoder).items()}
        save_file(tensors, folder / "encoder.safetensors", metadata={"format": "pt"})
        return {"file": "encoder.safetensors", "settings": settings, "arguments": arguments_of(spec)}

    def facts(self, encoder: nn.Module) -> dict[str, Any]:
        """What the record and the card say of the network beside its size."""
        return {}

    def headed(self, folder: Path, classes: list[str]) -> None:
        """Once the files are written of a model that names classes."""

    def language_model(
        self, folder: Path, encoder: nn.Module, spec: dict[str, Any], artefacts: Artefacts, events: list[dict[str, Any]]
    ) -> dict[str, Any]:
        """Write the model with the head that it was pretrained with. Raises BadInput where it has none."""
        raise BadInput("--what language-model: expected a run on texts, whose models have such a head")
