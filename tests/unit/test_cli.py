"""The command contract: exit codes, one-line errors, `--json` last."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.workspace.layout import BadInput
from workbench.cli import app, data_words, following
from workbench.cli.report import format_of


@pytest.fixture
def workbench(tmp_path, monkeypatch, capsys):
    """workbench("runs", "list") -> (exit code, stdout, stderr), on a workspace of its own."""

    def call(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["workbench", *words, "--workspace", str(tmp_path / "ws")])
        try:
            app.main()
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
    assert workbench("audit", "verify")[0] == 2, "verifying makes no workspace"
    workbench("data", "list")
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


def test_a_terminal_that_lacks_the_letters(tmp_path, monkeypatch):
    plain = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stderr", plain)
    monkeypatch.setattr(sys, "argv", ["workbench", "data", "show", "café", "--workspace", str(tmp_path / "ws")])
    with pytest.raises(SystemExit, match="2"):
        app.main()
    plain.flush()
    assert rb"found 'caf\xe9'" in plain.buffer.getvalue()


def test_unknown_recipe_key_names_file_and_field(workbench, tmp_path):
    recipe = tmp_path / "r.toml"
    recipe.write_text('[data]\nname = "x"\n[train]\nepochz = 3\n')
    code, _, err = workbench("run", str(recipe))
    assert code == 2
    assert "train.epochz: expected a known key, found an unknown one" in err
    assert "r.toml" in err


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("sex", "sex"),
        ("age:40:60", {"column": "age", "cuts": [40, 60]}),
        ("dose:0.5", {"column": "dose", "cuts": [0.5]}),
        ('"capital:gain"', "capital:gain"),
        ('"capital:gain":5', {"column": "capital:gain", "cuts": [5]}),
        ('"said ""yes"""', 'said "yes"'),
        (' 5" disk ', '5" disk'),
    ],
)
def test_sensitive_words(text, column):
    assert data_words.sensitive_column(text) == column


@pytest.mark.parametrize("text", ["age:old", "age:40:old", '"never closed'])
def test_sensitive_words_that_mean_nothing(text):
    with pytest.raises(BadInput, match="expected"):
        data_words.sensitive_column(text)


@pytest.mark.parametrize(
    ("text", "values", "name"),
    [
        ("mel,bcc", ["mel", "bcc"], None),
        ("malignant=mel, bcc", ["mel", "bcc"], "malignant"),
        ("<=50K", ["<=50K"], None),
        ("<=50K,>=90K", ["<=50K", ">=90K"], None),
        ("low=<=50K", ["<=50K"], "low"),
        ("a==b", ["a==b"], None),
        ('"a=b","c,d"', ["a=b", "c,d"], None),
        ('"my = name"="a=b"', ["a=b"], "my = name"),
        ("a,b=c", ["a", "b=c"], None),
        ("=x", ["=x"], None),
    ],
)
def test_positive_words(text, values, name):
    assert data_words.positive_values(text) == {"positive": values} | ({"positive_name": name} if name else {})


def test_words_of_data_add():
    words = {"label": "none", "split_column": '"none"', "sensitive": 'sex,"race, other",age:40', "split_by": "lesion"}
    assert data_words.data_spec("builtin:clinic", "c", "image", **words, missing="NA, n/a", separator="tab") == {
        "name": "c",
        "kind": "image",
        "builtin": "clinic",
        "label": False,
        "split_column": "none",
        "sensitive": ["sex", "race, other", {"column": "age", "cuts": [40]}],
        "split_by": "lesion",
        "missing": ["NA", "n/a"],
        "separator": "\t",
    }
    assert data_words.data_spec("builtin:clinic", "c", "image", missing="", label=None)["missing"] == []


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(str.strip), min_size=1))
def test_any_name_can_be_said_in_quotes(names):
    quoted = ",".join('"' + name.replace('"', '""') + '"' for name in names)
    assert data_words.positive_values(quoted) == {"positive": names}
    assert [data_words.sensitive_column(part) for part in data_words.parted(quoted, ",", "--sensitive")] == names


def test_a_hub_name_is_no_path():
    assert data_words.data_spec("hf:owner/name", "c", "text")["path"] == "hf:owner/name"


@pytest.mark.parametrize(("s", "words"), [(8.2, "8 s"), (125, "2 min 5 s"), (3840, "1 h 4 min")])
def test_duration(s, words):
    assert following.duration(s) == words


def test_a_look_takes_in_what_workers_said_and_starts_nothing(workbench, tmp_path):
    """Nobody owned the workspace while the worker of r1 ended; r2 still waits. What was taken in is signed."""
    from backend.control.runs import runs
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


@pytest.mark.parametrize(
    ("name", "found"), [("r.pdf", "pdf"), ("r.MD", "md"), ("r.htm", "html"), ("r", "html"), ("a.b/r", "html")]
)
def test_a_report_is_what_its_name_ends_in(name, found):
    assert format_of(Path(name)) == found


def test_a_report_of_an_unknown_ending_is_asked_about():
    with pytest.raises(BadInput, match=r"-o r\.docx: expected an ending of \.html, .* or --format, found '\.docx'"):
        format_of(Path("r.docx"))
