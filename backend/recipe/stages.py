"""The stages of a run, in their order: one file of backend/stages each."""

from __future__ import annotations

from .. import exports, plugins

STAGES = ("pretrain", "study", "project", "attribute", "audit_bias", "probe_bias", "proxies")
LABELLED = STAGES[:5]  # of any modality; the others ask language models, and columns of a table


def known() -> tuple[str, ...]:
    """All stages: the built-in ones, and each further one behind the stage that its file names (AFTER), else last."""
    order = list(STAGES)
    for name in plugins.files("stages"):
        if name not in order:
            after = exports.says("stages", name).get("after")
            order.insert(order.index(after) + 1 if after in order else len(order), name)
    return tuple(order)


def rests_on(stage: str) -> str | None:
    """The stage whose results this one reads."""
    return exports.says("stages", stage).get("needs")


def needs_labels(stage: str) -> bool:
    return exports.says("stages", stage).get("needs_labels", False)
