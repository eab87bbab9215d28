"""What the embedding shows, in words. Pure: bodies of `neighbours` and `projection` events -> sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from backend.workspace.formats import chosen, percent, percent_interval, points, size_in_points

if TYPE_CHECKING:
    from ..modality._words import Words

LEAST_POINTS, LEAST_SHARE = 5, 0.005  # that a community must hold to be a cluster: `clusters` in docs/events.md
UMAP_MAKES = (
    "Do not read distances between clusters, their sizes or the gaps: UMAP makes them. The share of true neighbours "
    "kept says how far neighbours can be trusted."
)
WARNING = {
    "umap": UMAP_MAKES,
    "umap_torch": UMAP_MAKES,
    "pacmap": "Do not read distances between clusters or their sizes: PaCMAP keeps more of the whole than UMAP, and "
    "still makes gaps. The share of true neighbours kept says how far neighbours can be trusted.",
    "localmap": "Do not read the gaps between clusters: LocalMAP widens them on purpose. The share of true "
    "neighbours kept says how far neighbours can be trusted.",
    "tsne": "Do not read distances between clusters or their sizes: t-SNE evens out density and pushes clusters "
    "apart. The share of true neighbours kept says how far neighbours can be trusted.",
    "pca": "A projection onto the directions of most variance: points far apart on it are far apart in the "
    "encoder's space, points close together on it may not be.",
}
ANY_WARNING = "Do not read distances between clusters on a map; the numbers say how far it can be trusted."


def cluster_name(cluster: dict[str, Any], of: Words, most: int = 3) -> str:
    """A cluster by its number, from 1, and what its kind of data calls it: its label, its words; `most` of these."""
    called = of.cluster(cluster, most)
    return f"{cluster['id'] + 1}: {called}" if called else str(cluster["id"] + 1)


def clustering(body: dict[str, Any] | None, of: Words) -> str:
    """What the clusters are, what they are named by, and how far apart they lie; or that there are none, and why."""
    if body is None:
        return ""
    if not body["clusters"]:
        return (
            f"Clusters: none, because no community holds {_least(body['points'])}. The graph of true neighbours falls "
            f"into smaller communities (modularity {body['modularity']:.2f}; a random division has 0)."
        )
    count = len(body["clusters"])
    outside = f"; {percent(body['noise'])} of the points are in no cluster" if body["noise"] >= 0.005 else ""
    community = "communities" if count > 1 else "community"
    return (
        f"Clusters: {count} {community} of the graph of true neighbours (modularity {body['modularity']:.2f}; a "
        f"random division has 0){outside}. {of.clusters_called(body)} Every such graph has communities: compare "
        "with the untrained encoder's."
    )


def _least(points: int) -> str:
    """What a community must hold to be a cluster, of so many points."""
    share = f"{chosen(LEAST_SHARE)}" if LEAST_SHARE * points >= LEAST_POINTS else f"{LEAST_POINTS}"
    return f"{share} of the {points:,} points"


def cluster_rows(body: dict[str, Any], of: Words) -> list[dict[str, Any]]:
    """The clusters as a table, the largest first."""
    found = []
    for cluster in body["clusters"]:
        row = {
            "Cluster": cluster["id"] + 1,
            of.looked_at.capitalize(): cluster["size"],
            "Share": percent(cluster["share"]),
            **of.cluster_cells(cluster),
        }
        if label := cluster.get("label"):
            row |= {"Most frequent label": label["name"], "With it": percent(label["share"])}
            row["With it on the whole map"] = percent(label["base"])
        found.append(row)
    return found


def sentence(neighbours: dict[str, Any] | None, shown: dict[str, Any], target: str = "class") -> str:
    """The headline: do neighbours in the encoder's space belong together, and more so than without pretraining?

    target: the type of target of the data.
    """
    kept = shown["fidelity"]["knn_kept"]
    if neighbours is None or neighbours["hit"] is None:
        lacks = "classes" if target == "number" else "labels"
        return f"This map keeps {percent(kept)} of the true neighbours; without {lacks} that is all that can be said."
    hit, gain, k = neighbours["hit"], neighbours["gain_over_random"], neighbours["k"]
    whose = "encoder's" if neighbours["arm"] == "ssl" else "untrained encoder's"
    says = f"In the {whose} space {percent_interval(hit)} of a point's {k} neighbours share its label"
    if gain is not None:
        return f"{says}: {against_random(gain)}."
    if neighbours["chance"] is not None:
        return f"{says}; by chance it would be {percent(neighbours['chance'])}."
    return f"{says}."


def against_random(gain: dict[str, Any]) -> str:
    """The paired difference to the untrained encoder on the same points, in percentage points."""
    size = points(gain)
    if gain["low"] is None:
        return f"{size} against the untrained encoder, too few groups for an interval"
    if gain["low"] > 0:
        return f"{size} against the untrained encoder"
    if gain["high"] < 0:
        return f"{size}, worse than the untrained encoder"
    return f"no clear difference to the untrained encoder ({size})"


def flattery(shown: dict[str, Any]) -> str:
    """What the map does to the classes: whether it shows them further apart or closer than the encoder has them.

    shown: body of a `projection` or `projection.step` event; early records lack `neighbour_hit_points`.
    """
    fidelity, points = shown["fidelity"], shown["points"]
    mapped, true = fidelity["neighbour_hit_map"], fidelity["neighbour_hit_true"]
    lost = f"{percent(fidelity['knn_kept'])} of the {fidelity['k']} true neighbours are kept on the map"
    if mapped is None or true is None:
        return f"{lost}."
    more = 100 * (mapped - true)
    if abs(more) < 0.5:
        verdict = "as in the encoder's space"
    else:
        much = size_in_points(mapped - true) if abs(more) >= 1 else "a little"
        verdict = f"so the map {'overstates' if more > 0 else 'understates'} this by {much}"
    known = fidelity.get("neighbour_hit_points", points)
    if known < points:
        space = f"in the encoder's space {percent(true)}"
        verdict += f" ({space}; over the {known:,} of {points:,} points where both are known)"
    return f"On the map {percent(mapped)} of neighbours share the label, {verdict}; {lost}."


def fidelity_line(fidelity: dict[str, Any]) -> str:
    """The numbers that stand on the figure itself; two lines, because two figures share a screen's width."""
    parts = [f"{percent(fidelity['knn_kept'])} of {fidelity['k']} true neighbours kept"]
    trust = fidelity["trustworthiness"]
    parts.insert(
        0, "trustworthiness not defined for so few points" if trust is None else f"trustworthiness {trust:.3f}"
    )
    if fidelity["neighbour_hit_true"] is not None and fidelity["neighbour_hit_map"] is not None:
        true, mapped = percent(fidelity["neighbour_hit_true"]), percent(fidelity["neighbour_hit_map"])
        parts.append(f"same label: {true} of true neighbours, {mapped} here")
    line = "<br>".join([" · ".join(parts[:2]), *parts[2:]])
    return line[0].upper() + line[1:]


