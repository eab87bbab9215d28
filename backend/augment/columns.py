"""Columns: a share of a row's values is replaced by those of other training rows (Bahri et al. 2022, SCARF).

Each value comes from a row of its own, drawn from all training rows, labelled or not, so from the column's marginal.
The features of one column of the source (a date and its weekday) are replaced together.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from pydantic import Field
from torch import Tensor

from ..registry import Strict
from ._swaps import Columns

TITLE = "swapped columns"
KINDS = ("table",)


class Params(Strict):
    share: float = Field(
        0.3,
        ge=0,
        le=1,
        description="Share of a row's columns whose values are replaced",
        json_schema_extra={"sweep": {"low": 0.1, "high": 0.8}},
    )


def build(
    params: Params, described: Sequence[dict[str, Any]], values: Tensor, rows: Tensor
) -> Callable[[Tensor, torch.Generator], Tensor]:
    """float32 B x F records, NaN where missing -> the same with values of other rows.

    described: what each feature means (backend/modality/table/features.py); values: float32 N x F, from which the rows
    `rows` (int64) may be taken, on one device.
    """
    columns = Columns(described)
    feature = torch.arange(len(described), device=values.device)

    @torch.no_grad()
    def replaced(records: Tensor, draw: torch.Generator) -> Tensor:
        columns.to(records.device)
        other = columns.others(len(records), len(rows), draw).to(rows.device)
        found = values[rows[other].to(values.device), feature].to(records.device)
        return torch.where(columns.choose(len(records), params.share, draw), found, records)

    return replaced
