"""The code that a model needs to run without the workbench: what some functions rest on, and nothing else.

From the modules in which the functions stand, the top-level definitions are copied that they use, and those that these
use in turn; every other line stays behind. Each module becomes one file of a flat package, its text as it was written,
its imports those that are used. Settings (subclasses of pydantic's BaseModel) are left out: who builds a network gives
them as plain attributes, with every default written out. What the packages of other people are is told, so that it can
be written down what has to be installed.
"""

from __future__ import annotations

import ast
import importlib
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from pydantic import BaseModel

from ..workspace.layout import BadInput

OURS = ("backend",)  # packages whose code is copied; code of WORKBENCH_PLUGINS is imported under the same names
SETTINGS = "SimpleNamespace"


@dataclass
class Module:
    """One module of ours: where its names are defined and where they come from."""

    name: str
    wanted: set[str] = field(default_factory=set)

    @cached_property
    def text(self) -> str:
        return Path(sys.modules[self.name].__file__).read_text()

    @cached_property
    def lines(self) -> list[str]:
        return self.text.splitlines()

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @cached_property
    def defined(self) -> dict[str, ast.stmt]:
        """{name: the statement that defines it}"""
        found: dict[str, ast.stmt] = {}
        for node in self.tree.body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                found[node.name] = node
            elif isinstance(node, ast.Assign | ast.AnnAssign):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                found |= {one.id: node for target in targets for one in ast.walk(target) if isinstance(one, ast.Name)}
        return found

    @cached_property
    def imported(self) -> dict[str, tuple[str, str | None]]:
        """{name: (module, name there; None: the module itself)} of imports at the top, of the type checker's too."""
        return dict(_imports(self.tree, self.name))

    def is_settings(self, name: str) -> bool:
        found = getattr(sys.modules[self.name], name, None)
        return isinstance(found, type) and issubclass(found, BaseModel)

    @property
    def file(self) -> str:
        """The name of its file in the package, without the ending."""
        return self.name.replace(".", "_").removeprefix("backend_")


class Bundle:
    """All that some functions need. packages: of other people, beside Python's own, that it imports."""

    def __init__(self, entries: Sequence[tuple[str, str]]):
        """entries: (module, function). Raises BadInput with one line where something cannot be taken along."""
        self.entries = tuple(entries)
        self.modules: dict[str, Module] = {}
        self.packages: set[str] = set()
        self.links: dict[str, dict[str, tuple[str, str | None]]] = defaultdict(dict)
        waiting = list(entries)
        while waiting:
            place, name = waiting.pop()
            module = self._module(place)
            if name not in module.wanted:
                module.wanted.add(name)
                waiting += self._needs(module, name)

    def files(self) -> dict[str, str]:
        """{name: text} of the package, which exports the functions."""
        made = {"__init__": self._front()} | {module.file: self._copied(module) for module in self.modules.values()}
        return {f"{name}.py": text for name, text in sorted(made.items())}

    def _module(self, name: str) -> Module:
        if name not in self.modules:
            importlib.import_module(name)
            self.modules[name] = Module(name)
        return self.modules[name]

    def _needs(self, module: Module, name: str) -> Iterator[tuple[str, str]]:
        """What a definition rests on: (module, name) of ours; links to it are noted."""
        if name not in module.defined:
            raise BadInput(f"code of {module.name}: expected a definition of {name!r} at its top, found none")
        if module.is_settings(name):
            return
        for inner in ast.walk(module.defined[name]):
            if isinstance(inner, ast.Import | ast.ImportFrom):
                self._inside(module, inner)
        for used, attribute in _used(module.defined[name]):
            if used in module.defined:
                yield module.name, used
            elif used in module.imported:
                yield from self._linked(module, used, attribute)

    def _linked(self, module: Module, used: str, attribute: str | None) -> Iterator[tuple[str, str]]:
        source, name = module.imported[used]
        if not _ours(source):
            self._known(source)
            self.links[module.name][used] = (source, name)
        elif name is None:
            if attribute is None:
                raise BadInput(f"code of {module.name}: expected {used}.NAME, found the module {used} used as a whole")
            self.links[module.name][used] = (source, None)
            yield source, attribute
        else:
            source, name = _origin(source, name)
            self.links[module.name][used] = (source, name)
            yield source, name

    def _inside(self, module: Module, node: ast.Import | ast.ImportFrom) -> None:
        """An import within a function: of other people's packages alone."""
        for _, (source, _) in _bound(node, module.name):
            if _ours(source):
                raise BadInput(f"code of {module.name}: expected imports at its top, found {source} within a function")
            self._known(source)

    def _known(self, source: str) -> None:
        package = source.partition(".")[0]
        if package not in sys.stdlib_module_names:
            self.packages.add(package)

    def _copied(self, module: Module) -> str:
        """The file of a module: its docstring, the imports that are used, the definitions in their order."""
        kept = {id(module.defined[n]): module.defined[n] for n in module.wanted if not module.is_settings(n)}
        left = sorted(n for n in module.wanted if module.is_settings(n))
        parts = [_docstring(module), "from __future__ import annotations", self._header(module, bool(left))]
        parts += [f"{name} = {SETTINGS}  # the settings, every one as an attribute" for name in left]
        begun = "\n\n".join(part for part in parts if part)
        written = [_source(module, node) for node in sorted(kept.values(), key=lambda node: node.lineno)]
        return "\n\n\n".join([begun, *written]) + "\n"

    def _header(self, module: Module, settings: bool) -> str:
        found = self.links[module.name]
        lines = ["from types import SimpleNamespace"] if settings else []
        for used, (source, name) in sorted(found.items(), key=lambda item: (_ours(item[1][0]), item[1][0], item[0])):
            source = f".{self.modules[source].file}" if _ours(source) else source
            if name is not None:
                lines.append(f"from {source} import {name}" + ("" if name == used else f" as {used}"))
            elif source.startswith("."):
                lines.append(f"from . import {source[1:]} as {used}")
            else:
                lines.append(f"import {source}" + ("" if source == used else f" as {used}"))
        return "\n".join(lines)

    def _front(self) -> str:
        names = [name for _, name in self.entries]
        lines = [f"from .{self.modules[module].file} import {name}" for module, name in self.entries]
        return '"""Code of SSL Workbench that this model needs, and no other."""\n\n' + "\n".join(
            [*lines, "", f"__all__ = {sorted(names)!r}", ""]
        )


