"""Extras of the distribution: what only language models or only PDF need is installed only where it is wanted.

Whoever needs an extra asks here first (`need`), so that its absence is one line with the remedy. What nobody asked
about ends as a ModuleNotFoundError, which `told` turns into the same line.
"""

from __future__ import annotations

import importlib.util
from functools import cache

from .layout import BadInput

# extra -> the modules that it brings, as pyproject.toml lists their distributions
EXTRAS = {
    "language": ("transformers", "tokenizers", "peft", "datasets"),
    "pdf": ("typst", "pyhanko"),
    "sweep": ("optuna",),
    "onnx": ("onnx", "onnxruntime"),
}


def missing(extra: str, what: str) -> str | None:
    """One line where the extra is not installed, and None where it is. `what` needs it: "a run on texts"."""
    absent = next((module for module in EXTRAS[extra] if not _there(module)), None)
    return absent and _line(extra, what, absent)


def need(extra: str, what: str) -> None:
    """Raises BadInput where the extra is not installed."""
    if line := missing(extra, what):
        raise BadInput(line)


def told(error: Exception) -> Exception:
    """The error itself, or the one line for a module that an extra brings."""
    if isinstance(error, ModuleNotFoundError) and error.name:
        module = error.name.partition(".")[0]
        for extra, modules in EXTRAS.items():
            if module in modules:
                return BadInput(_line(extra, "this", module))
    return error


@cache
def _there(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


def _line(extra: str, what: str, module: str) -> str:
    return (
        f"{what}: expected the extra {extra!r}, found no {module}; `pip install 'ssl-workbench[{extra}]'` installs it"
    )
