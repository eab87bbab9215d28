"""What the keys of the record are called on screen: settings of a recipe, their values, states of a run. Pure.

A method is called as its own file says (backend/exports.py), a model of a study as arms.py says; what is neither
stands here, once.
"""

from __future__ import annotations

import re
from typing import Any

from backend import exports
from backend.recipe import PLUGGED

# Fields of a recipe whose own name does not say it
FIELDS = {
    "lr": "Learning rate",
    "max_train": "Training examples at most",
    "knn_every": "kNN reading every",
    "warmup": "Warm-up",
    "name": "Method",
}
SECTIONS = {
    "data": "Data",
    "pretext": "Pretext task",
    "encoder": "Encoder",
    "augment": "Augmentation",
    "tokenizer": "Tokenizer",
    "masking": "Masking",
    "train": "Training",
    "collapse": "Collapse watch",
    "finetune": "Study",
    "decide": "Decisions",
    "projection": "Maps",
    "attribution": "Explanations",
    "fairness": "Bias audit",
    "probes": "Probes",
}


def field(name: str) -> str:
    """One field of a form: "max_train" -> "Training examples at most"."""
    return FIELDS.get(name) or capital(exports.plain(name))


def setting(path: str) -> str:
    """A setting of a recipe by its place: "train.lr" -> "Training: learning rate", "pretext.name" -> "Pretext task"."""
    section, _, rest = path.partition(".")
    heading = SECTIONS.get(section) or capital(exports.plain(section))
    if not rest or rest == "name":
        return heading
    named = field(rest) if "." not in rest else exports.plain(rest.replace(".", ": "))
    return f"{heading}: {named[0].lower()}{named[1:]}"


def setting_value(path: str, found: Any) -> str:
    """The value of a setting by its place; a method as its own file says."""
    section, _, rest = path.partition(".")
    folder = PLUGGED.get(section) if rest == "name" else rest if rest in exports.NAMES else None
    return exports.called(folder, found) if folder and isinstance(found, str) else value(found)


def refusal(line: str) -> str:
    """A refusal of a recipe as the form says it: "recipe: train.lr: expected .." -> "Training: learning rate: ..", an
    entry of a list by its place."""
    told = re.fullmatch(r"recipe: ([a-z_]+(?:\.\w+)*)(, entry \d+)?: (.*)", line)
    if told is None:
        return line.removeprefix("recipe: ")
    return f"{setting(told[1])}{told[2] or ''}: {told[3]}"


def value(found: Any) -> str:
    """A setting's value as a person writes it; what is not set is "–"."""
    if found is None or found == [] or found == "":
        return "–"
    if isinstance(found, bool):
        return "yes" if found else "no"
    if isinstance(found, list):
        return ", ".join(map(value, found))
    if isinstance(found, dict):
        return ", ".join(f"{exports.plain(name)} {value(one)}" for name, one in found.items())
    if isinstance(found, str):
        return exports.plain(found)
    return f"{found:,}" if isinstance(found, int) or abs(found) >= 10 else f"{found:g}".replace("-", "−")


def capital(text: str) -> str:
    """The first letter large, the others as they are."""
    return text[:1].upper() + text[1:]
