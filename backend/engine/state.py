"""The state of a module as named tensors, each stored once though two modules may share it."""

from __future__ import annotations

from torch import Tensor, nn

from ..workspace.layout import BadInput


def unshared(module: nn.Module) -> dict[str, Tensor]:
    """The state of a module by name; what two names share (a head tied to its embedding) under the first name only."""
    kept: dict[str, Tensor] = {}
    seen: set[int] = set()
    for name, value in module.state_dict().items():
        if value.numel() and value.data_ptr() in seen:
            continue
        seen.add(value.data_ptr())
        kept[name] = value
    return kept


def fill(module: nn.Module, tensors: dict[str, Tensor]) -> nn.Module:
    """Load what `unshared` gave, into a module built in the same way. Raises BadInput that names what is amiss."""
    expected = unshared(module)
    amiss = sorted(expected.keys() ^ tensors.keys())
    if amiss:
        where = "is missing" if amiss[0] in expected else "is unknown"
        raise BadInput(f"weights: expected those of this model, found that {amiss[0]!r} {where}")
    module.load_state_dict(tensors, strict=False)
    return module
