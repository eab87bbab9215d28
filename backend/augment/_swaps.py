"""Values of a row replaced by those of other rows, column by column: what corruptions of tables share.

All features of one column of the source go together: the weekday of a date that was replaced, beside the old number of
days, would give the replacement away.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from ..modality.table import features


class Columns(nn.Module):
    """The columns of the source, of which each feature is one or a part. described: what each feature means
    (backend/modality/table/features.py); dates: whether columns of dates may be chosen as well."""

    def __init__(self, described: Sequence[dict[str, Any]], dates: bool = True):
        super().__init__()
        groups = list(features.columns(described).values())
        of, free = torch.empty(len(described), dtype=torch.int64), torch.ones(len(described), dtype=torch.bool)
        for place, group in enumerate(groups):
            of[group] = place
            free[group] = dates or not any(described[one].get("date") for one in group)
        self.count = len(groups)
        self.register_buffer("of", of, persistent=False)
        self.register_buffer("free", free, persistent=False)

    def choose(self, rows: int, share: float, draw: torch.Generator) -> Tensor:
        """bool rows x F: each column of each row with probability `share`."""
        chosen = torch.rand((rows, self.count), generator=draw, device=draw.device) < share
        return chosen[:, self.of] & self.free

    def others(self, rows: int, among: int, draw: torch.Generator) -> Tensor:
        """int64 rows x F: for each column of each row, one of the rows 0 .. among - 1."""
        return torch.randint(among, (rows, self.count), generator=draw, device=draw.device)[:, self.of]

    def swapped(self, records: Tensor, share: float, draw: torch.Generator) -> tuple[Tensor, Tensor]:
        """(records B x F of which a share of the columns holds the values of other rows of the batch, bool B x F: where
        that is so, though the value may be the same)."""
        other = records.gather(0, self.others(len(records), len(records), draw))
        chosen = self.choose(len(records), share, draw)
        return torch.where(chosen, other, records), chosen


def differ(one: Tensor, other: Tensor) -> Tensor:
    """bool B x F: where the values of two records are not the same; missing is a value like any other."""
    return (one != other) & ~(one.isnan() & other.isnan())
