"""Reading stored files by their digest: wrong digests, columns and names are one line each.

Documents, and tables up to LARGEST, are hashed before they are read (once, while size and times stay): a file that is
not the one of its name is not shown. Larger ones and tensors are hashed by verification alone.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...workspace.artefacts import Artefacts
from ...workspace.layout import BadInput
from ..record.rows import text
from ..runs.runs import NotFound
from .hashes import Hashes

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa


LARGEST = 64 << 20  # bytes: some hundredths of a second


class Stored:
    def __init__(self, artefacts: Artefacts, hashes: Hashes | None = None):
        self._artefacts, self._hashes = artefacts, hashes or Hashes()

    def path(self, sha256: str, kind: str, most: int | None = 0) -> Path:
        """Where the file lies. Raises BadInput for what is no digest or type, NotFound where there is none.

        most: up to so many bytes it is hashed, and is a BadInput where it is another one; None: however large.
        """
        try:
            path = self._artefacts.path(text(sha256), kind)
        except ValueError as error:
            raise BadInput(str(error)) from None
        if not path.is_file():
            raise NotFound(f"artefact: expected a stored file, found no {sha256}.{kind}")
        if (most is None or path.stat().st_size <= most) and self._hashes.of(path) != sha256:
            raise BadInput(f"artefact {sha256[:12]}….{kind}: expected the file of this digest, found it changed")
        return path

    def table(self, sha256: str, columns: list[str] | None = None) -> pa.Table:
        import pyarrow.parquet as pq

        known = pq.read_schema(self.path(sha256, "parquet", LARGEST)).names
        unknown = [column for column in columns or () if column not in known]
        if unknown:
            raise BadInput(f"table {sha256[:12]}: expected columns of {', '.join(known)}, found {unknown[0]!r}"[:400])
        return self._artefacts.table(sha256, columns)

    def document(self, sha256: str) -> Any:
        self.path(sha256, "json", None)
        return self._artefacts.json(sha256)

    def text_rows(self, sha256: str, column: str, rows: list[int]) -> list[str]:
        """These rows of a column of text, in their order."""
        self.path(sha256, "parquet")
        return self._artefacts.text_rows(sha256, column, rows)

    def array(self, sha256: str, key: str, rows: slice | list[int] | None = None) -> np.ndarray:
        """One array of a safetensors file, or only these rows of it (a slice, or numbers in any order)."""
        self.path(sha256, "safetensors")
        names = self._artefacts.array_names(sha256)
        if key not in names:
            raise NotFound(f"array {sha256[:12]}: expected one of {', '.join(names)}, found {str(key)[:80]!r}")
        if rows is None or isinstance(rows, slice):
            return self._artefacts.array(sha256, key, rows)
        return self._artefacts.rows(sha256, key, rows)
