"""Seconds and fidelity of every map, of the neighbour graph and of comparing two runs, against the bounds of issue 4.

    python -m tests.benchmarks.projections                     20,000 and 100,000 points of 256 features
    python -m tests.benchmarks.projections --points 5000 --methods pca pacmap

Generated: 50 classes around random centres, so close that some of the neighbours are of other classes. Every map is
made in a process of its own after one of 2,000 points that pays for compiling. Writes Markdown on stdout. t-SNE and
UMAP are left out beyond 20,000 points unless they are named.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time

import numpy as np

DIM, CLASSES, NOISE = 256, 50, 0.15
SIZES = (20_000, 100_000)
QUICK = ("pca", "pacmap", "localmap")
SLOW = ("umap", "tsne")
BOUND = 60.0  # seconds, of a map with its fidelity and of a comparison, at 100,000 points


def cloud(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """(features float32 N x DIM, labels int N)"""
    random = np.random.default_rng(0)
    centres = random.normal(size=(CLASSES, DIM)) / np.sqrt(DIM)
    labels = random.integers(0, CLASSES, count)
    noise = np.random.default_rng(seed + 1).normal(size=(count, DIM))
    return (centres[labels] + NOISE * noise).astype(np.float32), labels


def graph(count: int) -> dict[str, float]:
    from backend.projection._neighbours import nearest

    began = time.monotonic()
    found = nearest(cloud(count)[0], 15)
    seconds = time.monotonic() - began
    return {"seconds": seconds, "recall": found.recall["value"] if found.recall else 1.0}


def one_map(name: str, count: int) -> dict[str, float]:
    """Seconds of the graph, the map and all numbers beside it, and what they say."""
    from backend.projection import _fidelity as fidelity
    from backend.projection._distances import agreement, class_distances
    from backend.projection._neighbours import nearest
    from backend.registry import plugin

    method = plugin("projection", name)
    few, _ = cloud(2_000)
    method.call(few, method.params(), 2, 0, nearest(few, 15))
    features, labels = cloud(count)
    began = time.monotonic()
    neighbours = nearest(features, 15)
    graphed = time.monotonic()
    coordinates = method.call(features, method.params(), 2, 0, neighbours)
    mapped = time.monotonic()
    near = fidelity.map_neighbours(coordinates)
    kept = fidelity.kept(neighbours.index, near).mean()
    trust, _ = fidelity.trustworthiness(features, near)
    hit_map = np.nanmean(fidelity.neighbour_hit(near, labels))
    hit_true = np.nanmean(fidelity.neighbour_hit(neighbours.index, labels))
    distances = agreement(class_distances(features, coordinates, labels))
    ended = time.monotonic()
    return {
        "graph": graphed - began,
        "map": mapped - graphed,
        "fidelity": ended - mapped,
        "all": ended - began,
        "kept": float(kept),
        "trustworthiness": trust,
        "hit_map": float(hit_map),
        "hit_true": float(hit_true),
        "distances": distances["value"],
    }


def comparison(count: int) -> dict[str, float]:
    """Seconds of comparing two encoders that differ by noise, both graphs included, and of the clusters of one."""
    from backend.projection._base import unit_length
    from backend.projection._clusters import cluster
    from backend.projection._compare import closeness, jaccard, means, ranked
    from backend.projection._neighbours import nearest

    (first, labels), (second, _) = cloud(count), cloud(count, seed=1)
    began = time.monotonic()
    graphs = [nearest(features, 15) for features in (first, second)]
    graphed = time.monotonic()
    same = jaccard(graphs[0].index, graphs[1].index)
    lists = zip((first, second), (graphs[1], graphs[0]), strict=True)
    ranked(same, np.mean([closeness(unit_length(features), graph.index) for features, graph in lists], axis=0))
    found = means(same.astype(np.float64), np.stack([np.zeros_like(labels), labels + 1]), CLASSES + 1)
    ended = time.monotonic()
    clusters = cluster(graphs[0].index, 0)
    return {
        "graphs": graphed - began,
        "ranking": ended - graphed,
        "all": ended - began,
        "overall": float(found.value[0]),
        "clusters": clusters.count,
        "clustering": time.monotonic() - ended,
    }


def apart(what: str, *arguments: str) -> dict[str, float]:
    """The answer of one measurement in a process of its own, with its peak memory in GB."""
    command = [sys.executable, "-m", "tests.benchmarks.projections", "--measure", what, *arguments]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()[-1])


def measure(what: str, arguments: list[str]) -> None:
    found = {"graph": graph, "comparison": comparison}
    told = one_map(arguments[0], int(arguments[1])) if what == "map" else found[what](int(arguments[0]))
    told["memory"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(json.dumps(told))


def report(sizes: list[int], methods: list[str]) -> None:
    print("| points | method | graph s | map s | fidelity s | all s | GB | kNN kept | trustworthiness |", end="")
    print(" hit on the map / true | class distances |")
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    for count in sizes:
        for name in methods or (QUICK + SLOW if count <= SIZES[0] else QUICK):
            t = apart("map", name, str(count))
            print(
                f"| {count:,} | {name} | {t['graph']:.1f} | {t['map']:.1f} | {t['fidelity']:.1f} | {t['all']:.1f} "
                f"| {t['memory']:.1f} | {t['kept']:.3f} | {t['trustworthiness']:.3f} "
                f"| {t['hit_map']:.3f} / {t['hit_true']:.3f} | {t['distances']:.2f} |",
                flush=True,
            )
    print("\n| points | graph s | recall | comparison of two, graphs included s | of that ranking s | clusters s |")
    print("|---|---|---|---|---|---|")
    for count in sizes:
        g, c = apart("graph", str(count)), apart("comparison", str(count))
        print(
            f"| {count:,} | {g['seconds']:.1f} | {g['recall']:.3f} | {c['all']:.1f} | {c['ranking']:.1f} "
            f"| {c['clustering']:.1f} ({c['clusters']}) |",
            flush=True,
        )
    print(f"\nBound at 100,000 points: {BOUND:.0f} s for a map with its fidelity, and for a comparison.")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--methods", nargs="+", default=[])
    parser.add_argument("--measure", nargs="+", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.measure:
        measure(asked.measure[0], asked.measure[1:])
    else:
        report(asked.points, asked.methods)
