"""What values are called: classes and groups under names that a person gave, in their order; and which columns can be
a label, a group or a unit."""

from __future__ import annotations

import pytest

from backend.data.preview import preview
from backend.data.register import register
from backend.workspace.artefacts import Artefacts
from backend.workspace.layout import BadInput
from workbench.cli.data_words import values_called
from workbench.data import offering


@pytest.fixture
def artefacts(workspace):
    return Artefacts(workspace.artefacts)


@pytest.fixture
def table(tmp_path):
    rows = [f"p{i // 2},{i % 2},{['no', 'yes'][i % 2]},{'fm'[i % 3 % 2]},{i % 3 % 2},x,{i * 7 % 40}" for i in range(60)]
    path = tmp_path / "t.csv"
    path.write_text("patient,sick,sick_words,sex,female,same,age\n" + "\n".join(rows))
    return path


def asked(table, **more):
    return {"name": "t", "kind": "table", "path": str(table), "label": "sick", **more}


def test_names_stand_for_values_in_the_order_of_the_values(table, artefacts):
    names = {"sick": {"0": "zealous health", "1": "disease"}, "female": {"1": "women", "0": "men"}}
    manifest, _ = register(asked(table, sensitive=["female"], value_names=names), artefacts)
    assert (manifest["classes"], manifest["positive"]) == (["zealous health", "disease"], "disease")
    sheet = artefacts.json(manifest["sheet"]["sha256"])
    assert (sheet["orders"]["female"], sheet["called"]) == (["men", "women"], names)
    plain, _ = register(asked(table, sensitive=["female"]), artefacts)
    counted = artefacts.json(plain["sheet"]["sha256"])["crosses"]["female"]
    told = {"0": "men", "1": "women"}
    assert sheet["crosses"]["female"] == {
        told[group]: {names["sick"][label]: n for label, n in found.items()} for group, found in counted.items()
    }


@pytest.mark.parametrize(
    ("more", "line"),
    [
        ({"value_names": {"sick": {"2": "x"}}}, "expected names for values among 0, 1, found one for '2'"),
        ({"value_names": {"sick": {"0": "1"}}}, "expected a name of its own for each value, found '1' twice"),
        ({"value_names": {"age": {"0": "x"}}}, "expected the label or a sensitive column"),
        ({"value_names": {"sick": {"0": " "}}}, "expected names of 1 to 40 characters"),
        (
            {"sensitive": [{"column": "age", "cuts": [20]}], "value_names": {"age": {"3": "x"}}},
            "expected the label or a sensitive column whose values are groups, found 'age'",
        ),
    ],
)
def test_a_name_that_fits_nothing_is_one_line(more, line, table, artefacts):
    with pytest.raises(BadInput, match=line):
        register(asked(table, **more), artefacts)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("sick:0=well,1=ill", ("sick", {"0": "well", "1": "ill"})),
        ('"a:b":1=quite ill', ("a:b", {"1": "quite ill"})),
    ],
)
def test_names_in_the_shell(text, told):
    assert values_called(text) == told


@pytest.mark.parametrize("text", ["sick", "sick:", "sick:0", "sick:=x", "sick:0="])
def test_names_in_the_shell_that_are_none(text):
    with pytest.raises(BadInput, match=r"--call .*expected COLUMN:VALUE=NAME"):
        values_called(text)


def test_columns_that_can_be_nothing_are_not_offered_and_it_is_said(table):
    look = preview(str(table), "table")
    names = [c["name"] for c in look["columns"]]
    twins = {c["name"]: c["twins"] for c in look["columns"]}
    assert (twins["sick"], twins["sex"], twins["age"], twins["same"]) == (["sick_words"], ["female"], [], [])
    assert offering.offered(look, names, offering.label) == [n for n in names if n != "same"]
    assert offering.offered(look, names, offering.unit) == [n for n in names if n != "same"]
    said = offering.left_out(look, names, "sick", twins["sick"])
    assert said == "Not offered: same (one value everywhere), sick_words (goes one to one with sick)."


def test_what_was_not_looked_at_may_hold_other_values():
    """A file that is sorted shows one class in its first rows, and a person's second scan comes late."""
    look = {"looked": 100, "whole": False, "columns": [
        {"name": "sick", "kind": "text", "distinct": 1}, {"name": "who", "kind": "text", "distinct": 100},
    ]}  # fmt: skip
    assert offering.offered(look, ["sick", "who"], offering.label) == ["sick"]
    assert offering.offered(look, ["sick", "who"], offering.unit) == ["sick", "who"]
    assert offering.offered(look | {"whole": True}, ["sick", "who"], offering.unit) == []
