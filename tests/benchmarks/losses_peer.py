"""Our losses of image tasks against lightly's on the same random embeddings: they must agree within 1e-5 (relative).

make .venv-peers/.ready && .venv-peers/bin/python -m tests.benchmarks.losses_peer
"""

from __future__ import annotations

import sys

import torch

for operator in (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor a, Tensor b, float c) -> Tensor",
):
    torch.library.define(f"torchvision::{operator.split('(')[0]}", "(" + operator.split("(", 1)[1])

from lightly.loss import BarlowTwinsLoss, NegativeCosineSimilarity, NTXentLoss, SwaVLoss  # noqa: E402

from backend.pretext import barlow_twins, byol, simclr, simsiam, swav  # noqa: E402
from backend.pretext._prototypes import agreement  # noqa: E402

WITHIN = 1e-5


def pairs() -> dict[str, tuple[torch.Tensor, torch.Tensor]]:
    """{loss: (ours, lightly's)} of 64 rows of two views."""
    torch.manual_seed(0)
    (p1, p2), (z1, z2) = torch.randn(2, 64, 32), torch.randn(2, 64, 32)
    p, z = torch.cat([p1, p2]), torch.cat([z1, z2])
    cosine = NegativeCosineSimilarity()
    theirs = (cosine(p1, z2) + cosine(p2, z1)) / 2
    invariance, redundancy = barlow_twins.terms(z1, z2)
    s1, s2 = (torch.nn.functional.normalize(x, dim=1) for x in (p1, p2))
    clusters = [swav.sinkhorn(s, 0.05) for s in (s1, s2)]
    return {
        "NT-Xent": (simclr.nt_xent(z, 0.2), NTXentLoss(temperature=0.2)(z1, z2)),
        "BYOL": (byol.regression(p, z), 4 + 4 * theirs),
        "SimSiam": (simsiam.disagreement(p, z), theirs),
        "Barlow Twins": (invariance + 5e-3 * redundancy, BarlowTwinsLoss(lambda_param=5e-3)(z1, z2)),
        "SwAV": (agreement(clusters, [s1, s2], 0.1), SwaVLoss(0.1, 3, 0.05)([s1, s2], [])),
    }


def main() -> int:
    wrong = 0
    print("| loss | ours | lightly 1.6 | relative difference |\n|---|---|---|---|")
    for name, (ours, theirs) in pairs().items():
        apart = abs(float(ours - theirs)) / abs(float(theirs))
        wrong += apart > WITHIN
        print(f"| {name} | {float(ours):.6f} | {float(theirs):.6f} | {apart:.1e} |")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
