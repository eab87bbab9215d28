"""The front-end rooms of modalities: what a room may hold, what stands in for what it leaves out, who may name one."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from backend.modality import names
from workbench import modality
from workbench.modality._words import Words

ROOT = Path(__file__).parents[2]
ROOMS = ROOT / "workbench" / "modality"
PARTS = ("words", "chapters", "form", "sheet", "items", "explain", "run")
FILES = [file for file in sorted(ROOMS.glob("[a-z]*/*.py")) if file.stem in PARTS]


@pytest.mark.parametrize("file", FILES, ids=lambda file: "/".join(file.parts[-2:]))
def test_a_part_of_a_room_derives_from_the_default(file):
    part = file.stem
    default = importlib.import_module(f"workbench.modality._{part}")
    found = getattr(modality.shown(file.parent.name), part)
    assert isinstance(found, getattr(default, part.capitalize()))
    assert type(found).__module__ == f"workbench.modality.{file.parent.name}.{part}"
    own = {name for name in vars(type(found)) if not name.startswith("_")}
    known = {name for base in type(found).__mro__[1:] for name in vars(base)} | set(vars(found))
    assert own <= known, "what the default does not have, nobody asks for"


def test_rooms_are_of_modalities_that_the_back_end_knows():
    rooms = {room.name for room in ROOMS.iterdir() if room.is_dir() and not room.name.startswith("_")}
    assert rooms <= set(names())


@pytest.mark.parametrize("name", names())
def test_every_baseline_of_a_modality_has_its_words(name):
    from backend.modality import modality as known

    words = modality.shown(name).words
    for arm in known(name).baselines:
        assert arm in words.baselines
        assert arm in words.arms
        assert arm in words.arm_names


def test_words_and_chapters_load_no_streamlit():
    code = (
        "import sys\nfrom workbench import modality\n"
        f"for name in {names()!r}:\n    modality.shown(name).words, modality.shown(name).chapters\n"
        "sys.exit('streamlit' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0


def test_a_plug_in_folder_holds_a_room(tmp_path, monkeypatch):
    room = tmp_path / "workbench" / "modality" / "chords"
    room.mkdir(parents=True)
    (room / "__init__.py").touch()
    told = "from workbench.modality._words import Words", "class Own(Words):", "    part = 'notes'"
    (room / "words.py").write_text("\n".join([*told, "WORDS = Own('chords')"]))
    monkeypatch.setenv("WORKBENCH_PLUGINS", str(tmp_path))
    shown = modality.shown("chords")
    assert shown.words.part == "notes"
    assert shown.words.counted(2) == "2 examples", "the back end does not know it"
    assert type(shown.items).__module__ == "workbench.modality._items"


def test_a_modality_without_a_room_has_words():
    words = modality.shown("spectra").words
    assert type(words) is Words
    assert words.size({"count": 1}) == "1 example"
    assert words.cluster({"id": 0, "label": {"name": "cat", "share": 0.82}}) == "cat 82 %"


def _asks(tree: ast.AST):
    """Strings that something is compared with, by default is, or is looked up by."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            yield from (part for part in ast.walk(node) if isinstance(part, ast.Constant))
        elif isinstance(node, ast.arguments):
            yield from (d for d in [*node.defaults, *node.kw_defaults] if isinstance(d, ast.Constant))
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) == "shown":
            yield from (a for a in node.args if isinstance(a, ast.Constant))


DRAWING = ("documents/svg.py", "documents/traces.py", "documents/frame.py", "documents/series.py")  # types of traces
FIELDS = ("frame/forms.py",)  # kinds of fields


def test_no_page_asks_for_a_modality_by_name():
    files = [*ROOT.glob("pages/*.py"), *ROOT.glob("workbench/**/*.py")]
    files = [f for f in files if ROOMS not in f.parents and ROOT / "workbench" / "cli" not in f.parents]
    files = [f for f in files if not str(f).endswith((*DRAWING, *FIELDS))]
    assert len(files) > 100
    named = [
        f"{file.relative_to(ROOT)}:{one.lineno}: {one.value}"
        for file in files
        for one in _asks(ast.parse(file.read_text()))
        if one.value in names()
    ]
    assert named == []


def test_no_page_imports_a_room():
    known = names()
    for file in [*ROOT.glob("pages/*.py"), *ROOT.glob("workbench/**/*.py")]:
        if ROOMS in file.parents or "node_modules" in file.parts:
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            told = getattr(node, "module", None) or "" if isinstance(node, ast.ImportFrom) else ""
            assert not any(f"modality.{name}" in told for name in known), file
