"""Clusters of the mapped rows, their labels and their words, as the event `clusters`."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from ..engine.job import Job
from ..projection._base import Neighbours, Report
from ..projection._clusters import METHOD, NONE, cluster, majorities
from .modality import DataModule


def log_clusters(
    job: Job, data: DataModule, rows: np.ndarray, arm: str, seed: int, neighbours: Neighbours, report: Report
) -> None:
    """Cluster the mapped rows by the encoder's neighbours and say what each cluster is made of."""
    key = f"{arm}/{seed}"
    if job.events.seen("clusters", key):
        return
    found = cluster(neighbours.index, job.recipe.seed, report)
    words = data.cluster_words(rows, found.of, found.count)
    labels = job.dataset.labels[rows] if job.dataset.manifest["label"] else np.full(len(rows), -1)
    most = majorities(found.of, found.count, labels)
    sizes = np.bincount(found.of[found.of != NONE], minlength=found.count).tolist()
    body = {
        "arm": arm,
        "seed": seed,
        "method": METHOD,
        "points": len(rows),
        "modularity": found.modularity,
        "clusters": [
            {
                "id": i,
                "size": size,
                "share": size / len(rows),
                "words": words[i],
                "label": most[i]
                and {
                    "name": job.dataset.classes[most[i]["code"]],
                    "share": most[i]["share"],
                    "base": most[i]["base"],
                },
            }
            for i, size in enumerate(sizes)
        ],
        "noise": float(np.mean(found.of == NONE)),
    }
    stored = job.artefacts.put_table(f"clusters/{arm}", pa.table({"row": rows, "cluster": found.of}))
    job.events.append("clusters", body, [stored], key=key)
