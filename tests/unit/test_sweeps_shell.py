"""`workbench sweep` and `workbench sweeps`: what they print, their exit codes, and that one that was left goes on."""

from __future__ import annotations

import json

import pytest

from backend.control.runs.launchers import local
from backend.workspace import extras
from tests.shell import on_bars
from tests.sweep_worker import command

pytest.importorskip("optuna")
RECIPE = {"title": "Bars", "data": {"name": "bars"}, "encoder": {"name": "convnet", "width": 8}}


@pytest.fixture
def shell(tmp_path, monkeypatch, capsys):
    """shell("sweeps", "list") -> (exit code, stdout, stderr), on a workspace with data and bars.toml beside it."""
    monkeypatch.setenv("WORKBENCH_DEVICES", "cpu")
    monkeypatch.setattr(local, "create", lambda: local.Local(command()))
    return on_bars(tmp_path, RECIPE, monkeypatch, capsys)


def test_a_sweep_tells_every_trial_and_what_it_found(shell):
    code, out, _ = shell("sweep", "bars.toml", "--minutes", "60", "--trials", "3", "--json")
    lines = out.splitlines()
    assert code == 0
    assert lines[0].startswith("sweep sweep-")
    assert [line.split(":")[0].strip() for line in lines[1:4]] == ["trial 1", "trial 2", "trial 3"]
    assert "the recipe as it is" in lines[1]
    assert lines[2].endswith("pretext task VICReg")
    assert any("+4.0 points" in line or "Nothing is shown to beat" in line for line in lines)
    found = json.loads(lines[-1])
    assert (found["state"], found["done"]) == ("finished", 3)

    name = found["sweep"]
    assert shell("sweeps", "list")[1].split()[:2] == [name, "finished"]
    assert f"{name}: finished: all trials are done" in shell("sweeps", "show", name)[1]
    toml = shell("sweeps", "recipe", name, "--trial", "2")[1]
    assert 'name = "vicreg"' in toml
    assert 'stages = ["pretrain", "study"' in toml
    assert shell("sweeps", "follow", name)[0] == 0, "of one that has ended it is told again"
    assert shell("sweeps", "recipe", name, "--trial", "9")[0] == 2


def test_one_that_was_left_goes_on_with_who_follows_it(shell):
    code, out, err = shell("sweep", "bars.toml", "--minutes", "60", "--trials", "2", "--detach", "--json")
    name = json.loads(out.splitlines()[-1])["sweep"]
    assert code == 0
    assert "left under way" in err
    code, out, _ = shell("sweeps", "follow", name)
    assert code == 0
    assert f"{name}: finished: all trials are done" in out


def test_cancel(shell):
    _, out, _ = shell("sweep", "bars.toml", "--minutes", "60", "--detach", "--json")
    name = json.loads(out.splitlines()[-1])["sweep"]
    assert shell("sweeps", "cancel", name)[:2] == (0, f"{name}: cancelled\n")
    code, _, err = shell("sweeps", "follow", name)
    assert code == 1
    assert f"{name}: cancelled: on request of local" in err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("sweep", "bars.toml", "--minutes", "0"), "bars.toml: minutes: expected more than 0"),
        (("sweep", "bars.toml", "--minutes", "1", "--trials", "50"), "minutes: expected at least 9.2 for 50 trials"),
        (("sweep", "none.toml", "--minutes", "1"), "none.toml"),
        (("sweep", "bars.toml", "--minutes", "9", "--set", "train.epochs=0"), "train.epochs: expected pretraining"),
        (("sweeps", "show", "nope"), "sweep: expected one of this workspace, found 'nope'"),
    ],
)
def test_what_is_wrong_is_one_line(shell, words, said):
    code, _, err = shell(*words)
    assert code == 2
    assert said in err
    assert len(err.strip().splitlines()) == 1


def test_without_optuna_it_says_what_to_install(shell, monkeypatch):
    monkeypatch.setattr(extras, "_there", lambda module: module != "optuna")
    code, _, err = shell("sweep", "bars.toml", "--minutes", "60")
    assert code == 2
    assert "expected the extra 'sweep', found no optuna; `pip install 'ssl-workbench[sweep]'` installs it" in err
    assert shell("sweeps", "list")[:2] == (
        0,
        "No sweep yet: `workbench sweep RECIPE.toml --minutes M` begins one.\n",
    )
