"""A modality's own part of the run page, beneath the verdict on collapse; by default none."""

from __future__ import annotations

from typing import Any


class Run:
    def panel(self, run: dict[str, Any], seed: int) -> None:
        """What is particular to training on it, of one pretraining seed."""

    def draws_loss(self, run: dict[str, Any]) -> bool:
        """Whether `panel` draws the loss of this run, so that the page does not."""
        return False


RUN = Run()
