"""`workbench run --dry-run`: the recipe is checked, what its study will see is said, and nothing is started."""

from __future__ import annotations

import json

import pytest

from tests.shell import on_bars

RECIPE = {
    "data": {"name": "bars"},
    "encoder": {"name": "convnet", "width": 8},
    "finetune": {"precision": 0.03, "minutes": 5},
}


@pytest.fixture
def shell(tmp_path, monkeypatch, capsys):
    """shell("runs", "list") -> (exit code, stdout, stderr), on a workspace with data and bars.toml beside it."""
    return on_bars(tmp_path, RECIPE, monkeypatch, capsys)


def test_it_says_what_the_study_will_see_and_starts_nothing(shell):
    code, out, _ = shell("run", "bars.toml", "--dry-run", "--json")
    told = out.splitlines()
    assert code == 0
    assert told[0].startswith("bars.toml: pretraining, label-fraction study")
    assert told[0].endswith("on bars; nothing was started")
    assert told[1].startswith("  Models: three pretrainings, then at least 540 models")
    assert told[2].startswith("  Time: not known: no run on images has finished in this workspace")
    assert "A pilot of five label subsets decides" in told[3]
    assert "±3 points take, within the 5 minutes" in told[3]
    assert json.loads(told[-1])["recipe"]["finetune"]["precision"] == 0.03
    assert [line.split()[0] for line in shell("runs", "list", "--all")[1].splitlines()] == ["data-bars"]


def test_a_recipe_without_a_study_foresees_nothing(shell):
    code, out, _ = shell("run", "bars.toml", "--dry-run", "--set", 'stages=["pretrain"]')
    assert code == 0
    assert out.startswith("bars.toml: pretraining on bars; nothing was started\n  Time: not known")
    assert "will be able to see" not in out


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("data.name=none", "bars.toml: data set: expected a registered one"),
        ('stages=["study"]', "bars.toml: stages: expected 'pretrain' before 'study'"),
        ("finetune.minutes=-1", "bars.toml: finetune.minutes"),
    ],
)
def test_what_is_wrong_is_one_line(shell, change, said):
    code, _, err = shell("run", "bars.toml", "--dry-run", "--set", change)
    assert code == 2
    assert said in err
    assert len(err.strip().splitlines()) == 1
