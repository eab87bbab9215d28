"""Features of every row of the data set as a Parquet file, with what the rows are called and their split."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from torch import nn

from ..data.conventions.side_table import KEYS
from ..engine.features import encode
from ..stages.modality import data_module
from .record import Record

FILE = "features.parquet"
TOGETHER = 65_536  # rows of a row group


def write(path: Path, record: Record, encoder: nn.Module, seed: int, tuned: bool) -> None:
    """row, the column that names the rows where the data has one, split, f0 .. f(d-1).

    tuned: whether the encoder was trained on labels; else its features are those that the run has stored.
    """
    features = encode(encoder, data_module(record.job).inputs, "cpu") if tuned else _stored(record, seed)
    table = record.dataset.table
    names = [name for name in KEYS if name in table.columns][:1]
    known = {"row": table["row"], **{name: table[name].astype(str) for name in names}, "split": table["split"]}
    columns = {name: pa.array(values) for name, values in known.items()}
    schema = pa.schema(
        [(name, values.type) for name, values in columns.items()]
        + [(f"f{place}", pa.float32()) for place in range(features.shape[1])]
    )
    with pq.ParquetWriter(path, schema, compression="zstd") as out:
        for start in range(0, len(features), TOGETHER):
            part = slice(start, start + TOGETHER)
            held = [values[part] for values in columns.values()]
            held += [pa.array(column) for column in np.ascontiguousarray(features[part].T, np.float32)]
            out.write_table(pa.table(held, schema=schema))


def _stored(record: Record, seed: int) -> np.ndarray:
    event = next(event for event in record.of("features") if event["key"] == f"pretrain/{seed}")
    return record.artefacts.mapped(event["subjects"][0]["sha256"], "features")
