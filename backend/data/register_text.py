"""Register texts in constant memory: one pass reads, checks, measures and stores; only numbers stay."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd
import pyarrow as pa

from ..workspace.artefacts import Artefact, Artefacts
from . import duplicates, near_texts, readers, sheet, sheet_text, split
from . import roles as role
from .intake import SCHEMA, Intake, not_utf8
from .pictures import Progress
from .source import TextSource, no_column
from .spec import Spec


@dataclass(frozen=True)
class Read:
    """A source that was read to its end, as the roles of columns and the sheet see it (`source.Columns`)."""

    source: TextSource
    others: pa.Table
    group: None = None
    sensitive: tuple = ()

    kind = property(lambda self: self.source.kind)
    name = property(lambda self: self.source.name)
    bytes = property(lambda self: self.source.bytes)
    sha256 = property(lambda self: self.source.sha256)
    label = property(lambda self: self.source.label)
    split = property(lambda self: self.source.split)
    classes = property(lambda self: self.source.classes)

    def column(self, name: str, what: str) -> pd.Series:
        if name not in self.others.column_names:
            raise no_column(name, what, self.name, self.others.column_names)
        column = self.others.column(name)
        try:
            column.validate(full=True)  # pandas would decode it later, value by value
        except pa.ArrowInvalid:
            raise not_utf8(self.name, name) from None
        return column.to_pandas().rename(name)

    def missing(self) -> dict[str, int]:
        return {name: self.others.column(name).null_count for name in self.others.column_names}


def register(asked: Spec, artefacts: Artefacts, progress: Progress) -> tuple[dict[str, Any], list[Artefact]]:
    """As `backend.data.register.register`."""
    source = readers.read_texts(asked)
    intake, described = Intake(source), {}

    def row_groups() -> Iterator[pa.Table]:
        yield from intake.row_groups(progress)
        # Whatever is refused now leaves no file behind: the stored texts are still a temporary one.
        described.update(_describe(asked, source, intake, progress))

    texts = artefacts.put_batches("texts", SCHEMA, row_groups())
    progress(0, 1, "storing")
    table = artefacts.put_table("table", described.pop("table"))
    core = {
        "kind": "text",
        "texts": {"sha256": texts.sha256},
        "table": {"sha256": table.sha256},
        "count": intake.count,
        "characters": int(intake.characters.sum()),
        "bytes": intake.bytes,
        **described.pop("meaning"),
    }
    return role.seal(asked.name, core, described, [texts, table], artefacts)


def _describe(asked: Spec, source: TextSource, intake: Intake, progress: Progress) -> dict[str, Any]:
    """The sheet's entries, and under `table` and `meaning` what is stored beside it. Raises BadInput."""
    intake.finish()
    read = Read(source, intake.others)
    roles = role.read(asked, read, intake.count, "text")
    progress(0, 1, "looking for duplicates")
    belongs = [intake.digests] if roles["unit"] is None else [intake.digests, roles["unit"].to_numpy()]
    if split.to_make(roles["split"]):
        alike = near_texts.units(intake.signed, intake.digests)
        belongs += [] if alike is None else [alike]
    parts, made = split.complete(roles["split"], roles["codes"], belongs, asked.seed)
    role.check_parts(parts, roles["codes"], source.name, "text")
    codes, classes = roles["codes"], roles["classes"]
    facts = role.facts(read, roles, parts, made) | sheet_text.facts(intake, parts, codes, classes)
    facts["label"]["text"] = source.text
    same = duplicates.conflicts(intake.digests, codes)
    said = sheet.warnings(facts, parts, roles["groups"], same, "text") + sheet_text.warnings(facts)
    others = [(name, read.others.column(name)) for name in read.others.column_names]
    return facts | {
        "warnings": said + source.notes,
        "table": role.table({"characters": intake.characters}, others, roles, parts),
        "meaning": role.meaning(roles),
    }
