"""How the dossier names what the record holds: data as written, methods by their titles, controls as controls."""

from __future__ import annotations

import pytest

from backend.audit.dossier.fields.oversight import explanations
from backend.audit.dossier.words import listed, steps, ways
from workbench.documents.pdf import SOFT, _breakable, printable

RECIPE = {"attribution": {"methods": ["kernel_shap", "saliency"]}}


def test_names_of_the_data_stay_as_they_are_written():
    assert listed(["foreign_worker", "A_2"]) == "foreign_worker, A_2"
    assert listed([]) == "none"
    assert steps(["pretrain", "audit_bias"]) == "pretraining, bias audit"
    assert ways(["knn", "trees_on_both"]) == "nearest neighbours, boosted trees on columns and embedding"


def test_what_the_recipe_did_not_ask_for_is_a_control_whatever_its_name():
    verdict = {"passes": False, "why": "does not follow the model"}
    methods = ("kernel_shap", "saliency", "random_map", "distance_from_typical")
    event = {"leaf": 7, "hash": "0" * 64, "body": {"verdict": dict.fromkeys(methods, verdict)}}
    assert [value.label for value in explanations(event, RECIPE)] == [
        "Explanation: KernelSHAP",
        "Explanation: Saliency",
        "Control, which is to fail: Random map",
        "Control, which is to fail: Distance from typical",
    ]


@pytest.mark.parametrize(
    ("word", "parts"),
    [
        ("tract_over_30_percent_minority", ["tract_", "over_", "30_", "percent_", "minority"]),
        ("abcdef0123456789abcdef0123456789", ["abcdef01", "23456789", "abcdef01", "23456789"]),
        ("a-short_name", ["a-short_name"]),
        ("a_" + "x" * 30, ["a_", *["x" * 8] * 3, "x" * 6]),
    ],
)
def test_a_long_word_is_broken_behind_its_parts_on_paper(word, parts):
    assert _breakable(word).split(SOFT) == parts


def test_lines_stay_lines():
    note = f"log.example/{'a' * 30}\n1729\n{'+' * 30} end"
    assert [line.replace(SOFT, "") for line in printable(note, frozenset()).split("\n")] == note.split("\n")
