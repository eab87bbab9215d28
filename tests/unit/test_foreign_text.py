"""Text from files and people on its way to a page, a report, a terminal: shown as it is written, wherever it goes.

`TestPages` reads the code of the pages: whatever Streamlit would read as Markdown must be our own words, or have gone
through `plain`. tests/browser/test_hostile_names.py looks at the pages themselves.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Methods of Streamlit that read Markdown in their first argument (or the one named), and arguments of any that do.
FIRST = frozenset(
    re.findall(
        r"\w+",
        "markdown caption expander tabs radio segmented_control pills button checkbox toggle subheader header title "
        "info warning error success download_button text_input text_area number_input slider select_slider popover "
        "toast spinner badge form_submit_button file_uploader selectbox multiselect dialog date_input",
    )
)
ALONE = {"write", "table"}  # which other things than Streamlit have as well
NAMED = ("label", "body", "help", "caption", "text")
SAFE_CALLS = {"plain", "marked", "len", "min", "max", "round", "int", "clock", "duration", "percent", "columns"}
SAFE_CALLS |= {"badge"}  # of workbench.login
WHOLE = {"items", "values", "keys"}
OVER = {"zip", "enumerate", "sorted", "list", "reversed", "filter"}
MADE_SAFE = {"field.label"}  # made of a parameter's name by forms.read
SAFE_METHODS = {"strftime", "isoformat"}
PAGES = sorted([*(ROOT / "pages").glob("*.py"), *(ROOT / "workbench").rglob("*.py")])
ELSEWHERE = ("report", "verdicts", "charts")  # do not draw


@dataclass
class Module:
    """One file: its functions, and which of their parameters Streamlit reads as Markdown."""

    path: Path
    tree: ast.Module
    parents: dict[ast.AST, ast.AST] = field(default_factory=dict)
    imported: dict[str, str] = field(default_factory=dict)  # name: where it is from

    def __post_init__(self):
        for node in ast.walk(self.tree):
            for child in ast.iter_child_nodes(node):
                self.parents[child] = node
        told = [n for n in ast.walk(self.tree) if isinstance(n, ast.Import | ast.ImportFrom)]
        self.imported = {
            name.asname or name.name: f"{getattr(n, 'module', '')}.{name.name}" for n in told for name in n.names
        }

    def draws(self, receiver: ast.expr) -> bool:
        """Whether a method is one of Streamlit's: of `st` or of a place on the page, not of a module or the service."""
        if isinstance(receiver, ast.Name):
            return receiver.id == "st" or receiver.id not in self.imported
        return not any(isinstance(n, ast.Call) and getattr(n.func, "id", "") == "service" for n in ast.walk(receiver))

    def function_of(self, node: ast.AST) -> ast.FunctionDef | None:
        while node in self.parents:
            node = self.parents[node]
            if isinstance(node, ast.FunctionDef):
                return node
        return None


