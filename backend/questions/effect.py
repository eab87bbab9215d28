"""How does this classifier's answer change with one feature of the examples?"""

from __future__ import annotations

from typing import Any

from ..engine.weights import read_spec
from ..modality import of_spec
from ..stages.modality import asking
from ..workspace.artefacts import Artefacts
from ..workspace.layout import Workspace
from ._common import checked_model, needed


def answer(question: dict[str, Any], workspace: Workspace) -> dict[str, Any]:
    """question: classifier (SHA-256), dataset (manifest), feature (its name), rows [int] whose own curves are asked for
    (may be empty), class (of several; default the second of two, else the first). What comes back is the modality's
    (of tables: backend/stages/modality/table/effect.py). Raises BadInput with one line."""
    needed(question, "classifier")
    artefacts = Artefacts(workspace.artefacts)
    sha256 = checked_model(artefacts, question["classifier"])
    return asking(of_spec(read_spec(artefacts, sha256)).name).effect(question, workspace)
