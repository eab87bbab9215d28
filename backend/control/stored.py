"""Reading stored files by their digest: wrong digests, columns and names are one line each."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..workspace.artefacts import Artefacts
from ..workspace.layout import BadInput
from .rows import text
from .runs import NotFound

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa


class Stored:
    def __init__(self, artefacts: Artefacts):
        self._artefacts = artefacts

    def path(self, sha256: str, kind: str) -> Path:
        """Where the file lies. Raises BadInput for what is no digest or type, NotFound where there is none."""
        try:
            path = self._artefacts.path(text(sha256), kind)
        except ValueError as error:
            raise BadInput(str(error)) from None
        if not path.is_file():
            raise NotFound(f"artefact: expected a stored file, found no {sha256}.{kind}")
        return path

    def table(self, sha256: str, columns: list[str] | None = None) -> pa.Table:
        import pyarrow.parquet as pq

        known = pq.read_schema(self.path(sha256, "parquet")).names
        unknown = [column for column in columns or () if column not in known]
        if unknown:
            raise BadInput(f"table {sha256[:12]}: expected columns of {', '.join(known)}, found {unknown[0]!r}"[:400])
        return self._artefacts.table(sha256, columns)

    def document(self, sha256: str) -> Any:
        self.path(sha256, "json")
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
