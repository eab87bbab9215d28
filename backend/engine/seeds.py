"""Seeds by name: every random draw comes from a generator whose seed says what it is for.

`derive("augment", seed, step)` depends on nothing that ran before, so a resumed run draws what the
undisturbed one would have drawn, and no state of a generator needs to be saved.
"""

from __future__ import annotations

import hashlib

import torch


def derive(*parts: str | int) -> int:
    """A seed in [0, 2**63) from the parts, by SHA-256."""
    digest = hashlib.sha256("/".join(map(str, parts)).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def generator(device: torch.device | str, *parts: str | int) -> torch.Generator:
    """A generator on `device`, seeded by `derive(*parts)`."""
    return torch.Generator(device=device).manual_seed(derive(*parts))


def seed_all(seed: int) -> None:
    """`torch.manual_seed`, which imports torch's compiler when first called, and without a CUDA device keeps a note of
    each call for one that may come: 1 ms a step."""
    if torch.cuda.is_available():
        torch.manual_seed(seed)
    else:
        torch.default_generator.manual_seed(seed)
