"""Sentences about maps and comparisons: each verdict at its bound."""

from __future__ import annotations

import pytest

from workbench import modality
from workbench.documents.chapters import embedding_map
from workbench.verdicts import embeddings as words
from workbench.verdicts import maps

IMAGE, TEXT = modality.shown("image").words, modality.shown("text").words


def told(value: float | None, low: float | None, high: float | None, classes: int = 10) -> str:
    correlation = None if value is None else {"value": value, "low": low, "high": high}
    body = {"rank_correlation": correlation, "note": "too few classes", "classes": min(classes, 100), "of": classes}
    return maps.distances(body)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ((0.97, 0.92, 0.99), "The map keeps the order of the distances between classes: rank correlation"),
        ((0.97, 0.89, 0.99), "part of the order"),
        ((0.3, -0.1, 0.6), "cannot be read off this map"),
        ((0.5, None, None), "part of the order"),
        ((None, None, None), "Distances between classes: too few classes."),
        ((0.97, 0.92, 0.99, 2000), "100 largest of 2000 classes"),
    ],
)
def test_distances_between_classes_are_judged_by_their_interval(body, says):
    assert says in told(*body)


def test_the_search_says_what_it_found_or_that_it_is_exact():
    assert "are exact" in maps.graph({"points": 500, "k": 15, "recall": None})
    recall = {"value": 0.985, "low": 0.98, "high": 0.99}
    assert "98.5 % [98.0, 99.0] of the true 15" in maps.graph({"points": 10**6, "k": 15, "recall": recall})


COMPARED = {
    "k": 15,
    "points": 4000,
    "overall": {"value": 0.02, "low": 0.01, "high": 0.03},
    "chance": 0.01,
    "none_in_common": 3210,
    "ranked_in": ["first", "second"],
}


def test_a_comparison_says_how_many_points_share_no_neighbour():
    assert "3,210 of the 4,000 points share none." in maps.comparison(COMPARED)


@pytest.mark.parametrize(
    ("ranked_in", "says"),
    [
        (["first", "second"], "how far the neighbours of one encoder lie from the point in the other (mean cosine)."),
        (["second"], "in the other (mean cosine, in the one space whose features were kept)."),
        ([], "in random order: neither encoder's features were kept."),
    ],
)
def test_the_list_of_the_most_changed_says_what_puts_equal_overlaps_in_order(ranked_in, says):
    assert maps.ranking(COMPARED | {"ranked_in": ranked_in}).endswith(says)


def test_groups_are_listed_the_most_changed_first_and_small_ones_last():
    def line(group: str, value: float | None, enough: bool = True) -> dict:
        return {"group": group, "points": 40, "value": value, "low": 0.1, "high": 0.9, "enough": enough}

    result = {"by": {"sex": [line("a", 0.6), line("b", 0.2), line("c", 0.1, False), line("d", None)]}}
    rows = maps.comparison_rows(result, "sex")
    assert [row["Sex"] for row in rows] == ["b", "a", "c"]
    assert rows[2]["Neighbours in common"] == "too few to say"


@pytest.mark.parametrize(("scatter", "says"), [(0.3, "can be trusted"), (0.31, "rough"), (0.71, "means nothing")])
def test_a_place_is_worth_as_much_as_its_neighbours_lie_together(scatter, says):
    assert says in maps.placed(scatter)


@pytest.mark.parametrize(
    ("arm", "step", "says"),
    [
        ("ssl", None, "No map of the pretrained encoder: they are one. It has collapsed to one point."),
        ("random", None, "No map of the untrained encoder: they are one. It has collapsed to one point."),
        ("ssl", 4000, "No map of the encoder after 4,000 steps: they are one. It had collapsed to one point then."),
    ],
)
def test_a_refusal_names_the_encoder_that_collapsed(arm, step, says):
    body = {"arm": arm, "seed": 0, "step": step, "onto": "point", "reason": "they are one"}
    assert maps.refused(body) == says
    early = {"arm": arm, "seed": 0, "reason": "they are one"}
    assert maps.refused(early).endswith("encoder: they are one. It has collapsed.")
    assert maps.refused(body | {"onto": "direction"}) == says.replace("one point", "one direction")


def test_clusters_of_pictures_are_named_by_their_label():
    cluster = {"id": 1, "size": 30, "share": 0.3, "words": [], "label": {"name": "cat", "share": 0.82, "base": 0.1}}
    body = {"clusters": [cluster], "modularity": 0.5, "noise": 0.0}
    assert words.cluster_name(cluster, IMAGE) == "2: cat 82 %"
    assert "named by the label" in words.clustering(body, IMAGE)
    assert words.cluster_rows(body, IMAGE) == [
        {
            "Cluster": 2,
            "Pictures": 30,
            "Share": "30.0 %",
            "Most frequent label": "cat",
            "With it": "82.0 %",
            "With it on the whole map": "10.0 %",
        }
    ]


def test_clusters_of_pictures_without_labels_have_numbers_alone():
    body = {"clusters": [{"id": 0, "size": 7, "share": 0.7, "words": []}], "modularity": 0.5, "noise": 0.3}
    assert words.cluster_name(body["clusters"][0], IMAGE) == "1"
    assert "have numbers alone" in words.clustering(body, IMAGE)
    assert words.cluster_rows(body, IMAGE) == [{"Cluster": 1, "Pictures": 7, "Share": "70.0 %"}]


@pytest.mark.parametrize(("points", "least"), [(5000, "0.5 % of the 5,000 points"), (400, "5 of the 400 points")])
def test_no_cluster_at_all_is_said_with_the_size_that_a_community_needs(points, least):
    body = {"clusters": [], "modularity": 0.99, "noise": 1.0, "points": points}
    assert words.clustering(body, TEXT).startswith(f"Clusters: none, because no community holds {least}")
    assert "modularity 0.99" in words.clustering(body, TEXT)
    assert words.clustering(None, TEXT) == ""


def test_the_report_too_says_that_there_is_no_cluster():
    fidelity = {"k": 15, "knn_kept": 0.2, "neighbour_hit_map": None, "neighbour_hit_true": None}
    fidelity |= {"trustworthiness": 0.9, "trustworthiness_points": 2000}
    shown = {"arm": "ssl", "seed": 0, "method": "pca", "points": 5000, "rows": 5000, "params": {}, "fidelity": fidelity}
    none = {"arm": "ssl", "seed": 0, "clusters": [], "modularity": 0.99, "noise": 1.0, "points": 5000}
    told = embedding_map.chapter({"maps": [shown], "neighbours": [], "clusters": [none], "kind": "text"}, None)
    assert words.clustering(none, TEXT) in told.sentences
    assert told.tables == []