def _ours(module: str) -> bool:
    return module.partition(".")[0] in OURS


def _origin(module: str, name: str) -> tuple[str, str]:
    """Where a name is defined that a module may only pass on."""
    importlib.import_module(module)
    passed = Module(module)
    while name not in passed.defined and name in passed.imported:
        module, inner = passed.imported[name]
        if inner is None or not _ours(module):
            break
        name = inner
        importlib.import_module(module)
        passed = Module(module)
    return module, name


def _imports(tree: ast.Module, here: str) -> Iterator[tuple[str, tuple[str, str | None]]]:
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from _bound(node, here)
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            for inner in node.body:
                if isinstance(inner, ast.Import | ast.ImportFrom):
                    yield from _bound(inner, here)


def _bound(node: ast.Import | ast.ImportFrom, here: str) -> Iterator[tuple[str, tuple[str, str | None]]]:
    """(name, (module, name there or None)) that an import statement binds."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield alias.asname or alias.name.partition(".")[0], (alias.name, None)
        return
    base = node.module or ""
    if node.level:
        package = sys.modules[here].__package__.split(".")
        base = ".".join([*package[: len(package) - node.level + 1], *([base] if base else [])])
    if base == "__future__":
        return
    for alias in node.names:
        whole = f"{base}.{alias.name}"
        if _ours(base) and not hasattr(importlib.import_module(base), alias.name):
            importlib.import_module(whole)
        is_module = _ours(base) and whole in sys.modules
        yield alias.asname or alias.name, (whole, None) if is_module else (base, alias.name)


def _used(node: ast.AST, own: frozenset[str] = frozenset()) -> Iterator[tuple[str, str | None]]:
    """(name, attribute that is asked of it) in a definition, but not in its annotations: those are never run.

    own: names of functions around it, which mean something else there.
    """
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        own = own | _local(node)
    for child in ast.iter_child_nodes(node):
        if child is getattr(node, "returns", None) or child is getattr(node, "annotation", None):
            continue
        attribute = child.attr if isinstance(child, ast.Attribute) else None
        name = child.value if isinstance(child, ast.Attribute) else child
        if isinstance(name, ast.Name):
            if isinstance(name.ctx, ast.Load) and name.id not in own:
                yield name.id, attribute
        else:
            yield from _used(child, own)


def _local(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> set[str]:
    """Names that a function binds itself."""
    inside = [node.args, *(node.body if isinstance(node.body, list) else [])]
    found = {arg.arg for arg in ast.walk(node.args) if isinstance(arg, ast.arg)}
    for part in inside:
        found |= {n.id for n in ast.walk(part) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    return found


def _docstring(module: Module) -> str:
    if ast.get_docstring(module.tree) is None:
        return ""
    return "\n".join(module.lines[: module.tree.body[0].end_lineno])


def _source(module: Module, node: ast.stmt) -> str:
    """The lines of a definition, with its decorators and the comment above it."""
    first = min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", []))]) - 1
    while first and module.lines[first - 1].startswith("#"):
        first -= 1
    return "\n".join(module.lines[first : node.end_lineno])
