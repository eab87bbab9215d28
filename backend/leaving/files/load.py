"""Load this model. What it needs beside Python stands in requirements.txt; the workbench that made it is not needed.

from load import load, read
model = load()
for names, inputs in read(["a file"]):
    answers = model(*inputs)       # N x K: probabilities of model.told["classes"], or numbers; of an encoder features
    features = model.embed(*inputs)  # N x d
"""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

FOLDER = Path(__file__).resolve().parent


def load(folder: str | Path = FOLDER) -> Any:
    """The model of a folder, on the CPU, in eval mode; `model.told` is its model.json."""
    folder = Path(folder)
    told = told_of(folder)
    code = code_of(folder, told)
    return code.assembled(folder, told, code.build)


def read(paths: Sequence[str | Path], folder: str | Path = FOLDER) -> Iterator[tuple[list[str], tuple[Any, ...]]]:
    """(names, inputs) of the rows of new files, some at a time, read as those of the training were.

    Raises ValueError with one line for what cannot be read.
    """
    folder = Path(folder)
    told = told_of(folder)
    return code_of(folder, told).read([Path(path) for path in paths], told["reading"], folder)


def told_of(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "model.json").read_text(encoding="utf-8"))


def code_of(folder: Path, told: dict[str, Any]) -> ModuleType:
    """The code of this model, under a name of its own, so that several models may be loaded."""
    name = told["code"]
    if name not in sys.modules:
        place = folder / name / "__init__.py"
        spec = importlib.util.spec_from_file_location(name, place, submodule_search_locations=[str(place.parent)])
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        try:
            spec.loader.exec_module(module)
        except BaseException:
            del sys.modules[name]
            raise
    return sys.modules[name]
