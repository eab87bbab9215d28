"""The arrows of the design that import-linter cannot see: what a process really loads, and what is written down."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from backend.audit import auditor
from backend.registry import CALLABLE, names

ROOT = Path(__file__).parents[2]
SQL = re.compile(r"\b(SELECT\s+.+\s+FROM|INSERT\s+INTO|CREATE\s+TABLE|DELETE\s+FROM|UPDATE\s+\w+\s+SET)\b")


def test_server_process_loads_no_torch():
    code = (
        "import sys, workbench.serve.server, workbench.cli.app, workbench.cli.commands\n"
        "from backend.control import api, client, service\n"
        "heavy = {'torch', 'captum', 'fairlearn', 'umap', 'numba'} & set(sys.modules)\n"
        "sys.exit(f'the server loads {sorted(heavy)}' if heavy else 0)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert found.returncode == 0, found.stderr


def test_data_job_loads_no_torch():
    code = "import sys, backend.data.register\nsys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0


def test_sql_stands_only_in_control_and_audit():
    allowed = {ROOT / "backend" / "control", ROOT / "backend" / "audit"}
    for file in [*ROOT.glob("backend/**/*.py"), *ROOT.glob("workbench/**/*.py"), *ROOT.glob("pages/*.py")]:
        if not allowed & set(file.parents):
            assert not SQL.search(file.read_text()), f"{file.relative_to(ROOT)} holds SQL"


def test_nothing_is_unpickled():
    bad = re.compile(r"pickle\.loads?\(|allow_pickle\s*=\s*True|weights_only\s*=\s*False|joblib\.load|torch\.load\(")
    for file in [*ROOT.glob("backend/**/*.py"), *ROOT.glob("workbench/**/*.py"), *ROOT.glob("sample_data/**/*.py")]:
        assert not bad.search(file.read_text()), f"{file.relative_to(ROOT)} could unpickle a file"


@pytest.mark.parametrize("folder", [f for f in CALLABLE if f != "stages"])
def test_every_registry_folder_is_in_the_contributors_table(folder):
    assert names(folder), f"backend/{folder} holds no plug-in"
    assert f"`backend/{folder.replace('.', '/')}/`" in (ROOT / "CONTRIBUTING.md").read_text()


def test_what_an_auditor_gets_stands_alone():
    """verify.py is joined from backend/audit/auditor: its tree, its notes and its Ed25519 are not the project's."""
    for part in auditor.PARTS:
        tree = ast.parse((ROOT / "backend" / "audit" / "auditor" / f"{part}.py").read_text())
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                named = {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                named = {node.module.split(".")[0]}
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 1
                assert node.module in auditor.PARTS[: auditor.PARTS.index(part)], f"{part} uses a later part"
                continue
            else:
                continue
            assert named <= sys.stdlib_module_names | {"cryptography"}, f"{part} uses {named}"


def test_files_stay_small():
    for file in [*ROOT.glob("backend/**/*.py"), *ROOT.glob("workbench/**/*.py")]:
        assert len(file.read_text().splitlines()) <= 300, f"{file.relative_to(ROOT)} outgrew 300 lines"
    for file in ROOT.glob("pages/*.py"):
        assert len(file.read_text().splitlines()) <= 150, f"{file.relative_to(ROOT)} outgrew 150 lines"


def test_every_event_kind_is_documented():
    written = (ROOT / "docs" / "events.md").read_text()
    kinds = set()
    for file in [*ROOT.glob("backend/stages/*.py"), ROOT / "backend" / "worker.py"]:
        kinds |= set(re.findall(r"events\.append\(\s*\"([a-z_.]+)\"", file.read_text()))
    assert kinds, "no event found in the stages"
    missing = {k for k in kinds if k not in written}
    assert not missing, f"docs/events.md does not speak of {sorted(missing)}"