class Reader:
    """Finds what reaches Streamlit's Markdown unescaped. A parameter that does makes its function one that reads
    Markdown, so that its callers are looked at in turn."""

    def __init__(self, modules: list[Module]):
        self.modules = modules
        self.takes: dict[str, set[str]] = defaultdict(set)  # "module.function": its parameters read as Markdown
        self.parameters = {
            f"{m.path.stem}.{f.name}": [a.arg for a in f.args.args if a.arg != "self"]
            for m in modules
            for f in ast.walk(m.tree)
            if isinstance(f, ast.FunctionDef)
        }

    def found(self) -> list[str]:
        """ "file:line: what" of everything that is not safe."""
        while True:
            before = {name: set(taken) for name, taken in self.takes.items()}
            told = [line for m in self.modules for line in self._module(m)]
            if before == self.takes:
                return told

    def _module(self, m: Module) -> Iterator[str]:
        for call in (n for n in ast.walk(m.tree) if isinstance(n, ast.Call)):
            for given in self._read(m, call):
                bad = self._unsafe(m, given)
                if bad is None:
                    continue
                function = m.function_of(call)
                own = self._own(m, function)
                if isinstance(bad, ast.Name) and bad.id in own and not list(_assigned(function, bad.id)):
                    self.takes[f"{m.path.stem}.{function.name}"].add(bad.id)
                    continue
                yield f"{m.path.relative_to(ROOT)}:{given.lineno}: {ast.unparse(bad)}"

    def _read(self, m: Module, call: ast.Call) -> Iterator[ast.expr]:
        """The arguments of a call that Streamlit reads as Markdown."""
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        drawing = isinstance(call.func, ast.Attribute) and m.draws(call.func.value)
        if drawing and (name in FIRST or (name in ALONE and getattr(call.func.value, "id", "") == "st")):
            yield from call.args[:1]
            yield from (k.value for k in call.keywords if k.arg in NAMED)
        elif drawing and name in ("progress", "status", "metric", "image", "columns", "page_link"):
            yield from (k.value for k in call.keywords if k.arg in NAMED)
        elif (called := self._called(m, call.func)) in self.takes:
            own, taken = self.parameters[called], self.takes[called]
            yield from (given for at, given in enumerate(call.args) if at < len(own) and own[at] in taken)
            yield from (k.value for k in call.keywords if k.arg in taken)

    def _called(self, m: Module, function: ast.expr) -> str:
        """ "module.function" of a call, as far as names tell."""
        if isinstance(function, ast.Attribute):
            module = m.imported.get(getattr(function.value, "id", ""), "")
            return f"{module.rsplit('.', 1)[-1]}.{function.attr}"
        name = getattr(function, "id", "")
        own = f"{m.path.stem}.{name}"
        return own if own in self.parameters else ".".join(m.imported.get(name, "").rsplit(".", 2)[-2:])

    def _own(self, m: Module, function: ast.FunctionDef | None) -> list[str]:
        return self.parameters.get(f"{m.path.stem}.{function.name}", []) if function else []

    def _unsafe(self, m: Module, node: ast.expr, depth: int = 0) -> ast.expr | None:
        """The part of an expression that is not safe to read as Markdown, or None."""
        unsafe = lambda *parts: next((bad for part in parts if (bad := self._unsafe(m, part, depth + 1))), None)  # noqa: E731
        if isinstance(node, ast.Constant):
            return None
        if isinstance(node, ast.JoinedStr):
            return unsafe(*node.values)
        if isinstance(node, ast.FormattedValue):
            return None if node.format_spec is not None and _is_number(node.format_spec) else unsafe(node.value)
        if isinstance(node, ast.IfExp):
            return unsafe(node.body, node.orelse)
        if isinstance(node, ast.BoolOp):  # `help and plain(help)` is nothing, or the last of them
            return unsafe(*(node.values[-1:] if isinstance(node.op, ast.And) else node.values))
        if isinstance(node, ast.BinOp):
            return unsafe(node.left, node.right)
        if isinstance(node, ast.List | ast.Tuple):
            return unsafe(*node.elts)
        if isinstance(node, ast.Starred):
            return unsafe(node.value)
        if isinstance(node, ast.GeneratorExp | ast.ListComp):
            return unsafe(node.elt)
        if isinstance(node, ast.Dict):
            return unsafe(*node.values)
        if isinstance(node, ast.NamedExpr):
            return unsafe(node.value)
        if isinstance(node, ast.Subscript):  # a constant table
            return unsafe(node.value)
        if isinstance(node, ast.Attribute):
            return None if node.attr.isupper() or ast.unparse(node) in MADE_SAFE else node
        if isinstance(node, ast.Call):
            return self._unsafe_call(node, unsafe)
        if isinstance(node, ast.Name):
            return self._unsafe_name(m, node, depth)
        return node

    def _unsafe_call(self, call: ast.Call, unsafe) -> ast.expr | None:
        if isinstance(call.func, ast.Name):
            if call.func.id in SAFE_CALLS:
                return None
            if call.func.id in OVER:
                return unsafe(*call.args)
            if call.func.id == "map" and isinstance(call.args[0], ast.Name) and call.args[0].id == "plain":
                return None
            return call
        if call.func.attr in SAFE_METHODS or call.func.attr in SAFE_CALLS:
            return None
        if call.func.attr in WHOLE:
            return unsafe(call.func.value)
        if call.func.attr == "join":
            return unsafe(call.func.value, *call.args)
        if call.func.attr == "get":  # of a constant table
            return unsafe(call.func.value, *call.args[1:])
        return call

    def _unsafe_name(self, m: Module, node: ast.Name, depth: int) -> ast.expr | None:
        """A name by what it was given; a number's is safe. The parameter behind it, where that is what is unsafe."""
        if node.id.isupper():
            return None
        function = m.function_of(node)
        if function and any(a.arg == node.id and _is_count(a.annotation) for a in function.args.args):
            return None
        values = list(_assigned(function or m.tree, node.id)) if depth < 12 else []
        if not values:
            return node
        bad = next((b for value in values if (b := self._unsafe(m, value, depth + 1))), None)
        return bad if bad is None or (isinstance(bad, ast.Name) and bad.id in self._own(m, function)) else node


