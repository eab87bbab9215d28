"""Maps of the embedding and their neighbours."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from backend.workspace.artefacts import Artefacts
from backend.workspace.events import EventLog

from .common import estimate


def project(log: EventLog, artefacts: Artefacts, table: Any) -> None:
    n = len(table)
    index = ((np.arange(n)[:, None] + 1 + np.arange(15)[None]) % n).astype(np.int32)
    arrays = {"index": index, "cosine": np.full((n, 15), 0.9, np.float32), "rows": np.arange(n, dtype=np.int64)}
    for arm in ("ssl", "random"):
        gain = estimate(0.2, 0.05) if arm == "ssl" else None
        body = {"arm": arm, "seed": 0, "k": 15, "points": n, "chance": 0.5, "gain_over_random": gain}
        body |= {"method": "exact", "recall": None, "seconds": 1.0}
        body["hit"] = estimate(0.92 if arm == "ssl" else 0.72, 0.02)
        log.append("neighbours", body, [artefacts.put_arrays(f"neighbours/{arm}", arrays)], key=f"{arm}/0")
    for arm, method, dimensions in [("ssl", m, d) for m in ("umap", "pca") for d in (2, 3)] + [("random", "pca", 2)]:
        projection(log, artefacts, table, arm, method, dimensions)


def projection(log: EventLog, artefacts: Artefacts, table: Any, arm: str, method: str, dimensions: int) -> None:
    n = len(table)
    rng = np.random.default_rng(dimensions)
    spread = (rng.normal(size=(n, dimensions)) + 3 * table["label"].to_numpy()[:, None]).astype(np.float32)
    columns = {"row": np.arange(n)} | {c: spread[:, i] for i, c in enumerate("xyz"[:dimensions])}
    columns["kept"] = rng.random(n).astype(np.float32)
    fidelity = {"k": 15, "trustworthiness": 0.93, "trustworthiness_points": n, "knn_kept": 0.41}
    fidelity |= {"neighbour_hit_map": 0.9, "neighbour_hit_true": 0.92, "neighbour_hit_points": n}
    body = {"arm": arm, "method": method, "dimensions": dimensions, "seed": 0, "points": n, "rows": n, "seconds": 1.5}
    body["aligned_to"] = None
    stored = artefacts.put_table(f"projection/{arm}/{method}/{dimensions}", pa.table(columns))
    log.append(
        "projection", {**body, "params": {}, "fidelity": fidelity}, [stored], key=f"{arm}/{method}/{dimensions}/0"
    )
