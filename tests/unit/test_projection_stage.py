"""The project stage: which rows, which events, what it refuses, and going on after a stop."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from backend.engine.job import Stopped
from backend.projection import _clusters
from backend.projection import _fidelity as fidelity
from backend.projection._rows import choose_rows
from backend.stages import _spaces, project
from backend.workspace.events import read_events
from backend.workspace.layout import BadInput

PCA = {"projection": {"methods": ["pca"]}}


def give(job, ssl: np.ndarray, random: np.ndarray | None = None) -> None:
    """Log features as the pretrain stage does."""
    for arm, key, features in (("ssl", "pretrain/0", ssl), ("random", "random/0", random)):
        if features is not None:
            stored = job.artefacts.put_arrays(f"features/{arm}/0", {"features": features.astype(np.float32)})
            job.events.append("features", {"seed": 0, "dim": features.shape[1]}, [stored], key=key)


def logged(job, kind: str) -> list[dict]:
    return [e for e, _ in read_events(job.folder.events) if e["kind"] == kind]


@pytest.fixture
def spaces(dataset):
    """(separated by label, noise) features of the tiny data set."""
    noise = np.random.default_rng(0).normal(size=(len(dataset.labels), 8))
    return noise + 6 * np.eye(8)[dataset.labels], noise


def test_every_map_and_both_spaces_are_logged_with_their_numbers(make_job, dataset, spaces):
    job = make_job(**PCA)
    give(job, *spaces)
    project.run(job)
    maps = logged(job, "projection")
    assert [e["key"] for e in maps] == ["ssl/pca/2/0", "ssl/pca/3/0", "random/pca/2/0"]
    assert maps[0]["subjects"][0]["role"] == "projection/ssl/pca/2"
    table = job.artefacts.table(maps[1]["subjects"][0]["sha256"])
    assert table.column_names == ["row", "x", "y", "z", "kept"]
    body = maps[0]["body"]
    assert body["points"] == body["rows"] == table.num_rows == dataset.manifest["count"]
    assert body["fidelity"]["knn_kept"] == pytest.approx(
        job.artefacts.table(maps[0]["subjects"][0]["sha256"])["kept"].to_numpy().mean(), abs=1e-6
    )
    random, ssl = (e["body"] for e in logged(job, "neighbours"))
    assert (random["arm"], ssl["arm"]) == ("random", "ssl")
    assert ssl["hit"]["value"] > 0.95
    assert ssl["gain_over_random"]["low"] > 0.3
    assert random["gain_over_random"] is None
    assert random["hit"]["low"] < random["chance"] + 0.05


def test_a_stop_ends_it_and_the_next_attempt_repeats_nothing(make_job, spaces):
    job = make_job(**PCA)
    give(job, *spaces)
    project.run(job)
    whole = [(e["kind"], e["key"], e["subjects"]) for e, _ in read_events(job.folder.events)]
    again = make_job("r2", **PCA)
    give(again, *spaces)

    def stop_later() -> None:
        if logged(again, "projection"):
            raise Stopped

    again.check_stop = stop_later
    with pytest.raises(Stopped):
        project.run(again)
    assert len(logged(again, "projection")) == 1
    again.check_stop = job.check_stop
    project.run(again)
    assert [(e["kind"], e["key"], e["subjects"]) for e, _ in read_events(again.folder.events)] == whole


def test_beside_every_map_stand_class_distances_and_what_another_seed_draws(make_job, dataset, spaces):
    job = make_job(**PCA)
    give(job, *spaces)
    project.run(job)
    assert [e["key"] for e in logged(job, "distances")] == [e["key"] for e in logged(job, "projection")]
    told = logged(job, "distances")[0]["body"]
    assert (told["classes"], told["of"], told["rank_correlation"]) == (2, 2, None)
    pairs = job.artefacts.table(logged(job, "distances")[0]["subjects"][0]["sha256"]).to_pandas()
    assert pairs[["a", "b"]].to_numpy().tolist() == [[0, 1]]
    assert pairs["true"][0] > 0.5
    assert [(e["key"], e["body"]["kept"]) for e in logged(job, "stability")] == [("ssl/pca/2/0", 1.0)]
    clusters = {e["body"]["arm"]: e["body"]["clusters"] for e in logged(job, "clusters")}
    assert set(clusters) == {"ssl", "random"}
    assert {c["label"]["name"] for c in clusters["ssl"]} == set(dataset.classes)
    assert min(c["label"]["share"] for c in clusters["ssl"]) > 0.95
    assert logged(job, "projection.methods")[0]["body"]["why"] == "named in the recipe"


def test_texts_whose_communities_are_all_too_small_have_no_clusters(make_text_job, reviews, monkeypatch):
    job = make_text_job(**PCA)
    monkeypatch.setattr(_clusters, "SMALLEST", len(reviews.table) + 1)
    give(job, np.random.default_rng(0).normal(size=(len(reviews.table), 8)))
    project.run(job)
    (event,) = logged(job, "clusters")
    assert (event["body"]["clusters"], event["body"]["noise"]) == ([], 1.0)
    assert set(job.artefacts.table(event["subjects"][0]["sha256"])["cluster"].to_pylist()) == {-1}


def test_map_and_space_are_compared_over_the_same_points_where_own_groups_are_left_out(make_job, dataset):
    """In truth most groups keep to themselves, so that of their points only the map's other groups speak."""
    job = make_job(**PCA)
    count = len(dataset.table)
    dataset.table["group"] = owner = np.arange(count) // 24
    random = np.random.default_rng(0)
    features = random.normal(size=(count, 12)) + 9 * np.eye(12)[np.where(owner < 7, owner, 11)]
    give(job, features)
    project.run(job)
    event = logged(job, "projection")[0]
    table = job.artefacts.table(event["subjects"][0]["sha256"])
    mapped = fidelity.map_neighbours(np.column_stack([table["x"].to_numpy(), table["y"].to_numpy()]))
    space = job.artefacts.array(logged(job, "neighbours")[0]["subjects"][0]["sha256"], "index")
    hits = [fidelity.neighbour_hit(near, dataset.labels, owner) for near in (mapped, space)]
    both = ~np.isnan(hits).any(axis=0)
    assert 0 < both.sum() < 0.9 * (~np.isnan(hits[0])).sum()
    told = event["body"]["fidelity"]
    assert told["neighbour_hit_points"] == both.sum()
    assert told["neighbour_hit_map"] == pytest.approx(hits[0][both].mean())
    assert told["neighbour_hit_true"] == pytest.approx(hits[1][both].mean())
    known = ~np.isnan(hits[1])
    chance = logged(job, "neighbours")[0]["body"]["chance"]
    assert chance == pytest.approx(fidelity.chance_hit(dataset.labels, owner, known))
    assert chance != pytest.approx(fidelity.chance_hit(dataset.labels))


