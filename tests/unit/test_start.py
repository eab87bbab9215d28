"""What a command costs before it does anything: what it imports, and seconds of CPU."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys

import pytest

from backend.control.service import Service

REPORT = """
import json, sys
try:
    from workbench.cli.app import main
    sys.argv[0] = "workbench"
    main()
finally:
    print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})), file=sys.stderr)
"""
# What takes a tenth of a second to import, and what brings such along. Pydantic is not: Typer reads options with it.
HEAVY = {
    "altair",
    "arrow",
    "cryptography",
    "cyclonedx",
    "duckdb",
    "fastapi",
    "httpx",
    "jinja2",
    "jsonschema",
    "lark",
    "numpy",
    "optuna",
    "pandas",
    "PIL",
    "plotly",
    "psutil",
    "pyarrow",
    "rfc3987_syntax",
    "safetensors",
    "scipy",
    "starlette",
    "streamlit",
    "torch",
    "transformers",
    "typst",
    "uvicorn",
}
OPENS = {"duckdb", "psutil"}  # to own the workspace
SIGNS = OPENS | {"cryptography"}  # to write into the ledger and sign it


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A workspace in which a run failed."""
    from backend.control.runs import runs

    service = Service.open(tmp_path_factory.mktemp("start") / "ws", start_supervisor=False)
    service.store.write(lambda tx: runs.create(tx, "r1", "run", "One", "bars", {"recipe": {}}, "anna"))
    service.store.write(lambda tx: runs.move(tx, "r1", "failed", "out of ink"))
    service.close()
    return service.workspace.root


def start(words: list[str], root) -> subprocess.Popen:
    command = [sys.executable, "-c", REPORT, *words]
    own = {**os.environ, "WORKBENCH_WORKSPACE": str(root), "WORKBENCH_CHECKPOINT_MINUTES": "10"}
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=own)


COMMANDS = {
    "--help": (0, set()),
    "runs --help": (0, set()),
    "run missing.toml": (2, set()),
    "runs list": (0, OPENS),
    "runs list --json": (0, OPENS),
    "sweep missing.toml --minutes 1": (2, set()),
    "sweeps list": (0, OPENS),
    "data list": (0, OPENS),
    "data show nope": (2, OPENS),
    "runs show r1": (0, OPENS),
    "users list": (0, OPENS | {"cryptography"}),
    "audit retention": (0, OPENS | {"cryptography"}),
    "audit verify": (0, SIGNS),
    "audit checkpoint": (0, SIGNS),
    "runs cancel r1": (0, SIGNS),
}


@pytest.mark.parametrize("words", COMMANDS)
def test_a_command_imports_what_it_needs_and_no_more(words, root):
    code, needs = COMMANDS[words]
    process = start(words.split(), root)
    _, err = process.communicate()
    assert process.returncode == code, err
    assert set(json.loads(err.splitlines()[-1])) & HEAVY <= needs


@pytest.mark.slow  # a core that is shared takes longer for the same work; what is imported is counted above
@pytest.mark.parametrize(("words", "bound"), [("--help", 0.4), ("runs list", 0.8), ("audit checkpoint", 0.8)])
def test_a_command_that_computes_nothing_takes_little_cpu(words, bound, root):
    """Seconds of CPU, user and system. The best of five: beside other work a core runs at half its speed."""
    command, own = [sys.executable, "-m", "workbench.cli", *words.split()], {"WORKBENCH_WORKSPACE": str(root)}
    # As people have it: a shell that forbids compiled files would have every start compile all that it imports
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"} | own
    took = []
    while len(took) < 5 and min(took, default=bound + 1) > bound:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, check=True, capture_output=True, env=environment)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        took.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert min(took) <= bound, took


def test_the_server_starts_without_what_only_some_pages_need():
    """What `workbench serve` imports until its first page is drawn."""
    code = (
        "import sys, streamlit, workbench.serve.server, workbench.serve.guard\n"
        "import workbench.frame.login, workbench.serve.signin\n"
        "from workbench.explorer import routes\n"
        "from backend.control.api import create_api\n"
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    late = {"altair", "cyclonedx", "jsonschema", "numpy", "pandas", "pyarrow", "scipy", "torch", "typst"}
    assert not late & set(loaded)
