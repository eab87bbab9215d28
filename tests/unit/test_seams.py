"""The seams of the house: no modality is named outside its rooms, and no two files need each other."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.modality import names

ROOT = Path(__file__).parents[2]
MODALITIES = set(names())
# Rooms of modalities, and registries, whose files say which modalities they take
ALLOWED = (
    "backend/modality",
    "backend/stages/modality",
    "workbench/modality",
    "backend/registry.py",
    *(f"backend/{name}" for name in ("attribution", "augment", "encoders", "finetune", "language", "masking")),
    *(f"backend/{name}" for name in ("pretext", "probes", "projection", "questions", "tokenizers", "data/readers")),
    "sample_data",
)
# "image" and "text" as kinds of Plotly's traces and elements, which are no modality
OF_FIGURES = ("workbench/documents/svg.py", "workbench/documents/series.py", "workbench/documents/frame.py",
              "workbench/documents/traces.py", "workbench/documents/ink.py")  # fmt: skip
OF_TABLES = ("backend/control/record/schema.py",)  # "table" as a kind of object of a database
SOURCES = sorted(
    path
    for top in ("backend", "workbench", "pages")
    for path in (ROOT / top).rglob("*.py")
    if "node_modules" not in path.parts
)


def _free(path: Path) -> bool:
    told = path.relative_to(ROOT).as_posix()
    return any(told == one or told.startswith(f"{one}/") for one in (*ALLOWED, *OF_FIGURES, *OF_TABLES))


def _is(node: ast.AST | None) -> bool:
    return isinstance(node, ast.Constant) and node.value in MODALITIES


def _asked(tree: ast.AST) -> Iterator[int]:
    """Lines that compare with a modality's name, look one up in a table of them, or take one by default."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and not isinstance(node.ops[0], ast.In | ast.NotIn):
            found = any(map(_is, (node.left, *node.comparators)))
        elif isinstance(node, ast.Compare):
            right = node.comparators[0]
            found = isinstance(right, ast.Tuple | ast.List | ast.Set) and bool(right.elts) and all(map(_is, right.elts))
        elif isinstance(node, ast.Dict):
            found = len(node.keys) > 1 and all(map(_is, node.keys))
        elif isinstance(node, ast.arguments):
            found = any(map(_is, (*node.defaults, *node.kw_defaults)))
        elif isinstance(node, ast.Tuple | ast.List | ast.Set):
            found = bool(node.elts) and all(map(_is, node.elts)) and len(node.elts) == len(MODALITIES)
        else:
            continue
        if found:
            yield getattr(node, "lineno", 0)


NAMED = (
    'kind == "text"',
    '"image" != of',
    'of in ("text",)',
    '{"image": 1, "text": 2}[of]',
    'def f(kind="image"): ...',
    f"KINDS = {tuple(sorted(MODALITIES))}",
)


@pytest.mark.parametrize("example", NAMED)
def test_a_name_of_a_modality_is_seen(example):
    assert list(_asked(ast.parse(example)))


@pytest.mark.parametrize("example", ['node["text"]', '{"text": words, "x": 1}', '"text" in question', 'x["image"] = 1'])
def test_a_field_that_is_called_so_is_none(example):
    assert not list(_asked(ast.parse(example)))


def test_no_modality_is_named_outside_its_rooms():
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in SOURCES
        if not _free(path)
        for line in _asked(ast.parse(path.read_text()))
    ]
    assert not found, f"a modality is named outside its rooms: {', '.join(found)}"


def _module(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imports(path: Path, known: set[str]) -> Iterator[str]:
    """Modules that a file imports when it is itself imported: not in a function, and not for the type checker alone."""
    here = _module(path)
    package = here if path.name == "__init__.py" else here.rpartition(".")[0]
    todo: list[ast.AST] = list(ast.parse(path.read_text()).body)
    while todo:
        node = todo.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            todo += node.orelse
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            for alias in node.names:
                one = f"{base}.{alias.name}"
                if one in known:
                    yield one
                elif base in known and base != package:
                    yield base
        else:
            todo += ast.iter_child_nodes(node)


def test_no_two_files_import_each_other():
    known = {_module(path): path for path in SOURCES}
    needs = {name: set(_imports(path, set(known))) - {name} for name, path in known.items()}
    order: dict[str, int] = {}
    while ready := [name for name, others in needs.items() if name not in order and others <= order.keys()]:
        order |= dict.fromkeys(ready, len(order))
    circle = sorted(needs.keys() - order.keys())
    inside = [name for name in circle if any(name in needs[other] for other in circle)]
    assert not circle, f"circles of imports among {', '.join(inside)}"
