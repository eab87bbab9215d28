"""Content-addressed artefacts: named by their SHA-256, typed by their extension, never pickled.

Types: `.safetensors` (tensors), `.parquet` (tables), `.json` (everything else), `.html`/`.md`/`.png` (output).
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .layout import BadInput, fsync_folder

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
# NumPy, Arrow and safetensors are imported where they are used: most commands only look up where a file lies.
TYPES = ("safetensors", "parquet", "json", "html", "md", "png")
TEXT_BATCH = 2_000_000  # characters that are handed out at a time: a tokenizer takes fifty bytes for each


@dataclass(frozen=True)
class Artefact:
    """What an event says of a file: its part in the run, its digest, type and size in bytes."""

    role: str
    sha256: str
    type: str
    bytes: int

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


class Artefacts:
    """The artefact store below `root` (WORKSPACE/artefacts)."""

    def __init__(self, root: Path):
        self.root = Path(root)

    def path(self, sha256: str, kind: str) -> Path:
        if len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef") or kind not in TYPES:
            raise ValueError(f"artefact: expected a SHA-256 and one of {TYPES}, found {sha256!r}.{kind!r}")
        return self.root / sha256[:2] / f"{sha256}.{kind}"

    def put_bytes(self, role: str, payload: bytes, kind: str) -> Artefact:
        return self._adopt(role, kind, lambda path: path.write_bytes(payload))

    def put_json(self, role: str, value: Any) -> Artefact:
        text = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
        return self.put_bytes(role, text.encode(), "json")

    def put_table(self, role: str, table: pa.Table) -> Artefact:
        import pyarrow.parquet as pq

        out = io.BytesIO()
        pq.write_table(table, out, compression="zstd")
        return self.put_bytes(role, out.getvalue(), "parquet")

    def put_batches(self, role: str, schema: pa.Schema, batches: Iterable[pa.Table]) -> Artefact:
        """A table that arrives in parts, written as it comes: one row group a part."""
        import pyarrow.parquet as pq

        def write(path: Path) -> None:
            with pq.ParquetWriter(path, schema, compression="zstd") as writer:
                for batch in batches:
                    writer.write_table(batch)

        return self._adopt(role, "parquet", write)

    def put_arrays(self, role: str, arrays: dict[str, np.ndarray], metadata: dict[str, str] | None = None) -> Artefact:
        import numpy as np
        from safetensors.numpy import save_file

        contiguous = {k: np.ascontiguousarray(v) for k, v in arrays.items()}
        return self._adopt(role, "safetensors", lambda path: save_file(contiguous, path, metadata=metadata))

    def put_rows(
        self, role: str, name: str, dtype: Any, shape: tuple[int, ...], blocks: Iterable[np.ndarray]
    ) -> Artefact:
        """One tensor that arrives in blocks of rows: as `put_arrays`, without all of it in memory.

        Raises ValueError where the blocks are not together of this shape.
        """
        import numpy as np

        kind = np.dtype(dtype)
        begin = _header(name, kind, shape)

        def write(path: Path) -> None:
            with open(path, "wb") as out:
                out.write(begin)
                for block in blocks:
                    out.write(np.ascontiguousarray(block, dtype=kind).tobytes())
                wrote, wanted = out.tell() - len(begin), kind.itemsize * int(np.prod(shape))
                if wrote != wanted:
                    raise ValueError(f"{name}: expected {wanted:,} bytes in the blocks, found {wrote:,}")

        return self._adopt(role, "safetensors", write)

    def _adopt(self, role: str, kind: str, write) -> Artefact:
        """Write to a temporary file, fsync, and rename it to its digest; the same content is stored once."""
        self.root.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self.root, prefix=".tmp-")
        os.close(handle)
        temporary = Path(name)
        try:
            write(temporary)
            sha256, size = digest_file(temporary)
            target = self.path(sha256, kind)
            target.parent.mkdir(exist_ok=True)
            with open(temporary, "rb+") as out:
                os.fsync(out.fileno())
            os.replace(temporary, target)
            fsync_folder(target.parent)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        return Artefact(role, sha256, kind, size)

    def json(self, sha256: str) -> Any:
        return json.loads(self.path(sha256, "json").read_bytes())

    def table(self, sha256: str, columns: list[str] | None = None) -> pa.Table:
        import pyarrow.parquet as pq

        return pq.read_table(self.path(sha256, "parquet"), columns=columns)

    def batches(self, sha256: str, columns: list[str]) -> Iterator[pa.RecordBatch]:
        """Some columns of a table, part by part: a part lies in memory, and no more."""
        import pyarrow.parquet as pq

        with pq.ParquetFile(self.path(sha256, "parquet"), pre_buffer=False) as file:
            yield from file.iter_batches(columns=columns)

    def text_batches(self, sha256: str, column: str, size: int) -> Iterator[list[str]]:
        """A column of text, at most `size` rows and, of more than one, TEXT_BATCH characters at a time, read as they
        are asked for: a row group lies in memory, and no batch joins two."""
        import pyarrow.parquet as pq

        # pre_buffer, the default, would hold the bytes of every row group until the last is read
        with pq.ParquetFile(self.path(sha256, "parquet"), pre_buffer=False) as file:
            for group in range(file.num_row_groups):
                for batch in file.iter_batches(batch_size=size, row_groups=[group], columns=[column]):
                    yield from _cut(batch.column(0).to_pylist())

    def text_rows(self, sha256: str, column: str, rows: list[int]) -> list[str]:
        """These rows of a column of text, in their order; only the row groups they lie in are read."""
        import numpy as np
        import pyarrow.parquet as pq

        with pq.ParquetFile(self.path(sha256, "parquet")) as file:
            sizes = [file.metadata.row_group(g).num_rows for g in range(file.num_row_groups)]
            starts = np.cumsum([0, *sizes])
            groups = np.searchsorted(starts, rows, side="right") - 1
            found = {}
            for group in np.unique(groups).tolist():
                values = file.read_row_group(group, columns=[column]).column(0)
                inside = [row for row, its in zip(rows, groups, strict=True) if its == group]
                found |= {row: values[row - int(starts[group])].as_py() for row in inside}
        return [found[row] for row in rows]

    def _tensors(self, sha256: str) -> Any:
        from safetensors import safe_open

        return safe_open(self.path(sha256, "safetensors"), framework="numpy")

    def array(self, sha256: str, name: str, rows: slice | None = None) -> np.ndarray:
        """One tensor of a safetensors file; with `rows` only that slice of the first axis is read."""
        with self._tensors(sha256) as file:
            return file.get_slice(name)[rows] if rows is not None else file.get_tensor(name)

    def mapped(self, sha256: str, name: str) -> np.ndarray:
        """One tensor of a safetensors file as a mapped array: only what is looked at is read from disk. Its values may
        be written to in memory; the file stays as it is."""
        import numpy as np

        with self._tensors(sha256) as file:  # which refuses a header that does not fit the file
            tensor = file.get_slice(name)
            if 0 in (shape := tensor.get_shape()):
                return file.get_tensor(name)
            kind = tensor[0:1].dtype
        path = self.path(sha256, "safetensors")
        with open(path, "rb") as raw:
            size = int.from_bytes(raw.read(8), "little")
            begin = json.loads(raw.read(size))[name]["data_offsets"][0]
        return np.memmap(path, kind, mode="c", offset=8 + size + begin, shape=tuple(shape))

    def rows(self, sha256: str, name: str, rows: Iterable[int]) -> np.ndarray:
        """These rows of one tensor, in their order; only they are read. Raises BadInput for a row out of bounds."""
        import numpy as np

        with self._tensors(sha256) as file:
            tensor = file.get_slice(name)
            count, *shape = tensor.get_shape()
            out = np.empty((len(rows := list(rows)), *shape), tensor[0:1].dtype)
            for place, row in enumerate(rows):
                if not 0 <= row < count:
                    raise BadInput(f"rows: expected 0 to {count - 1}, found {row}")
                out[place] = tensor[int(row) : int(row) + 1][0]
        return out

    def array_names(self, sha256: str) -> list[str]:
        with self._tensors(sha256) as file:
            return list(file.keys())

    def metadata(self, sha256: str) -> dict[str, str]:
        with self._tensors(sha256) as file:
            return file.metadata() or {}


def _header(name: str, dtype: np.dtype, shape: tuple[int, ...]) -> bytes:
    """What a safetensors file of one tensor begins with: its length, then what the bytes behind it are."""
    known = {"float32": "F32", "float64": "F64", "int64": "I64", "int32": "I32", "uint8": "U8"}
    size = dtype.itemsize
    for length in shape:
        size *= length
    told = {name: {"dtype": known[dtype.name], "shape": list(shape), "data_offsets": [0, size]}}
    text = json.dumps(told, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text


def digest_file(path: Path) -> tuple[str, int]:
    """(SHA-256 as hex, size in bytes) of a file, read in blocks."""
    digest, size = hashlib.sha256(), 0
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
            size += len(block)
    return digest.hexdigest(), size


def _cut(texts: list[str]) -> Iterator[list[str]]:
    """The same texts in their order, in lists of at most TEXT_BATCH characters or one text."""
    start = held = 0
    for at, text in enumerate(texts):
        if held and held + len(text) > TEXT_BATCH:
            yield texts[start:at]
            start, held = at, 0
        held += len(text)
    yield texts[start:]
