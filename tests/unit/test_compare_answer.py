"""Comparing two encoders: what it says of classes and groups, and what the question refuses."""

from __future__ import annotations

import numpy as np
import pytest

from backend.answers.compare import answer
from backend.engine.weights import build_classifier, build_encoder, make_spec, save_classifier, save_encoder
from backend.projection._neighbours import nearest
from backend.recipe import Choice
from backend.workspace.artefacts import Artefacts
from backend.workspace.layout import BadInput


@pytest.fixture
def sides(workspace, dataset):
    """Two encoders that agree on the women and not at all on the men."""
    artefacts = Artefacts(workspace.artefacts)
    random = np.random.default_rng(0)
    first = random.normal(size=(240, 12)).astype(np.float32)
    second = first.copy()
    men = (dataset.table["sex"] == "male").to_numpy()
    first[men, 6:] = 0
    first[~men, :6] = 0
    second[~men] = first[~men]
    second[men] = np.pad(random.normal(size=(men.sum(), 6)), ((0, 0), (0, 6)))
    rows = np.arange(240)

    def kept(features: np.ndarray) -> dict[str, str]:
        found = nearest(features, 15)
        arrays = {"index": found.index, "cosine": found.cosine, "rows": rows}
        return {
            "neighbours": artefacts.put_arrays("neighbours/ssl", arrays).sha256,
            "features": artefacts.put_arrays("features/ssl/0", {"features": features}).sha256,
        }

    return {"kind": "compare", "dataset": dataset.manifest, "first": kept(first), "second": kept(second)}


def test_the_group_whose_neighbours_changed_is_found_with_its_interval(sides, workspace, dataset):
    found = answer(sides, workspace)
    told = found["result"]
    sex = {line["group"]: line for line in told["by"]["sex"]}
    assert sex["female"]["low"] > 0.9
    assert sex["male"]["high"] < 0.3
    assert sex["male"]["enough"]
    assert sex["male"]["points"] == (dataset.table["sex"] == "male").sum()
    assert {line["group"] for line in told["by"]["label"]} == {"level", "upright"}
    table = Artefacts(workspace.artefacts).table(found["subjects"][0].sha256).to_pandas()
    assert (np.diff(table["jaccard"]) >= 0).all()
    assert table["row"].tolist()[:200] == told["most_changed"]["rows"]
    assert told["overall"]["value"] == pytest.approx(table["jaccard"].mean(), abs=1e-6)
    assert (dataset.table["sex"].to_numpy()[told["most_changed"]["rows"][:50]] == "male").all()


def test_graphs_that_were_kept_and_graphs_that_are_made_say_the_same(sides, workspace):
    kept = answer(sides, workspace)["result"]
    only = {side: {"features": sides[side]["features"]} for side in ("first", "second")}
    made = answer(sides | only, workspace)["result"]
    assert kept["graphs"] == {"first": "kept", "second": "kept"}
    assert made["graphs"] == {"first": "made", "second": "made"}
    assert made["overall"] == kept["overall"]


def test_an_encoder_compared_with_itself_changed_nothing(sides, workspace):
    told = answer(sides | {"second": sides["first"]}, workspace)["result"]
    assert told["overall"] == {"value": 1, "low": 1, "high": 1}


def test_a_model_is_asked_where_nothing_was_kept_of_it(sides, workspace, dataset):
    artefacts = Artefacts(workspace.artefacts)
    spec = make_spec(Choice(name="convnet", width=8), dataset.manifest)
    encoder = build_encoder(spec, seed=0)
    pretrained = save_encoder(artefacts, "encoder/ssl/0", encoder, spec).sha256
    tuned = save_classifier(artefacts, "classifier/ssl", build_classifier(spec, encoder), spec).sha256
    asked = sides | {"first": {"model": pretrained}, "second": {"model": tuned}}
    told = answer(asked, workspace)["result"]
    assert told["overall"]["value"] == 1, "a head changes nothing below it"
    with_kept = answer(asked | {"second": sides["second"]}, workspace)["result"]
    assert with_kept["graphs"] == {"first": "made", "second": "kept"}
    assert with_kept["overall"]["value"] < 0.5


WRONG = [
    ({"first": {}}, "question.first"),
    ({"first": {"features": "../etc"}}, "question.first.features"),
    ({"first": {"features": "0" * 64}, "second": {"features": "0" * 64}}, "question.first.features"),
    ({"second": {"neighbours": "0" * 64}}, "question.second.neighbours"),
    ({"first": [1, 2]}, "question.first"),
    ({"second": {"model": "0" * 64}}, "question.second.model"),
]


@pytest.mark.parametrize(("changed", "says"), WRONG)
def test_wrong_questions_are_one_line(changed, says, sides, workspace):
    with pytest.raises(BadInput, match=says) as caught:
        answer(sides | changed, workspace)
    assert "\n" not in str(caught.value)


def test_features_with_nan_are_one_line(sides, workspace):
    broken = np.full((240, 12), np.nan, dtype=np.float32)
    stored = Artefacts(workspace.artefacts).put_arrays("features/ssl/0", {"features": broken}).sha256
    with pytest.raises(BadInput, match=r"first\.features: expected finite numbers"):
        answer(sides | {"first": {"features": stored}}, workspace)
