"""Why does this classifier decide as it does on these examples?"""

from __future__ import annotations

from typing import Any

from ..engine.weights import read_spec
from ..modality import of_spec
from ..stages.modality import asking
from ..workspace.artefacts import Artefacts
from ..workspace.layout import Workspace
from ._common import checked_model, needed


def answer(question: dict[str, Any], workspace: Workspace) -> dict[str, Any]:
    """question: classifier (SHA-256), dataset (manifest) and rows [int], methods [name], params {method: {...}}
    (default none), seed of the noise control. What else may be asked and what comes back is the modality's
    (backend/stages/modality/NAME/asking.py). Raises BadInput with one line."""
    needed(question, "classifier", "methods")
    artefacts = Artefacts(workspace.artefacts)
    spec = read_spec(artefacts, checked_model(artefacts, question["classifier"]))
    return asking(of_spec(spec).name).attribute(question, workspace)