def test_a_second_seed_is_left_out_beyond_the_size_that_the_recipe_allows(make_job, spaces):
    job = make_job(projection={"methods": ["pca"], "stability_points": 200})
    give(job, *spaces)
    project.run(job)
    assert not logged(job, "stability")


def test_one_class_and_equal_points_still_make_maps(make_job, dataset, spaces):
    job = make_job(**PCA)
    dataset.table["label"] = 0
    give(job, np.repeat(spaces[0][:4], 60, axis=0))
    project.run(job)
    assert len(logged(job, "projection")) == 2
    assert logged(job, "neighbours")[0]["body"]["hit"]["value"] == 1
    assert logged(job, "distances")[0]["body"]["rank_correlation"] is None


def test_three_points_are_one_clear_line(make_job, dataset, spaces):
    job = make_job(**PCA)
    dataset.__dict__["table"] = dataset.table.iloc[:3]
    give(job, spaces[0][:3])
    with pytest.raises(BadInput, match="expected at least 10 rows to map, found 3"):
        project.run(job)


def test_without_the_untrained_encoder_there_is_nothing_to_compare(make_job, spaces):
    job = make_job(**PCA)
    give(job, spaces[0])
    project.run(job)
    assert [e["body"]["gain_over_random"] for e in logged(job, "neighbours")] == [None]


