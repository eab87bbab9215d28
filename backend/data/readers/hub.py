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

from ...workspace.extras import need
from ...workspace.layout import BadInput
from .. import bounded
from ..conventions import schema, splits
from ..source import BATCH, Glimpse, Places, TextSource
from ..spec import HUB, Spec
from ._texts import declared, with_text

KINDS = ("text",)
NAME = re.compile(r"hf:([\w.-]+(?:/[\w.-]+)?)(?::([\w.-]+))?")
PLAIN = ("arrow", "csv", "json", "parquet", "text")  # builders that read values and nothing else
SECONDS = 20  # for the hub's first answer


def accepts(path: Path) -> bool:
    return str(path).startswith(HUB)


def look(path: Path) -> Glimpse:
    """Nothing: a look must not wait for the network, so its columns are not known before it is registered."""
    name, _ = _parse(str(path))
    need("language", f"hf:{name}")
    return Glimpse(pd.DataFrame(), None)


def read(path: Path, spec: Spec) -> TextSource:
    """`label` and `split` are declared by their name; numbers of a ClassLabel become the names that it gives them."""
    name, part = _parse(str(path))
    need("language", f"hf:{name}")
    notes: list[str] = []
    try:
        commit, size, streams = _open(name, part, notes)
    except BadInput:
        raise
    except Exception as error:  # the library and its transports raise what they like
        raise _unreached(name, error) from None
    places = Places(name)
    text, names, batches = with_text(_rows(name, streams, places), spec, name)
    return TextSource(
        kind="hub",
        name=str(path),
        bytes=size,
        sha256=hashlib.sha256(f"{name}@{commit}:{part or ''}".encode()).hexdigest(),
        batches=batches,
        text=text.column,
        **declared(names, text),
        reasons={"text": text.why} | ({"split": "the names of the splits"} if streams[0][0] else {}),
        places=places,
        notes=[f"Read from the Hugging Face hub at commit {commit}.", *notes],
    )


def _parse(place: str) -> tuple[str, str | None]:
    found = NAME.fullmatch(place)
    if not found:
        raise BadInput(f"path: expected hf:owner/name or hf:owner/name:part, found {place[:120]!r}")
    return found[1], found[2]


def _open(name: str, part: str | None, notes: list[str]) -> tuple[str, int, list[tuple[str | None, Any]]]:
    """(commit, bytes where the hub tells them, [(split, stream)])."""
    from datasets import get_dataset_config_names, load_dataset_builder
    from huggingface_hub import HfApi

    if Path(name).exists():  # the library would read that folder instead
        raise BadInput(f"hf:{name}: expected a name of the hub alone, found a folder of that name here; give its path")
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
    known = splits.known(streams, f"hf:{name}", notes)
    parts = [(split if len(known) > 1 else None, streams[part]) for part, split in known.items()]
    return commit, builder.info.size_in_bytes or 0, parts


def _rows(name: str, streams: list[tuple[str | None, Any]], places: Places) -> Iterator[pa.Table]:
    row = 0
    try:
        for split, stream in streams:
            places.begin(row, name if split is None else f"{name}: {split}")
            names = {c: f.names for c, f in (stream.features or {}).items() if getattr(f, "names", None)}
            for table in bounded.pieces(stream.with_format("arrow").iter(batch_size=BATCH)):
                row += len(table)
                table = schema.with_names(schema.plain_index(table, name), names, name)
                told = split is None or "split" in table.column_names
                yield table if told else table.append_column("split", pa.array([split] * len(table)))
    except (BadInput, MemoryError):
        raise
    except Exception as error:  # the connection may end at any row
        raise _unreached(name, error) from None


def _unreached(name: str, error: Exception) -> BadInput:
    reason = str(error).strip().split("\n")[0][:120] or "no reason given"
    return BadInput(
        f"hf:{name}: expected the data set from huggingface.co, found {type(error).__name__} ({reason}); where there "
        f"is a connection run datasets.load_dataset({name!r}).save_to_disk('FOLDER'), then register FOLDER"
    )
