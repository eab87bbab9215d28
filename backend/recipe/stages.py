"""The stages of a run, in their order."""

from __future__ import annotations

from typing import Literal

STAGES = ("pretrain", "study", "project", "attribute", "audit_bias", "probe_bias")
Stage = Literal["pretrain", "study", "project", "attribute", "audit_bias", "probe_bias"]
LABELLED = STAGES[:5]  # of any modality; the last asks language models
