"""What a probe is given, what it gives back, and how its test set is read.

A probe is one file of this folder with `KINDS`, `Params` and

    probe(context, params) -> Result

It raises `Skip` with one line where it does not apply: a missing test set, a model without what it asks for. It calls
`context.tick` between batches, and looks at no more than `context.items` items, drawn with `context.seed`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from torch import nn

from ..data.dataset import Dataset
from ..encoders._text import TextEncoder
from ..statistics.multiplicity import holm
from ..tokenizers._base import Tokenizer
from ..workspace.layout import BadInput

LARGEST = 50_000_000  # bytes of a test set's file


class Skip(Exception):
    """The probe does not apply; the message says why in one line."""


@dataclass(frozen=True)
class Context:
    """One language model under probe.

    folder: of the test sets, None where the recipe names none; items: at most so many of a test set are asked;
    swaps: term pairs of the counterfactual probe, empty for the workbench's own; classifier: the audited one on this
    encoder, None where there is none; untrained: the same network with fresh weights, to compare with, None for the
    control itself; tick: tick(done, total), called between batches, may raise to stop.
    """

    encoder: TextEncoder
    tokenizer: Tokenizer
    device: torch.device
    dataset: Dataset
    folder: Path | None = None
    items: int = 400
    permutations: int = 10_000
    seed: int = 0
    swaps: tuple[tuple[str, str], ...] = ()
    classifier: nn.Module | None = None
    untrained: TextEncoder | None = None
    tick: Callable[[int, int], None] = lambda done, total: None


@dataclass(frozen=True)
class Estimate:
    """A value with its 95 % interval, the p of its test against the neutral value, and the n it rests on."""

    value: float | None
    low: float | None
    high: float | None
    p: float | None
    n: int

    def as_interval(self) -> dict[str, float | None]:
        return {"value": self.value, "low": self.low, "high": self.high}


@dataclass(frozen=True)
class Result:
    """What a probe found.

    measure: what the estimate is, in words; unit: "share", "points" (of probability), "correlation", "d", "nats" or
    "auroc"; neutral: its value without bias; of: items in the whole test set; categories: {name: Estimate} with the
    unit `category_unit`; by: what the categories are; head: whether it reads the language-model head; items: one row
    an item, kept as a table; more: further {name: JSON value} of the probe.
    """

    measure: str
    unit: str
    neutral: float
    estimate: Estimate
    of: int
    by: str = ""
    categories: dict[str, Estimate] = field(default_factory=dict)
    category_unit: str = ""
    category_neutral: float = 0.0
    head: bool = False
    notes: list[str] = field(default_factory=list)
    items: pd.DataFrame | None = None
    more: dict[str, Any] = field(default_factory=dict)

    def body(self) -> dict[str, Any]:
        """The event's body (docs/events.md); Holm runs over the categories that carry a test."""
        corrected = holm([found.p for found in self.categories.values()])
        rows = [
            {"category": name, "n": found.n, **found.as_interval(), "p": found.p, "p_holm": p}
            for (name, found), p in zip(self.categories.items(), corrected, strict=True)
        ]
        return {
            "measure": self.measure,
            "unit": self.unit,
            "neutral": self.neutral,
            "estimate": self.estimate.as_interval(),
            "p": self.estimate.p,
            "n": self.estimate.n,
            "of": self.of,
            "by": self.by,
            "category_unit": self.category_unit or self.unit,
            "category_neutral": self.category_neutral if self.category_unit else self.neutral,
            "categories": rows,
            "notes": self.notes,
            **self.more,
        }


def test_set(context: Context, name: str, columns: tuple[str, ...], source: str) -> pd.DataFrame:
    """The table `name`.parquet of the folder of test sets; source: where to get it.

    Raises Skip where it is absent, BadInput where it is not such a table.
    """
    where = f"get it from {source} and name its folder in the recipe: [probes] folder"
    if context.folder is None:
        raise Skip(f"no folder of test sets: {where}")
    path = context.folder / f"{name}.parquet"
    if not path.is_file():
        raise Skip(f"no {name}.parquet in {context.folder}: {where}")
    if path.stat().st_size > LARGEST:
        raise BadInput(f"{path}: expected a test set of at most {LARGEST:,} bytes, found {path.stat().st_size:,}")
    try:
        found = pq.read_schema(path).names
        if missing := [c for c in columns if c not in found]:
            raise BadInput(f"{path}: expected the columns {', '.join(columns)}, found no {missing[0]!r}")
        return pq.read_table(path, columns=list(columns)).to_pandas()
    except (pa.ArrowException, OSError) as error:
        raise BadInput(f"{path}: expected a Parquet table, found: {str(error).splitlines()[0]}"[:400]) from None


def drawn(frame: pd.DataFrame, context: Context) -> pd.DataFrame:
    """At most `context.items` rows, the same for every model, in their order."""
    if len(frame) <= context.items:
        return frame.reset_index(drop=True)
    chosen = np.random.default_rng(context.seed).choice(len(frame), context.items, replace=False)
    return frame.iloc[np.sort(chosen)].reset_index(drop=True)


def drawn_note(n: int, of: int, what: str) -> list[str]:
    """How many of the test set were asked, where it was not all."""
    return [f"{n:,} of the {of:,} {what}, drawn at random."] if n < of else []
