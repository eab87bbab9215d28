"""UMAP on a CUDA device, by TorchDR: the same graph and the same forces, applied to all points at once.

McInnes, Healy & Melville (2018) as Van Assel et al. wrote it for torch. It needs the package torchdr (`pip install
ssl-workbench[cuda]`) and works without a device too, on one thread. Not umap-learn's map point by point: that moves
one pair after the other. Neighbours are those that the workbench searches for all maps.
"""

from __future__ import annotations

import numpy as np
from pydantic import Field

from ..workspace.layout import BadInput
from ._base import Neighbours, Report, silent, unit_length
from ._neighbours import nearest
from .pca import Params as PcaParams
from .pca import project as pca
from .umap import Params as UmapParams

TITLE = "UMAP on CUDA"
SPREAD = 10.0  # of the start along its widest axis, as umap-learn scales it


class Params(UmapParams):
    n_neighbors: int = Field(15, ge=3, le=100, description="Neighbours per point, itself included, in the graph")
    epochs: int = Field(200, ge=10, le=5_000, description="Passes of the layout over the graph's edges")


def project(
    features: np.ndarray,
    params: Params,
    dimensions: int,
    seed: int = 0,
    neighbours: Neighbours | None = None,
    progress: Report = silent,
    start: np.ndarray | None = None,
) -> np.ndarray:
    """float32 N x d -> float32 N x dimensions. `neighbours` of at least n_neighbors - 1, else they are searched.

    Raises BadInput where torchdr is not installed.
    """
    try:
        import torchdr  # noqa: F401
    except ImportError as error:
        lacking = (error.name or "torchdr").partition(".")[0]  # torchdr itself, or what it imports without saying so
        raise BadInput(
            f"projection.methods: umap_torch needs the package {lacking}, found none; "
            "install ssl-workbench[cuda], or name umap"
        ) from None
    import torch

    from ._torchdr import Known, Told, repeatable

    vectors = unit_length(features)
    wanted = min(params.n_neighbors, len(vectors) - 2)  # TorchDR refuses more
    if neighbours is None or neighbours.k < wanted - 1:
        neighbours = nearest(vectors, wanted - 1)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    begin = pca(vectors, PcaParams(), dimensions) if start is None else start
    widest = float(begin[:, 0].std()) or 1.0
    scale = widest if start is not None else SPREAD * widest / (float(np.ptp(begin, axis=0).max()) or 1.0)
    method = Told(
        progress,
        n_neighbors=wanted,
        n_components=dimensions,
        min_dist=params.min_dist,
        max_iter=params.epochs,
        negative_sample_rate=params.negative_sample_rate,
        init=torch.from_numpy(np.array(begin, dtype=np.float32)),
        init_scaling=scale,
        device=device,
        backend=None,
        distributed=False,
        process_duplicates=False,  # it would leave rows out, and neighbours would be of others
    )
    method.affinity_in = Known(neighbours, n_neighbors=wanted, device=device, distributed=False)
    with repeatable(seed, device):
        places = method.fit_transform(torch.from_numpy(vectors))
    return np.ascontiguousarray(places.detach().cpu().numpy(), dtype=np.float32)
