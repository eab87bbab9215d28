"""What plug-ins export for the screens is read from their files, and is what their modules hold."""

from __future__ import annotations

import os

import pytest

from backend import exports, registry
from backend.leaving import choice
from workbench.verdicts import bias, probes


@pytest.mark.parametrize("folder", exports.NAMES)
def test_the_file_says_what_the_module_holds(folder):
    for name in registry.names(folder):
        assert exports.says(folder, name) == registry.plugin(folder, name).says, name


@pytest.mark.parametrize("folder", exports.NAMES)
def test_every_built_in_has_a_title(folder):
    assert [name for name in registry.names(folder) if "title" not in exports.says(folder, name)] == []


def test_what_exports_nothing_is_shown_in_plain_form(tmp_path, monkeypatch):
    (tmp_path / "fairness").mkdir()
    file = tmp_path / "fairness" / "true_skill.py"
    file.write_text("TITLE = str(1)\nraise SystemExit\n")  # no literal, and nothing is run
    monkeypatch.setenv("WORKBENCH_PLUGINS", str(tmp_path))
    assert exports.says("fairness", "true_skill") == {}
    assert (bias.name("true_skill"), bias.short("true_skill")) == ("True skill", "true skill")
    file.write_text(
        "TITLE, SHORT, WORSE = 'True skill (TSS)', 'TSS', 'is {points} less skilled'\nHIGH_IS_WORSE = True\n"
    )
    os.utime(file, ns=(1, 1))
    assert (bias.name("true_skill"), bias.short("true_skill")) == ("True skill (TSS)", "TSS")
    assert bias.high_is_worse("true_skill")


@pytest.mark.parametrize(
    ("folder", "name", "within", "first"),
    [
        ("pretext", "simclr", "SimCLR", "SimCLR"),
        ("pretext", "mlm", "masked language model", "Masked language model"),
        ("projection", "tsne", "t-SNE", "t-SNE"),
        ("augment", "xray", "X-rays", "X-rays"),
        ("encoders", "of_mine", "of mine", "Of mine"),
    ],
)
def test_a_method_is_called_as_people_write_it(folder, name, within, first):
    assert (exports.called(folder, name), exports.headed(folder, name)) == (within, first)


def test_a_file_says_which_functions_it_defines():
    leaving = [name for name in registry.names("finetune") if exports.defines("finetune", name, "leaves")]
    assert leaving == [name for name in registry.names("finetune") if choice.leaves(name)]
    assert not exports.defines("finetune", "gone", "leaves")


@pytest.mark.parametrize("name", ["gone", "../registry", "a b", ""])
def test_a_name_that_no_file_has_says_nothing(name):
    assert exports.says("probes", name) == {}
    assert probes.how_to_read(name) == ""


def test_the_catalogue_serves_the_same():
    listed = registry.catalogue()
    assert listed["fairness"]["tpr"]["says"] == exports.says("fairness", "tpr")
