"""What a plug-in says of itself for the screens, read from its file without running it: no torch, no waiting.

A plug-in exports plain constants at the top of its file (`NAMES` lists them by folder), written as literals:

    TITLE, UNIT = "Effective rank", "dimensions"

`says` gives them by their names in small letters. A plug-in that exports nothing is shown under its file's name in
plain form; one that is gone (an old record's) likewise.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from . import plugins

NAMES = {
    "pretext": (
        "TITLE",  # as people write it within a sentence: "SimCLR", "masked language model"
        "ADVICE",  # what to try when it collapses: sentences
        "BOUND",  # what the loss of knowing nothing is called: "ln K"
        "SWEPT",  # False: a sweep does not try it unless the recipe names it
        "EXPERIMENTAL",  # why, of one that no measurement has shown to help; no sweep tries it unasked
    ),
    "encoders": (
        "TITLE",
        "SWEPT",  # likewise
        "ANY_SIZE",  # True: it reads images of other sizes than it was built for
    ),
    "augment": ("TITLE",),
    "tokenizers": ("TITLE",),
    "masking": ("TITLE",),
    "projection": ("TITLE",),
    "collapse": (
        "OF",  # "place" (the default) or "views": what it is measured on
        "TITLE",
        "UNIT",
        "READING",  # how to read it, in one sentence
        "PANEL",  # heading of the panel that several metrics share
        "SCORES",  # True: settings of one pretext task are compared by it where there are no labels (a sweep)
        "FOLDED",  # True: shown among the further numbers, not in the strip
    ),
    "fairness": (
        "TITLE",
        "SHORT",  # within a sentence
        "WORSE",  # what is said of the group with the worse value: "finds {points} fewer cases"
        "NEEDS_POSITIVE",  # False: WORSE is right without a positive class as well
        "HIGH_IS_WORSE",
        "PERCENT",  # False: a number between 0 and 1 and no percentage
        "WHY",  # what it measures and what it is blind to
        "HAZARD",  # of a bias scenario: "Cases in the group '{worse}' are missed more often than in '{better}'."
    ),
    "fairness.numbers": ("TITLE", "SHORT", "WORSE", "HIGH_IS_WORSE", "WHY", "HAZARD"),  # as above; always in a unit
    "attribution": ("TITLE",),
    "probes": (
        "TITLE",
        "FINDING",  # what the model does: estimate above neutral, below neutral, not apart from it
        "EXAMPLES",  # how to read an example and its number
        "OF",  # "encoder" (the default), or "classifier": then the supervised model stands beside, and no control
    ),
    "finetune": (
        "TITLE",  # within a sentence: "nearest neighbours"
        "RIVAL",  # True: it reads the raw data alone, so that it is no use of a pretrained encoder
        "WITHOUT",  # of one that reads the raw data and the frozen features: classical methods that read the data alone
    ),
    "stages": (
        "TITLE",
        "AFTER",  # the stage behind which it runs; the last one, where it names none
        "NEEDS",  # the stage whose results it reads: a recipe has to name that one too
        "NEEDS_LABELS",  # True: not offered for data without a label
    ),
}


def says(folder: str, name: str) -> dict[str, Any]:
    """{export in small letters: value} of a plug-in; {} where the folder has no such file."""
    found = _file(folder, name)
    return {key.lower(): found[key] for key in NAMES.get(folder, ()) if key in found}


def of_group_metric(name: str) -> dict[str, Any]:
    """As `says`, of a metric of the group audit, of classes or of numbers ("number": True)."""
    if own := says("fairness.numbers", name):
        return {**own, "number": True}
    return says("fairness", name)


def kinds(folder: str, name: str, default: tuple[str, ...]) -> tuple[str, ...]:
    """The modalities that a plug-in takes by its own word (KINDS)."""
    return _file(folder, name).get("KINDS", default)


def targets(folder: str, name: str, default: tuple[str, ...]) -> tuple[str, ...]:
    """The types of target that a plug-in takes by its own word (TARGETS)."""
    return _file(folder, name).get("TARGETS", default)


def plain(name: str) -> str:
    """A plug-in's name as it is shown where it has no title: "true_skill" -> "true skill"."""
    return name.replace("_", " ")


def title(folder: str, name: str) -> str:
    """What a plug-in is called at the head of a chart or a column."""
    return says(folder, name).get("title") or plain(name).capitalize()


def called(folder: str, name: str) -> str:
    """What a plug-in is called within a sentence."""
    return says(folder, name).get("title") or plain(name)


def headed(folder: str, name: str) -> str:
    """The same where a line begins with it; "t-SNE" begins with a small letter anywhere."""
    return beginning(called(folder, name))


def beginning(title: str) -> str:
    """A title where a line begins with it."""
    return title if title[1:2] == "-" else title[:1].upper() + title[1:]


def defines(folder: str, name: str, function: str) -> bool:
    """Does a plug-in's file define a function of this name?"""
    path = _place(folder, name)
    return path is not None and function in _functions(path, path.stat().st_mtime_ns)


def titles(folder: str) -> dict[str, str]:
    """{plug-in: its title} of those of a folder that have one."""
    told = {name: says(folder, name).get("title") for name in plugins.files(folder)}
    return {name: title for name, title in told.items() if title}


def _file(folder: str, name: str) -> dict[str, Any]:
    path = _place(folder, name)
    return _read(path, path.stat().st_mtime_ns) if path else {}


def _place(folder: str, name: str) -> Path | None:
    found = (place / f"{name}.py" for place in plugins.places(folder)) if name.isidentifier() else ()
    return next(filter(Path.is_file, found), None)


@lru_cache(maxsize=512)
def _read(path: Path, changed: int) -> dict[str, Any]:
    """{name: value} of the constants at the top of the file as it was changed last, those that are literals."""
    return dict(_constants(ast.parse(path.read_text(encoding="utf-8"))))


@lru_cache(maxsize=512)
def _functions(path: Path, changed: int) -> frozenset[str]:
    """The functions at the top of the file."""
    found = ast.parse(path.read_text(encoding="utf-8")).body
    return frozenset(node.name for node in found if isinstance(node, ast.FunctionDef))


def _constants(module: ast.Module) -> Iterator[tuple[str, Any]]:
    for node in module.body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        for target in targets:
            names = target.elts if isinstance(target, ast.Tuple) else [target]
            values = node.value.elts if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple) else None
            for i, one in enumerate(names):
                if not isinstance(one, ast.Name) or not one.id.isupper():
                    continue
                try:
                    yield one.id, ast.literal_eval(values[i] if values else node.value)
                except ValueError:
                    continue