def errors(every: dict[str, int], chosen: dict[str, int]) -> str:
    """How often the classifier is wrong in the selection, against the whole map; counts by outcome."""
    wrong, known = chosen["wrong"], chosen["wrong"] + chosen["right"]
    if not known:
        return "The classifier predicted none of the selected points, so there is no error rate."
    says = f"The classifier is wrong on {wrong:,} of the {known:,} selected points that it predicted"
    whole = every["wrong"] / (every["wrong"] + every["right"])
    return f"{says}: {percent(wrong / known)}, against {percent(whole)} on the whole map."


def warning(method: str) -> str:
    return WARNING.get(method, ANY_WARNING)


def evidence(shown: dict[str, Any]) -> str:
    """What the map rests on: how many points, chosen how, with which settings."""
    fidelity, points, rows = shown["fidelity"], shown["points"], shown["rows"]
    sample = (
        "all rows" if points == rows else f"{points:,} of {rows:,} rows (test first, then val, then train, by label)"
    )
    summed = fidelity["trustworthiness_points"]
    trust = f" · trustworthiness from {summed:,} of them" if summed and summed < points else ""
    settings = ", ".join(f"{name.replace('_', ' ')} {_told(value)}" for name, value in shown["params"].items())
    says = f"{sample} · cosine, k = {fidelity['k']} · pretraining seed {shown['seed']}{trust}"
    return f"{says} · {settings}" if settings else says


def _told(value: Any) -> Any:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else value
