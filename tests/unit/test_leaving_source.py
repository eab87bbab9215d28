"""The code that leaves with a model: what is used, all of it, and nothing of the workbench beside."""

from __future__ import annotations

import subprocess
import sys

import pytest

from backend.leaving.source import Bundle
from backend.workspace.layout import BadInput

HELPER = '''"""A helper."""
import math
LIMIT = 3
UNUSED = math.nan
def outer(x):
    """Doubles."""
    return inner(x) * LIMIT
# what inner is for
def inner(x):
    return math.floor(x)
def unused():
    import backend.control
'''
ENTRY = '''"""An entry."""
from __future__ import annotations
from typing import TYPE_CHECKING
import numpy as np
from pydantic import Field
from backend.encoders import {helper} as helper
from backend.encoders.{helper} import outer as called
from backend.registry import Strict
if TYPE_CHECKING:
    import pandas as pd
class Params(Strict):
    width: int = Field(3, description="Unused outside")
def build(params: Params, frame: pd.DataFrame | None = None) -> float:
    helper_ = [len for len in (1, 2)]
    return called(params.width) + helper.inner(np.float64(0.5)) + len(helper_)
'''


@pytest.fixture
def plugged(tmp_path, monkeypatch):
    """plugged(name=text, ..) makes encoders of a plug-in folder."""
    (tmp_path / "encoders").mkdir()
    monkeypatch.setenv("WORKBENCH_PLUGINS", str(tmp_path))

    def make(**files: str) -> None:
        for name, text in files.items():
            (tmp_path / "encoders" / f"{name}.py").write_text(text)
            sys.modules.pop(f"backend.encoders.{name}", None)
        from backend import plugins

        plugins.package("encoders")

    yield make
    for name in [name for name in sys.modules if name.startswith("backend.encoders.of_test")]:
        del sys.modules[name]


def test_what_is_used_leaves_and_runs_alone(plugged, tmp_path):
    plugged(of_test_helper=HELPER, of_test_entry=ENTRY.format(helper="of_test_helper"))
    bundle = Bundle([("backend.encoders.of_test_entry", "build")])
    assert bundle.packages == {"numpy"}
    files = bundle.files()
    assert set(files) == {"__init__.py", "encoders_of_test_entry.py", "encoders_of_test_helper.py"}
    helper = files["encoders_of_test_helper.py"]
    assert "# what inner is for\ndef inner" in helper
    assert "unused" not in helper.lower()
    assert "Strict" not in files["encoders_of_test_entry.py"]
    out = tmp_path / "alone"
    out.mkdir()
    for name, text in files.items():
        (out / name).write_text(text)
    code = "import alone, types; print(alone.build(types.SimpleNamespace(width=4)))"
    command = [sys.executable, "-S", "-c", f"import sys; sys.path.append({str(tmp_path)!r}); {numpy()}{code}"]
    ended = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert ended.stdout.strip() == "14", ended.stderr


def numpy() -> str:
    """Where NumPy lies, and nothing of ours."""
    import numpy

    return f"sys.path.append({numpy.__file__.rpartition('/numpy/')[0]!r}); "


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "def build(x):\n    from backend.workspace import layout\n    return layout",
            "found backend.workspace",
        ),
        ("from backend.workspace import layout\ndef build(x):\n    return layout", "the module layout used as a whole"),
        ("from backend.workspace.layout import nothing\ndef build(x):\n    return nothing", "nothing"),
        ("def other(x):\n    return x", "expected a definition of 'build' at its top, found none"),
    ],
)
def test_what_cannot_be_taken_along_is_one_line(plugged, text, says):
    plugged(of_test_bad=text)
    with pytest.raises((BadInput, ImportError), match=says):
        Bundle([("backend.encoders.of_test_bad", "build")])
