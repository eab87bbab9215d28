"""Register texts in constant memory: one pass reads, checks, measures and stores; only numbers stay."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from ...data import column_roles as role
from ...data import duplicates, readers, sheet, split, storing
from ...data.conventions import left_out
from ...data.conventions.joining import check_plain
from ...data.conventions.schema import frame
from ...data.decode_images import Progress
from ...data.source import TextSource, no_column
from ...data.spec import Spec
from ...data.storing import missing_in
from ...workspace.artefacts import Artefact, Artefacts
from . import describe, near_texts
from .ingest import SCHEMA, Intake, not_utf8


@dataclass(frozen=True)
class Read:
    """A source that was read to its end, as the roles of columns and the sheet see it (`source.Columns`)."""

    source: TextSource
    intake: Intake
    group: None = None
    sensitive: tuple = ()

    kind = property(lambda self: self.source.kind)
    name = property(lambda self: self.source.name)
    bytes = property(lambda self: self.source.bytes)
    sha256 = property(lambda self: self.source.sha256)
    classes = property(lambda self: self.source.classes)
    words_only = property(lambda self: self.source.words_only)
    reasons = property(lambda self: self.source.reasons)
    how = property(lambda self: self.source.how)
    label = property(lambda self: self._declared("label"))
    split = property(lambda self: self._declared("split"))

    @cached_property
    def _rows(self) -> np.ndarray:
        return self.intake.rows()

    def _declared(self, role: str) -> str | None:
        """The column that the source declares, else the one of that name: of JSON it may appear in the last row."""
        named = role if role in self.intake.others.column_names else None
        return getattr(self.source, role) or named

    def column(self, name: str, what: str) -> pd.Series:
        others = self.intake.others
        if name not in others.column_names:
            raise no_column(name, what, self.name, others.column_names)
        check_plain(others.schema.field(name), f"{what}: column {name!r} of {self.name}")
        try:
            others.column(name).validate(full=True)  # pandas would decode it later, value by value
        except pa.ArrowInvalid:
            raise not_utf8(self.name, name) from None
        return frame(others.select([name]))[name]

    def missing(self) -> dict[str, int]:
        others = self.intake.others
        return {name: missing_in(others.column(name), name in self.words_only) for name in others.column_names}

    def where(self, row: int) -> str:
        return self.intake.places.where(int(self._rows[row]))

    def files(self) -> np.ndarray:
        return self.intake.places.files(self._rows)


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
    return storing.seal(asked.name, core, described, [texts, table], artefacts)


def _describe(asked: Spec, source: TextSource, intake: Intake, progress: Progress) -> dict[str, Any]:
    """The sheet's entries, and under `table` and `meaning` what is stored beside it. Raises BadInput."""
    intake.finish()
    read = Read(source, intake)
    roles = role.read(asked, read, intake.count, "text")
    progress(0, 1, "looking for duplicates")
    belongs = [intake.digests] if roles["unit"] is None else [intake.digests, roles["unit"].to_numpy()]
    if split.to_make(roles["split"]):
        alike = near_texts.units(intake.signed, intake.digests)
        belongs += [] if alike is None else [alike]
    parts, made = split.complete(roles["split"], roles["strata"], belongs, asked.seed)
    role.check_parts(parts, roles, source.name, "text")
    codes, classes = roles["codes"], roles["classes"]
    others, comma = storing.others(intake.others, roles, read.words_only)
    facts = storing.facts(read, roles, parts, made, comma) | describe.facts(intake, parts, codes, classes)
    facts["label"]["text"] = source.text
    facts["chosen"] = {"text": {"column": source.text, "why": source.reasons.get("text")}, **facts["chosen"]}
    same = duplicates.conflicts(intake.digests, roles["conflicting"])
    said = sheet.warnings(facts, parts, roles["groups"], same, "text", "words") + describe.warnings(facts)
    return facts | {
        "left_out": left_out.facts(source.left_out),
        "warnings": said + left_out.sentences(source.left_out) + source.notes,
        "table": storing.table({"characters": intake.characters}, others, roles, parts),
        "meaning": role.meaning(roles),
    }
