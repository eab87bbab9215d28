"""The command contract: exit codes, one-line errors, `--json` last."""

from __future__ import annotations

import json
import sys

import pytest

from backend.workspace.layout import BadInput
from workbench import cli, commands, following


@pytest.fixture
def workbench(tmp_path, monkeypatch, capsys):
    """workbench("runs", "list") -> (exit code, stdout, stderr), on a workspace of its own."""

    def call(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["workbench", *words, "--workspace", str(tmp_path / "ws")])
        try:
            cli.main()
            code = 0
        except SystemExit as end:
            code = end.code or 0
        out, err = capsys.readouterr()
        return code, out, err

    return call


def test_empty_workspace_says_what_to_do(workbench):
    assert workbench("runs", "list")[:2] == (0, "No run yet: `workbench run RECIPE.toml` starts one.\n")
    assert "workbench data add" in workbench("data", "list")[1]


def test_json_is_the_last_line(workbench):
    code, out, _ = workbench("audit", "verify", "--json")
    assert code == 0
    assert json.loads(out.splitlines()[-1])["ok"] is True


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("runs", "show", "nope"), "run: expected one of this workspace, found 'nope'"),
        (("data", "show", "nope"), "data set: expected a registered one"),
        (("run", "missing.toml"), "recipe missing.toml: expected a TOML file"),
        (("data", "add", "x", "--name", "a/b"), "name"),
        (("data", "add", "x", "--name", "a", "--sensitive", "age:old"), "expected numbers after ':'"),
        (("audit", "export", "-o", "x.zip"), "expected events, found an empty ledger"),
    ],
)
def test_wrong_input_is_one_line_and_code_2(workbench, words, says):
    code, _, err = workbench(*words)
    assert code == 2
    assert says in err
    assert len(err.strip().splitlines()) == 1


def test_unknown_recipe_key_names_file_and_field(workbench, tmp_path):
    recipe = tmp_path / "r.toml"
    recipe.write_text('[data]\nname = "x"\n[train]\nepochz = 3\n')
    code, _, err = workbench("run", str(recipe))
    assert code == 2
    assert "train.epochz: expected a known key, found an unknown one" in err
    assert "r.toml" in err


def test_sensitive_words():
    assert commands.sensitive_column("sex") == "sex"
    assert commands.sensitive_column("age:40:60") == {"column": "age", "cuts": [40, 60]}
    assert commands.sensitive_column("dose:0.5") == {"column": "dose", "cuts": [0.5]}
    with pytest.raises(BadInput):
        commands.sensitive_column("age:old")


def test_positive_words_take_a_name():
    spec = commands.data_spec("builtin:clinic", "c", "image", "dx", "malignant=mel,bcc", "sex,age:40", "lesion")
    assert spec["positive"] == ["mel", "bcc"]
    assert spec["positive_name"] == "malignant"
    assert spec["builtin"] == "clinic"
    assert spec["split_by"] == "lesion"


def test_a_hub_name_is_no_path():
    assert commands.data_spec("hf:owner/name", "c", "text", None, None, None, None)["path"] == "hf:owner/name"


@pytest.mark.parametrize(("s", "words"), [(8.2, "8 s"), (125, "2 min 5 s"), (3840, "1 h 4 min")])
def test_duration(s, words):
    assert following.duration(s) == words


def test_a_look_takes_in_what_workers_said_and_starts_nothing(workbench, tmp_path):
    """Nobody owned the workspace while the worker of r1 ended; r2 still waits. What was taken in is signed."""
    from backend.control import runs
    from backend.control.service import Service
    from backend.workspace.events import EventLog

    service = Service.open(tmp_path / "ws", start_supervisor=False)
    for run in ("r1", "r2"):
        service.store.write(lambda tx, run=run: runs.create(tx, run, "run", "T", "bars", {"recipe": {}}, "local"))
    handle = json.dumps({"pid": 2**22 - 1, "started": 1.0})
    service.store.write(lambda tx: runs.move(tx, "r1", "running", handle=handle, slot="cpu"))
    folder = service.workspace.run("r1")
    service.close()
    folder.path.mkdir()
    EventLog(folder.events).append("run.finished", {}, durable=True)
    found = json.loads(workbench("runs", "list", "--json")[1].splitlines()[-1])["items"]
    assert {run["run"]: run["state"] for run in found} == {"r1": "succeeded", "r2": "queued"}
    assert len(list((tmp_path / "ws" / "checkpoints").glob("*/*.note"))) == 2
    assert not (tmp_path / "ws" / "runs" / "r2").exists()
