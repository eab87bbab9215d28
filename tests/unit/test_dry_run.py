"""`workbench run --dry-run`: the recipe is checked, what its study will see is said, and nothing is started."""

from __future__ import annotations

import json
import sys

import pytest

from backend.control.service import Service
from tests.conftest import make_dataset, registered
from workbench.cli import app
from workbench.recipes import to_toml

RECIPE = {
    "data": {"name": "bars"},
    "encoder": {"name": "convnet", "width": 8},
    "finetune": {"precision": 0.03, "minutes": 5},
}


@pytest.fixture
def shell(tmp_path, monkeypatch, capsys):
    """shell("runs", "list") -> (exit code, stdout, stderr), on a workspace with data and bars.toml beside it."""
    service = Service.open(tmp_path / "ws", start_supervisor=False)
    registered(service.store, make_dataset(service.artefacts).manifest)
    service.close()
    (tmp_path / "bars.toml").write_text(to_toml(RECIPE))
    monkeypatch.chdir(tmp_path)

    def call(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["workbench", *words, "--workspace", "ws"])
        try:
            app.main()
            code = 0
        except SystemExit as end:
            code = end.code or 0
        return (code, *capsys.readouterr())

    return call


def test_it_says_what_the_study_will_see_and_starts_nothing(shell):
    code, out, _ = shell("run", "bars.toml", "--dry-run", "--json")
    told = out.splitlines()
    assert code == 0
    assert told[0].startswith("bars.toml: pretrain, study")
    assert told[0].endswith("on bars; nothing was started")
    assert "A pilot of five label subsets decides" in told[1]
    assert "±3 points take, within the 5 minutes" in told[1]
    assert json.loads(told[-1])["recipe"]["finetune"]["precision"] == 0.03
    assert [line.split()[0] for line in shell("runs", "list")[1].splitlines()] == ["data-bars"]


def test_a_recipe_without_a_study_foresees_nothing(shell):
    code, out, _ = shell("run", "bars.toml", "--dry-run", "--set", 'stages=["pretrain"]')
    assert code == 0
    assert out == "bars.toml: pretrain on bars; nothing was started\n"


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
