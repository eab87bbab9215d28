"""`python -m backend.leaving WORKSPACE RUN FOLDER`: write a run's model into a folder; one JSON object says what.

--what readout          the best readout of the encoder by validation, or that of --method
--what encoder          the network without a head
--what classifier       the fine-tuned network that the run explained and audited
--what language-model   of texts: with the head that it was pretrained with
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from ..modality import of
from ..workspace import extras
from ..workspace.layout import BadInput, Workspace
from .choice import WHAT, choose
from .folder import write
from .record import Record


def export(
    workspace: Workspace,
    run: str,
    folder: Path,
    what: str | None = None,
    seed: int = 0,
    method: str | None = None,
    features: bool = False,
) -> dict[str, Any]:
    """Write the model of one pretraining seed into `folder`; returns what the record and the card say of it, with
    "files" {name: SHA-256}. Raises BadInput with one line where the run has no such model."""
    record = Record(workspace, run)
    if not record.events:
        raise BadInput(f"export {run}: expected a run that has begun, found no event of one")
    if (shown := of(record.dataset.manifest)).extra:
        extras.need(shown.extra, "export")
    return write(folder, record, choose(record, what, seed, method), features)


def main(words: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m backend.leaving")
    parser.add_argument("workspace", type=Path)
    parser.add_argument("run")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--what", choices=WHAT)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--method")
    parser.add_argument("--features", action="store_true")
    asked = parser.parse_args(words)
    try:
        workspace = Workspace(asked.workspace)
        told = export(workspace, asked.run, asked.folder, asked.what, asked.seed, asked.method, asked.features)
    except BadInput as error:
        print(error, file=sys.stderr)
        return 2
    print(json.dumps(told))
    return 0


if __name__ == "__main__":
    sys.exit(main())