def _is_count(annotation: ast.expr | None) -> bool:
    return isinstance(annotation, ast.Name) and annotation.id in ("int", "float")


def _assigned(scope: ast.AST, name: str) -> Iterator[ast.expr]:
    """The expressions that a name is assigned within a function; a loop's variable counts as what it goes over."""
    for node in ast.walk(scope):
        if isinstance(node, ast.Assign):
            pairs = [(target, node.value) for target in node.targets]
        elif isinstance(node, ast.AugAssign | ast.AnnAssign | ast.NamedExpr) and node.value is not None:
            pairs = [(node.target, node.value)]
        elif isinstance(node, ast.For | ast.comprehension):
            pairs = [(node.target, node.iter)]
        else:
            continue
        for target, value in pairs:
            yield from _parts(target, value, name)


def _parts(target: ast.expr, value: ast.expr, name: str) -> Iterator[ast.expr]:
    """What `name` gets where `target = value`; of a tuple whose parts are not written out, the whole."""
    if isinstance(target, ast.Name) and target.id == name:
        yield value
    elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
        for one, part in zip(target.elts, value.elts, strict=True):
            yield from _parts(one, part, name)
    elif isinstance(target, ast.Tuple) and any(isinstance(n, ast.Name) and n.id == name for n in ast.walk(target)):
        yield value


def _is_number(spec: ast.expr) -> bool:
    """Whether a format is one that only numbers take (,.0f d % ...)."""
    text = "".join(part.value for part in spec.values if isinstance(part, ast.Constant))
    return (bool(text) and text[-1] in ",dfge%") or text.startswith((",", "."))


def pages() -> list[Module]:
    kept = [p for p in PAGES if not set(p.relative_to(ROOT).parts) & set(ELSEWHERE) and not p.name.startswith("cli")]
    return [Module(p, ast.parse(p.read_text())) for p in kept]


class TestPages:
    def test_what_streamlit_reads_as_markdown_is_our_own_words_or_went_through_plain(self):
        assert Reader(pages()).found() == []

    @pytest.mark.parametrize(
        ("code", "bad"),
        [
            ("st.caption(run['title'])", "run"),
            ("st.markdown(f'**{name}**')", "name"),
            ("st.button('a', help=reason)", "reason"),
            ("def show(text):\n    st.caption(text)\nshow(run.title)", "run.title"),
            ("x = plain(a)\nst.caption(x)", None),
            ("st.caption(f'{plain(a)}: {n:,}')", None),
            ("st.caption(WORDS[kind])", None),
            ("st.caption(words.sentence(run))", "words.sentence(run)"),
            ("st.caption(', '.join(plain(x) for x in names))", None),
            ("st.caption(', '.join(names))", "names"),
        ],
    )
    def test_the_reader_itself(self, code, bad, tmp_path, monkeypatch):
        module = Module(ROOT / "pages" / "x.py", ast.parse(code))
        found = Reader([module]).found()
        assert [line.split(": ", 1)[1] for line in found] == ([bad] if bad else [])