def test_without_labels_the_hits_are_null(make_job, dataset, spaces):
    job = make_job(**PCA)
    dataset.manifest["label"] = None
    give(job, *spaces)
    project.run(job)
    assert all(e["body"]["hit"] is None for e in logged(job, "neighbours"))
    assert all(e["body"]["fidelity"]["neighbour_hit_map"] is None for e in logged(job, "projection"))


def test_a_collapsed_encoder_is_refused_and_the_run_goes_on(make_job, spaces):
    job = make_job(**PCA)
    give(job, np.ones_like(spaces[0]), spaces[1])
    project.run(job)
    (refused,) = logged(job, "projection.refused")
    assert "same features" in refused["body"]["reason"]
    assert (refused["key"], refused["body"]["step"]) == ("ssl/0", None)
    assert {e["body"]["arm"] for e in logged(job, "projection")} == {"random"}


def along_one_direction(count: int, off: float) -> np.ndarray:
    """float32 count x 8: rows of lengths 1 to 7 along one direction, and `off` as much of noise across it."""
    random = np.random.default_rng(0)
    apart = random.normal(size=8) + off * random.normal(size=(count, 8))
    return (random.uniform(1, 7, size=(count, 1)) * apart).astype(np.float32)


def test_features_that_differ_in_length_alone_are_refused_for_that(make_job, dataset, spaces):
    job = make_job(**PCA)
    features = along_one_direction(len(dataset.labels), off=0)
    assert features.std(axis=0).max() > 1
    give(job, features, spaces[1])
    project.run(job)
    (refused,) = logged(job, "projection.refused")
    assert refused["body"]["onto"] == "direction"
    assert refused["body"]["reason"].startswith("all 240 points lie in the same direction (mean cosine distance")
    assert {e["body"]["arm"] for e in logged(job, "projection")} == {"random"}


@pytest.mark.parametrize(("off", "onto"), [(1e-2, None), (2e-3, None), (2e-4, "direction")])
def test_a_narrow_cone_is_mapped_as_long_as_float32_tells_its_directions_apart(make_job, off, onto):
    job = make_job(**PCA)
    assert _spaces.refused(job, "ssl", along_one_direction(2_000, off)) == (onto is not None)
    assert [e["body"]["onto"] for e in logged(job, "projection.refused")] == [onto] * (onto is not None)


def test_a_hundred_thousand_equal_points_are_refused_in_spite_of_rounding(make_job):
    job = make_job(**PCA)
    equal = np.full((100_000, 2), 0.06, dtype=np.float32)
    assert equal.std(axis=0).max() > 1e-5, "summed in float32 they seem to differ"
    assert _spaces.refused(job, "ssl", equal)
    assert logged(job, "projection.refused")[0]["body"]["onto"] == "point"


def test_nan_features_are_one_clear_line(make_job, spaces):
    job = make_job(**PCA)
    spaces[0][17, 2] = np.nan
    give(job, *spaces)
    with pytest.raises(
        BadInput, match=r"ssl features: expected finite numbers, found NaN .* 1 of 240 rows, first in row 17"
    ):
        project.run(job)


def test_missing_features_are_one_clear_line(make_job):
    with pytest.raises(BadInput, match="expected the features of pretraining seed 0, found none"):
        project.run(make_job(**PCA))


def splits(train: int, val: int, test: int) -> pd.DataFrame:
    split = np.repeat(["train", "val", "test"], [train, val, test])
    return pd.DataFrame({"split": split, "label": np.arange(len(split)) % 10 == 0})


def test_all_of_test_comes_first_then_val_then_a_stratified_sample_of_train():
    table = splits(1000, 100, 200)
    rows = choose_rows(table, 500, seed=0)
    assert len(rows) == 500
    assert (np.diff(rows) > 0).all()
    chosen = table.iloc[rows]
    assert chosen["split"].value_counts().to_dict() == {"test": 200, "train": 200, "val": 100}
    assert chosen.loc[chosen["split"] == "train", "label"].sum() == 20
    assert np.array_equal(rows, choose_rows(table, 500, seed=0))
    assert not np.array_equal(rows, choose_rows(table, 500, seed=1))


def test_a_test_split_that_is_too_large_is_sampled():
    rows = choose_rows(splits(50, 50, 400), 100, seed=0)
    assert len(rows) == 100
    assert rows.min() >= 100
