"""Register sensor series: order the readings, cut windows, find what they are asked for, split, describe, store."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from ...data import column_roles as role
from ...data import readers, sheet, split, storing
from ...data.conventions import left_out
from ...data.dataset import SPLITS
from ...data.readers import _series
from ...data.source import Source
from ...data.spec import Spec
from ...workspace.artefacts import Artefact, Artefacts
from ...workspace.layout import BadInput
from .._base import Progress
from ..table.reading import Read
from ..table.spool import Spool
from . import answers, borders, channels, clock, describe, near_units, windows
from .answers import Asked
from .clock import Clock, Grid
from .units import Units, units

NAMED = 20  # pairs of units that are nearly the same
OWN = {"split_column": None, "split_by": None, "split_time": None}  # these were settled before the windows were


def register(asked: Spec, artefacts: Artefacts, progress: Progress) -> tuple[dict[str, Any], list[Artefact]]:
    """As `backend.data.register.register`."""
    source = _source(asked)
    spool = Spool(source, artefacts.root, progress)
    try:
        with tempfile.TemporaryDirectory(dir=artefacts.root, prefix=".tmp-readings-") as folder:
            return _Registering(_as_declared(asked, source), source, spool, artefacts, progress, Path(folder)).made()
    finally:
        spool.close()


def _source(asked: Spec) -> _series.Readings:
    if asked.builtin is not None:
        return _series.builtin(asked)
    reader, path = readers.find(asked.path, "series")
    readers._check_told(reader, path, asked)
    return reader.read(path, asked)


def _as_declared(asked: Spec, source: _series.Readings) -> Spec:
    """The spec with what a built-in set says of its target, where nobody said otherwise."""
    if source.target in (None, asked.target) or asked.label not in (None, source.label):
        return asked
    further = {name: value for name, value in source.declared.items() if getattr(asked, name) is None}
    return asked.model_copy(update={"target": source.target, "unit": asked.unit or source.unit, **further})


class _Registering:
    """One data set on its way from rows to what is stored."""

    def __init__(self, asked: Spec, source: Any, spool: Spool, artefacts: Artefacts, progress: Progress, folder: Path):
        self.asked, self.source, self.artefacts, self.progress = asked, source, artefacts, progress
        self.folder, self.read = folder, Read(spool, asked)
        self.read.type_columns(progress)
        self.lost = channels.retyped(self.read)
        read = self.read
        self.label = None if asked.label is False else asked.label or read.label
        unit = asked.split_by or read.group
        self.units: Units = units(read, unit, source.by_file)
        if len(self.units.names) == 1 and asked.split_time is None and read.split is None:
            raise BadInput(
                f"{read.name}: expected several units, found one; say which column names them (--split-by), or split "
                "the readings in the order of time (--split-time)"
            )
        taken = (unit, self.label, asked.observed, read.split)
        when = asked.time_column or asked.split_time or source.time
        told_unit = asked.unit if self.label is None or asked.target == "event" else None
        found = clock.clock(read, when, told_unit, self.units.code, taken)
        order, rows, back = clock.ordered(self.units.code, found.times)
        self.clock: Clock = clock.in_unit(found, order, rows)
        self.grid: Grid = clock.gridded(self.units.code, self.clock, order, rows, asked.step, back)
        self.length = windows.length(self.grid, asked.window, source.whole)
        self.stride = windows.stride(self.grid, self.length, asked.stride)

    def made(self) -> tuple[dict[str, Any], list[Artefact]]:
        grid, read = self.grid, self.read
        cut = windows.cut(grid, self.length, self.stride)
        every = len(cut)
        given = borders.given(read, self.asked, grid, self.clock)
        if given:
            cut = cut[windows.undivided(cut, given.part)]
        answer = answers.asked(read, self.asked, self.label, grid, cut)
        if answer.life and self.clock.unit is None:
            self.clock = replace(self.clock, unit=self.asked.unit)
        if given and given.border:
            cut = cut[self._known_in_time(cut, answer, given)]
            answer = answers.asked(read, self.asked, self.label, grid, cut)
        chosen = channels.chosen(read, grid, self._taken(answer))
        frame = self._frame(cut, answer, chosen, given)
        source = self._as_source(frame, answer)
        roles = role.read(answer.spec.model_copy(update=OWN), source, len(cut), "window")
        roles |= {"unit": frame[describe.UNIT], "group": self.units.column or describe.UNIT}
        tick = lambda done, of: self.progress(done, of, "channels")  # noqa: E731
        held = channels.Readings(self.folder, read, grid, chosen.channels, tick)
        digests = held.digests(grid.begins)
        parts, made = self._parts(roles, cut, given, digests)
        role.check_parts(parts, roles, read.name, "window")
        told = held.described(borders.readings(parts, cut, len(grid.first), "train"))
        kept = [one for one in told if one["std"]]
        if not kept:
            raise BadInput(f"{read.name}: expected a channel that varies in the training readings, found none")
        self.progress(0, 1, "looking for duplicates")
        pairs, complete = near_units.near(held, told, grid, digests)
        same = describe.same_units(digests, self.units.names, cut[:, 2], parts)
        ended = answer.ended & (not self.asked.whole_lives)
        seen = windows.followed(cut, grid, self.asked.seed, self.length, ended)
        facts = storing.facts(source, roles, parts, made, [])
        facts["duplicates"] = {
            "exact_within": {}, "exact_across": same["across"], "near_complete": complete,
            "near_across": near_units.across(pairs, cut[:, 2], parts),
        }  # fmt: skip
        facts["series"] = {
            **describe.sampling(self.clock, grid, read.spool.count, [*self.units.said, *self.clock.said, *answer.said]),
            "units": {s: len(np.unique(cut[parts == s, 2])) for s in SPLITS},
            "window": self.length,
            "stride": self.stride,
            "pretraining": {"windows": int(seen[parts == "train"].sum()), "of": int((parts == "train").sum())},
            "channels": describe.of_channels(held, told, grid),
            "static": chosen.static,
            "left_out": describe.left_out(chosen, told),
            "same_units": same,
            "near_units": [[self.units.names[unit] for unit in pair] for pair in pairs[:NAMED].tolist()],
            "near": len(pairs),
            "short": int((grid.at[grid.begins[1:] - 1] < self.length - 1).sum()),
            "divided": every - len(cut),
            "leaks": describe.leaks(held, grid, cut, roles["numbers"], roles["codes"], self.asked.seed),
        }
        facts["left_out"] = left_out.facts(self.source.left_out)
        facts["warnings"] = [
            *sheet.warnings(facts, parts, roles["groups"], 0, "window", "readings"),
            *describe.warnings(facts["series"], answer.spec.label or self.label),
            *self.lost,
            *read.warnings(),
            *left_out.sentences(self.source.left_out),
            *self.source.notes,
        ]
        own = self._own(cut, seen)
        others = storing.as_table(frame[[name for name in frame if name not in (describe.UNIT, borders.SPLIT)]])
        table = storing.table(own, others, roles, parts)
        return self._stored(held, kept, chosen, cut, table, roles, facts)

    def _taken(self, answer: Asked) -> tuple[str | None, ...]:
        """Columns that say what a row is, and so are no channels."""
        asked, sensitive = self.asked, [one.column for one in self.asked.sensitive]
        sensitive = sensitive or [one["column"] for one in self.read.sensitive]
        return (
            self.units.column,
            self.clock.column,
            self.read.split,
            asked.split_column or None,
            *answer.taken,
            *sensitive,
        )

    def _frame(self, cut: np.ndarray, answer: Asked, chosen: Any, given: Any) -> pd.DataFrame:
        """What is known of each window, as the roles of columns see it."""
        ends = self.grid.last_row[cut[:, 1] - 1]
        made: dict[str, Any] = {describe.UNIT: np.array(self.units.names, dtype=object)[cut[:, 2]]}
        made |= {name: values.to_numpy() for name, values in answer.columns.items()}
        sensitive = [one.column for one in self.asked.sensitive] or [one["column"] for one in self.read.sensitive]
        for name in dict.fromkeys([*sensitive, *chosen.static]):
            if name not in made:
                made[name] = answers.at(self.read, name, ends, "column").to_numpy()
        if given:
            made[borders.SPLIT] = np.array(borders.NAMES, dtype=object)[given.part[cut[:, 1] - 1]]
        return pd.DataFrame(made)

    def _known_in_time(self, cut: np.ndarray, answer: Asked, given: borders.Given) -> np.ndarray:
        """bool N: windows whose target was known before the border of their split."""
        ends, asked = cut[:, 1] - 1, self.asked
        reach = np.full(len(cut), asked.horizon or asked.ahead or 0.0)
        if answer.life and asked.target == "number":
            reach = answer.columns[answer.spec.label].to_numpy(dtype=np.float64)
        return borders.inside(given, self.grid.time[ends], given.part[ends], reach)

    def _as_source(self, frame: pd.DataFrame, answer: Asked) -> Source:
        read = self.read
        return Source(
            kind=read.kind, name=read.name, bytes=read.bytes, sha256=read.sha256, frame=frame, images=np.empty(0),
            label=None if self.label is None else answer.spec.label or self.label, sensitive=read.sensitive,
            split=borders.SPLIT if borders.SPLIT in frame else None, classes=read.classes, words_only=read.words_only,
            reasons=read.reasons, how=list(read.how), notes=(), group=None,
        )  # fmt: skip

    def _parts(
        self, roles: dict[str, Any], cut: np.ndarray, given: borders.Given | None, digests: np.ndarray
    ) -> tuple[np.ndarray, list[str]]:
        """The split of each window, and the splits that were made here. Units with the same readings stay together.

        A unit passes through all numbers of its life: they make no strata."""
        if given and given.border:
            return roles["split"], ["train", "val", "test"]
        kinds = roles["strata"] if roles["numbers"] is None else np.zeros(len(cut), dtype=np.int64)
        return split.complete(roles["split"], kinds, [cut[:, 2], digests[cut[:, 2]]], self.asked.seed)

    def _own(self, cut: np.ndarray, seen: np.ndarray) -> dict[str, np.ndarray]:
        """Columns of the table that other kinds of data do not have."""
        grid, end = self.grid, self.grid.time[cut[:, 1] - 1]
        return {
            "window_age": end - grid.time[grid.begins[:-1]][cut[:, 2]],
            "window_time": end,
            "window_last": cut[:, 1] == grid.begins[1:][cut[:, 2]],
            "pretraining": seen,
        }

    def _stored(
        self,
        held: channels.Readings,
        kept: list[dict[str, Any]],
        chosen: channels.Chosen,
        cut: np.ndarray,
        table: pa.Table,
        roles: dict[str, Any],
        facts: dict[str, Any],
    ) -> tuple[dict[str, Any], list[Artefact]]:
        grid, put = self.grid, self.artefacts
        shape = (len(grid.first), len(kept))
        told = {
            "channels": kept,
            "left_out": facts["series"]["left_out"],
            "window": self.length,
            "stride": self.stride,
            "step": grid.step,
            "time": {"column": self.clock.column, "kind": self.clock.kind, "unit": self.clock.unit},
            "static": chosen.static,
            "unit": self.units.column,
            "units": self.units.names,
            "how": {one.name: one.how for one in self.read.columns if one.how},
        }
        stored = [
            put.put_rows("readings", "readings", np.float32, shape, held.blocks(kept)),
            put.put_arrays("places", {"places": grid.at}),
            put.put_arrays("windows", {"windows": cut}),
            put.put_json("series", told),
            put.put_table("table", table),
        ]
        names = ("readings", "places", "windows")
        core = {
            "kind": "series",
            **{name: {"sha256": one.sha256, "key": name} for name, one in zip(names, stored, strict=False)},
            "series": {"sha256": stored[3].sha256},
            "table": {"sha256": stored[4].sha256},
            "count": len(cut),
            "channels": len(kept),
            "length": self.length,
            "units": len(self.units.names),
            **role.meaning(roles),
        }
        return storing.seal(self.asked.name, core, facts, stored, put)
