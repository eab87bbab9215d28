"""Comparing two encoders: what it says of classes and groups, and what the question refuses."""

from __future__ import annotations

import numpy as np
import pytest

from backend.engine.weights import build_classifier, build_encoder, make_spec, save_classifier, save_encoder
from backend.projection._compare import ranked
from backend.projection._neighbours import nearest
from backend.questions.compare import answer
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


def features_of(side: dict[str, str], workspace) -> np.ndarray:
    found = Artefacts(workspace.artefacts).array(side["features"], "features").astype(np.float64)
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def without(sides: dict, *names: str) -> dict:
    """The question, with the neighbours alone of these sides."""
    return sides | {name: {"neighbours": sides[name]["neighbours"]} for name in names}


def asked(question: dict, workspace) -> tuple[dict, np.ndarray, np.ndarray]:
    """(the result, its table's rows, its table's jaccard)"""
    found = answer(question, workspace)
    table = Artefacts(workspace.artefacts).table(found["subjects"][0].sha256).to_pandas()
    return found["result"], table["row"].to_numpy(), table["jaccard"].to_numpy()


@pytest.mark.parametrize("measured", [["first", "second"], ["first"], ["second"]])
def test_equal_overlaps_are_ranked_by_how_far_off_the_others_neighbours_lie(measured, sides, workspace):
    question = without(sides, *({"first", "second"} - set(measured)))
    result, rows, same = asked(question, workspace)
    spaces = {name: features_of(sides[name], workspace) for name in measured}
    lists = {name: nearest(features_of(sides[name], workspace), 15).index for name in ("first", "second")}
    other = {"first": "second", "second": "first"}
    cosine = [
        np.mean([np.mean([space[i] @ space[j] for j in lists[other[name]][i]]) for name, space in spaces.items()])
        for i in range(240)
    ]
    assert result["most_changed"]["cosine"] == pytest.approx([cosine[row] for row in rows[:200]], abs=1e-5)
    assert result["ranked_in"] == measured
    in_order = np.asarray(cosine)[rows]
    assert result["none_in_common"] == (same == 0).sum() > 1
    for value in np.unique(same):
        assert (np.diff(in_order[same == value]) > -1e-5).all()


def test_the_ranking_is_the_same_from_either_side(sides, workspace):
    _, rows, _ = asked(sides, workspace)
    _, turned, _ = asked(sides | {"first": sides["second"], "second": sides["first"]}, workspace)
    assert rows.tolist() == turned.tolist()


def test_without_features_equal_overlaps_stand_in_random_order_and_that_is_told(sides, workspace):
    result, rows, same = asked(without(sides, "first", "second"), workspace)
    assert (result["ranked_in"], result["most_changed"]["cosine"]) == ([], None)
    tied = rows[same == 0]
    assert tied.tolist() != sorted(tied.tolist()), "the order of the file is no measure of change"
    assert rows.tolist() == asked(without(sides, "first", "second"), workspace)[1].tolist()


def test_what_no_space_tells_apart_is_shuffled_by_a_seed():
    same = np.array([0, 1, 0, 0, 1, 0] * 10, dtype=np.float32)
    equal = np.full(60, 0.3, dtype=np.float32) + np.linspace(-1e-7, 1e-7, 60, dtype=np.float32)
    order = ranked(same, equal)
    assert sorted(order[:40].tolist()) == np.flatnonzero(same == 0).tolist()
    assert order[:40].tolist() not in (sorted(order[:40]), sorted(order[:40])[::-1]), "rounding is no change"
    assert order.tolist() == ranked(same, equal).tolist()
    assert order.tolist() != ranked(same, equal, seed=1).tolist()


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
