"""Label efficiency: from how many of the labels on pretraining is as good as all labels without it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from backend.workspace.formats import ends, percent

from ..targets import said_of
from . import rivals

if TYPE_CHECKING:
    from ..modality._words import Words


def sentence(verdict: dict[str, Any], of: Words) -> str:
    """The share of the labels, with interval, or why it cannot be said."""
    found, said = verdict["efficiency"], said_of(verdict)
    if found["target"] is None:
        return f"Label efficiency was not measured: it {found['note']}."
    rival = _at_all_labels(found, verdict, of)
    reached, chance = f"{said.title} {said.figures.amount(found['target'])}", verdict.get("chance")
    if not said.learned(found["target"], chance):
        values = f"{reached}, {said.guessing} {said.figures.amount(chance)}"
        return f"Label efficiency: no answer, since {rival} learns next to nothing from 100 % of the labels ({values})."
    strongest = ", the strongest model without pretraining," if "against" in found else ""
    target = f"what {rival}{strongest} reaches with all labels ({reached})"
    fraction = found["fraction"]
    if fraction is None and found.get("reached") is False:
        return f"Label efficiency: not reached. At no share of the labels studied does pretraining match {target}."
    if fraction is None:
        return f"Label efficiency: no answer for {target}: {found['note']}."
    bounds = f"[{percent(fraction['low'])}, more than all]" if fraction["high"] is None else ends(fraction, 100, 1)
    note = f"; {found['note']}" if found["note"] else ""
    return f"With {percent(fraction['value'])} {bounds} of the labels pretraining matches {target}{note}."


def _at_all_labels(found: dict[str, Any], verdict: dict[str, Any], of: Words) -> str:
    """The model that label efficiency is held against; records from before it was chosen held it against scratch."""
    return rivals.rival_of(found, verdict, of) if "against" in found else of.arms["scratch_aug"]
