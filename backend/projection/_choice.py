"""Which maps are made where the recipe leaves it open: what a person can wait for at this size."""

from __future__ import annotations

LARGE = 20_000  # points from which UMAP takes over a minute on two cores, and PaCMAP some seconds


def methods_for(named: list[str], points: int) -> tuple[list[str], str]:
    """(methods, why these): the recipe's own where it names any, else by the number of points."""
    if named:
        return list(dict.fromkeys(named)), "named in the recipe"
    if points >= LARGE:
        return ["pacmap", "pca"], f"PaCMAP in place of UMAP from {LARGE:,} points: a fraction of its time"
    return ["umap", "pca"], f"UMAP below {LARGE:,} points"
