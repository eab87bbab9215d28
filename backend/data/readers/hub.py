"""A data set of the Hugging Face hub by its name, hf:owner/name or hf:owner/name:part (a configuration or a split).

Only tables of plain values are read (Parquet, CSV, JSON, Arrow, text), at the commit that the hub names; no code of a
data set is run and nothing is unpickled.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from ...workspace.layout import BadInput
from .. import bounded
from ..source import BATCH, SPLIT_NAMES, Glimpse, TextSource
from ..spec import HUB, Spec
from ._texts import with_text

KINDS = ("text",)
NAME = re.compile(r"hf:([\w.-]+(?:/[\w.-]+)?)(?::([\w.-]+))?")
PLAIN = ("arrow", "csv", "json", "parquet", "text")  # builders that read values and nothing else
SECONDS = 20  # for the hub's first answer


def accepts(path: Path) -> bool:
    return str(path).startswith(HUB)


def look(path: Path) -> Glimpse:
    """Nothing: a look must not wait for the network, so its columns are not known before it is registered."""
    _parse(str(path))
    return Glimpse(pd.DataFrame(), None)


def read(path: Path, spec: Spec) -> TextSource:
    """`label` and `split` are declared by their name; numbers of a ClassLabel become the names that it gives them."""
    name, part = _parse(str(path))
    try:
        commit, size, streams = _open(name, part)
    except BadInput:
        raise
    except Exception as error:  # the library and its transports raise what they like
        raise _unreached(name, error) from None
    text, names, batches = with_text(_rows(name, streams), spec, name)
    return TextSource(
        kind="hub",
        name=str(path),
        bytes=size,
        sha256=hashlib.sha256(f"{name}@{commit}:{part or ''}".encode()).hexdigest(),
        batches=batches,
        text=text,
        label="label" if "label" in names and text != "label" else None,
        split="split" if "split" in names and text != "split" else None,
        notes=[f"Read from the Hugging Face hub at commit {commit}."],
    )


def _parse(place: str) -> tuple[str, str | None]:
    found = NAME.fullmatch(place)
    if not found:
        raise BadInput(f"path: expected hf:owner/name or hf:owner/name:part, found {place[:120]!r}")
    return found[1], found[2]


def _open(name: str, part: str | None) -> tuple[str, int, list[tuple[str | None, Any]]]:
    """(commit, bytes where the hub tells them, [(split, stream)])."""
    from datasets import get_dataset_config_names, load_dataset_builder
    from huggingface_hub import HfApi

    commit = HfApi().dataset_info(name, timeout=SECONDS).sha
    configs = get_dataset_config_names(name, revision=commit)
    config = part if part in configs else None
    builder = load_dataset_builder(name, config, revision=commit)
    kind = type(builder).__module__.rsplit(".", 1)[-1]
    if kind not in PLAIN:
        raise BadInput(f"hf:{name}: expected a data set of {', '.join(PLAIN)} files, found {kind}")
    streams = builder.as_streaming_dataset()
    if part is not None and config is None:
        if part not in streams:
            raise BadInput(f"hf:{name}: expected one of {', '.join([*configs, *streams])}, found {part!r}"[:400])
        return commit, builder.info.size_in_bytes or 0, [(None, streams[part])]
    known = [(SPLIT_NAMES[s.lower()], stream) for s, stream in streams.items() if s.lower() in SPLIT_NAMES]
    if not known:
        raise BadInput(f"hf:{name}: expected splits called train, val or test, found {', '.join(streams)}"[:300])
    several = len(known) > 1
    return commit, builder.info.size_in_bytes or 0, [(split if several else None, stream) for split, stream in known]


def _rows(name: str, streams: list[tuple[str | None, Any]]) -> Iterator[pa.Table]:
    try:
        for split, stream in streams:
            for table in bounded.pieces(stream.with_format("arrow").iter(batch_size=BATCH)):
                table = _named(table, stream.features or {})
                yield table if split is None else table.append_column("split", pa.array([split] * len(table)))
    except (BadInput, MemoryError):
        raise
    except Exception as error:  # the connection may end at any row
        raise _unreached(name, error) from None


def _named(table: pa.Table, features: dict[str, Any]) -> pa.Table:
    """Numbers of a ClassLabel as the names it gives them; -1 and null are missing."""
    for column, feature in features.items():
        names = getattr(feature, "names", None)
        if names and column in table.column_names:
            codes = table.column(column).to_pylist()
            written = [names[c] if c is not None and 0 <= c < len(names) else None for c in codes]
            table = table.set_column(table.column_names.index(column), column, pa.array(written, pa.string()))
    return table


def _unreached(name: str, error: Exception) -> BadInput:
    reason = str(error).strip().split("\n")[0][:120] or "no reason given"
    return BadInput(
        f"hf:{name}: expected the data set from huggingface.co, found {type(error).__name__} ({reason}); where there "
        f"is a connection run datasets.load_dataset({name!r}).save_to_disk('FOLDER'), then register FOLDER"
    )
