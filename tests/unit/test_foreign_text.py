"""Text from files and people on its way to a page, a report, a terminal: shown as it is written, wherever it goes.

`TestPages` reads the code of the pages: whatever Streamlit would read as Markdown must be our own words, or have gone
through `plain`. tests/browser/test_every_page.py looks at the pages themselves.
"""

from __future__ import annotations

import ast
import io
import re
import threading
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.audit.auditor import Bad
from backend.workspace.visible import visible
from workbench.charts import data as data_charts
from workbench.cli import commands as commands_of
from workbench.cli import following
from workbench.cli.telling import tell, tell_all
from workbench.documents import svg
from workbench.frame.safe import JOINER, fenced, flat
from workbench.verdicts import runs

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
SAFE_CALLS = {"plain", "marked", "len", "min", "max", "round", "int", "minute", "duration", "percent", "columns"}
SAFE_CALLS |= {"badge"}  # of workbench.frame.login
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
            for read in self._read(m, call):
                bad = self._unsafe(m, read)
                if bad is None:
                    continue
                function = m.function_of(call)
                own = self._own(m, function)
                if isinstance(bad, ast.Name) and bad.id in own and not list(_assigned(function, bad.id)):
                    self.takes[f"{m.path.stem}.{function.name}"].add(bad.id)
                    continue
                yield f"{m.path.relative_to(ROOT)}:{read.lineno}: {ast.unparse(bad)}"

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


def commands() -> list[Path]:
    """The files of the shell, and what they print with."""
    found = (p for p in (ROOT / "workbench").glob("*.py") if p.name not in ("telling.py", "shell.py"))
    return [*found, *(ROOT / "workbench" / "verdicts").glob("*.py")]


def test_commands_print_through_one_function():
    """`tell` shows what would act on the terminal; shell.say prints JSON, which escapes it."""
    printed = [
        f"{path.name}:{node.lineno}"
        for path in commands()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "print"
    ]
    assert printed == []


# Escape sequences, NUL, a turn of direction, a letter without width, half a character, a tag, line ends.
ACTS = "\x1b[2J\x1b]0;owned\x07\x00\u202e\u200b\ud800\U000e0041\x9b31m\r\n"
MARKS = (
    "[red]x[/red] <b>x</b> ![a](http://evil.example/a.png) {x} %{y} $x$ `x` ```x http://evil.example www.evil.example"
)


class TestVisible:
    def test_what_acts_is_named(self):
        assert visible("a\x1b[2Jb") == "a[U+001B][2Jb"
        assert visible("a\nb\tc") == "a[U+000A]b c"
        assert visible("a\r\nb\tc", lines=True) == "a\nb\tc"
        assert visible(ACTS).isprintable()
        for sign in filter(lambda sign: not sign.isprintable(), ACTS):
            assert f"[U+{ord(sign):04X}]" in visible(ACTS)

    @pytest.mark.parametrize("text", ["می‌خواهم", "👩‍👩‍👧", "Ünïcödé 中文", "soft\u00adhyphen", "10\u202f%", "a\u200fb"])
    def test_what_scripts_need_stays(self, text):
        assert visible(text) == text

    @given(st.text())
    def test_it_says_nothing_twice_and_can_be_encoded(self, text):
        assert visible(visible(text)) == visible(text)
        visible(text, lines=True).encode()


