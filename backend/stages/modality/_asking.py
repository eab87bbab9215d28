"""What questions (backend/questions) need of a modality: examples by row or by hand, and their explanation."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from ...data.dataset import Dataset
from ...encoders._examples import Examples
from ...workspace.artefacts import Artefacts
from ...workspace.layout import BadInput, Workspace


class Asking(ABC):
    """field: of a question, the one that holds examples of a person's own; "" where there can be none."""

    field: str = ""

    @abstractmethod
    def rows(self, artefacts: Artefacts, dataset: Dataset, rows: list[int], model: str) -> Examples:
        """These rows of a data set as the stored `model` (SHA-256 of an encoder or classifier) reads them."""

    def own(self, question: dict[str, Any], artefacts: Artefacts, model: str) -> Examples:
        """The examples in the question's `field` as the stored `model` reads them. Raises BadInput."""
        raise BadInput("question: expected rows of a data set, found an example of another kind")

    @abstractmethod
    def attribute(self, question: dict[str, Any], workspace: Workspace) -> dict[str, Any]:
        """The answer to the question `attribute` (backend/questions/attribute.py)."""

    def effect(self, question: dict[str, Any], workspace: Workspace) -> dict[str, Any]:
        """The answer to the question `effect` (backend/questions/effect.py), of a modality whose examples have named
        features. Raises BadInput."""
        raise BadInput("question: expected a model of examples that have named features, found one of another kind")