class TestTell:
    def test_a_name_does_not_act_on_the_terminal(self, capsys):
        tell(f"run {ACTS}")
        tell_all("one\x1b[31m\ntwo", err=True)
        printed = capsys.readouterr()
        assert printed.out.count("\n") == 1
        assert printed.out.strip().isprintable()
        assert printed.err == "one[U+001B][31m\ntwo\n"

    def test_commands_show_hostile_titles_reasons_and_logs(self, capsys):
        run = {"run": "r", "state": "failed", "reason": ACTS, "dataset": "d", "title": ACTS, "created": "2026"}
        run |= {"kind": "data", "started": None, "ended": None, "seconds": 0.0, "tags": [ACTS], "archived": False}
        run |= {"resumable": False, "recipe": {}, "sweep": None, "why": None}
        fake = SimpleNamespace(run=lambda name: dict(run), log=lambda name, tail: f"a{ACTS}b\x1bc")
        commands_of.show_run(fake, "r")
        tell(runs.row(*runs.lines([run], {}, {"r": ACTS}, kinds=("data",))))
        commands_of.print_dataset(told_data(), told_sheet())
        out = capsys.readouterr().out
        assert all(line.isprintable() for line in out.splitlines())
        assert "[U+001B][2J" in out

    def test_a_progress_bar_reads_no_markup(self, monkeypatch):
        """Rich would colour, or fail at, a stage or note that holds its own markup."""
        from rich.console import Console
        from rich.progress import Progress

        drawn = io.StringIO()
        monkeypatch.setattr("rich.console.Console", lambda **_: Console(file=drawn, force_terminal=True, width=200))
        monkeypatch.setattr("rich.progress.Progress", lambda *a, **k: Progress(*a, **{**k, "transient": False}))
        told = iter(
            [
                {"state": "running", "progress": {"stage": "[bold]s[/nothing]", "note": "[red]\x1b[2Jn", "total": 0}},
                {"state": "succeeded"},
            ]
        )
        following._watch(SimpleNamespace(run=lambda name: next(told)), "r", threading.Event())
        assert "[bold]s[/nothing]" in drawn.getvalue()
        assert "[red][U+001B][2Jn" in drawn.getvalue()

    def test_the_checker_of_bundles_shows_them_too(self):
        assert str(Bad(f"member {ACTS}")).isprintable()
        assert auditor_source().count("isprintable") == 1


class TestFiles:
    """Text in Markdown files, HTML, SVG and PDF."""

    def test_markdown_files_hold_no_link_picture_or_heading_of_theirs(self):
        from markdown_it import MarkdownIt

        read = MarkdownIt("gfm-like", {"linkify": False}).enable("table")
        for text in (
            MARKS,
            "# head",
            "- item",
            "1. one",
            "=== ",
            "a | b",
            "\\[x](y)",
            "[x]: http://e.example",
            "~~s~~",
        ):
            html = read.render(flat(text))
            assert not re.search(r"<(a|img|h\d|li|em|strong|s|code|pre|table)\b", html), (text, html)
            assert unescape(re.sub(r"</?p>", "", html)).strip().replace(JOINER, "") == " ".join(text.split())

    def test_a_block_of_code_ends_where_it_should(self):
        from markdown_it import MarkdownIt

        tokens = MarkdownIt().parse(fenced('title = "x"\n```\n# head\n````', "toml") + "after")
        assert [t.type for t in tokens if t.type in ("fence", "heading_open", "inline")] == ["fence", "inline"]

    def test_svg_is_xml_whatever_the_names_are(self):
        figure = data_charts.classes_by_split({"class_counts": {"train": {ACTS: 3, MARKS: 2}}}, [ACTS, MARKS])
        drawn_svg = svg.draw(figure)
        root = ElementTree.fromstring(drawn_svg)
        said = ["".join(node.itertext()) for node in root.iter("{http://www.w3.org/2000/svg}text")]
        assert MARKS in said
        assert visible(ACTS) in said
        assert not [n for n in root.iter() if n.tag.rsplit("}", 1)[-1] in ("a", "image", "script", "b")]

    def test_a_figure_shows_names_as_they_are_written(self):
        """Plotly reads tags, entities and %{variables} in every text."""
        figure = data_charts.classes_by_split({"class_counts": {"train": {MARKS: 3}}}, [MARKS])
        (name,) = figure.data[0].y
        assert "<b>" not in name
        assert unescape(name).replace(JOINER, "") == MARKS

    def test_templates_escape_and_name_what_acts(self):
        from workbench.documents.render import template

        page = template("sections.html").render(
            sections=[
                SimpleNamespace(
                    name="x",
                    title=MARKS,
                    chapter=SimpleNamespace(verdict=ACTS, sentences=[MARKS], tables=[], code=ACTS),
                    figures=[],
                    pairs=[],
                    gaps=[],
                    sources=[ACTS],
                )
            ]
        )
        assert "<b>" not in page
        assert "&lt;b&gt;" in page
        assert not re.search("[\x00-\x08\x1b\x9b\u202e\ud800]", page)
        page.encode()


def told_data() -> dict:
    named = {"name": ACTS, "label": ACTS, "classes": [ACTS, MARKS], "sensitive": [ACTS]}
    return named | {"kind": "text", "count": 2, "digest": "d" * 64, "characters": 1, "bytes": 1, "positive": None}


def told_sheet() -> dict:
    return {"counts": {"train": 2}, "warnings": [ACTS], "notes": [ACTS]}


def auditor_source() -> str:
    from backend.audit.auditor import source

    return source()
