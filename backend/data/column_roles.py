"""What the columns of any source mean: label, groups, units, given splits. The same for every kind of data."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pandas as pd

from .. import targets
from ..targets._answer import Answer
from ..workspace.layout import BadInput
from . import columns
from .conventions import chosen, missing
from .conventions.written import text, twins, without_zeros
from .dataset import SPLITS
from .source import Columns
from .spec import Sensitive, Spec

MIN_EXAMPLES = 8
# Names of columns in our own tables and on the maps: as a sensitive attribute they would stand in their place
RESERVED = ("row", "split", "label", "group", "characters", "predicted", "outcome", "confidence", "kept")


def read(asked: Spec, source: Columns, count: int, noun: str) -> dict[str, Any]:
    """Codes, classes, groups, units and the given split of `count` rows; `noun`: what a row is. Raises BadInput."""
    where = source.name
    if count < MIN_EXAMPLES:
        raise BadInput(f"{where}: expected at least {MIN_EXAMPLES} {noun}s, found {count}")
    written = _Written(asked, source)
    label, given = _declared(asked.label, source.label), _declared(asked.split_column, source.split)
    split, unlabelled = _split(asked, source, given)
    answer = _answer(written, label, split, unlabelled, count)
    unit = asked.split_by or source.group
    sensitive = asked.sensitive or [Sensitive(**s) for s in source.sensitive]
    if label in [s.column for s in sensitive]:
        raise BadInput(f"sensitive: expected other columns than the label, found {label!r}")
    taken = RESERVED if answer.told is None else (*RESERVED, "target")
    if reserved := [s.column for s in sensitive if s.column in taken]:
        raise BadInput(
            f"sensitive {reserved[0]!r} of {where}: expected a name that the workbench does not use for columns of its "
            f"own ({', '.join(taken)}); rename the column"
        )
    named = {label if answer.classes else None, *(s.column for s in sensitive if not s.cuts)}
    if stray := [column for column in asked.value_names if column not in named]:
        raise BadInput(
            f"value_names of {where}: expected the label or a sensitive column whose values are groups, found "
            f"{stray[0]!r}"
        )
    cut = {s.column: _groups(written, s) for s in sensitive}
    return {
        "label": label if answer.classes else None,
        "codes": answer.codes,
        "classes": answer.classes,
        "positive": answer.positive,
        "target": answer.told and {"type": asked.target, "column": label, **answer.told},
        "numbers": answer.numbers,
        "strata": answer.strata,
        "conflicting": answer.conflicting,
        "group": unit,
        "unit": None if unit is None else columns.units(written.known(unit, "split_by")),
        "given": given,
        "split": split,
        "groups": {name: column for name, (column, _) in cut.items()},
        "orders": {name: order for name, (_, order) in cut.items()},
        "banded": [s.column for s in sensitive if s.cuts],
        "chosen": _reasons(asked, source, label, given),
        "alike": written.alike(),
        "called": asked.value_names,
        "missing_words": _missing_words(asked, source),
        "missing_said": asked.missing,
    }


class _Written:
    """The columns that have a role, by what is written in them."""

    def __init__(self, asked: Spec, source: Columns):
        self.asked, self.source = asked, source
        self._known: dict[str, pd.Series] = {}

    def known(self, name: str, what: str) -> pd.Series:
        """A column's values as they are written, None where they are missing. Raises BadInput."""
        if name not in self._known:
            values = self.source.column(name, what)
            where = f"{what} {name!r} of {self.source.name}"
            columns.check_finite(values, where)
            words = name in self.source.words_only
            known = missing.settled(text(values), self.asked.missing, words, where)
            self._known[name] = without_zeros(known, self.source.files()) if words else known
        return self._known[name]

    def alike(self) -> dict[str, list[list[str]]]:
        """{column: values that differ in case or in how a number is written alone}"""
        found = {name: twins(sorted(known.dropna().unique())) for name, known in self._known.items()}
        return {name: groups for name, groups in found.items() if groups}


def _declared(asked: str | Literal[False] | None, declared: str | None) -> str | None:
    """The column that was asked for, none where it was declined, else the source's own."""
    return None if asked is False else asked or declared


def _split(asked: Spec, source: Columns, given: str | None) -> tuple[np.ndarray | None, np.ndarray | None]:
    if given is None:
        return None, None
    try:
        return columns.splits(source.column(given, "split_column"), f"split {given!r}", source.where)
    except BadInput as error:
        raise _declinable(error, asked.split_column, "split", "--split-column none") from None


def _answer(
    written: _Written, label: str | None, split: np.ndarray | None, without: np.ndarray | None, count: int
) -> Answer:
    """What the label is, row by row. without: rows that have none."""
    asked, source = written.asked, written.source
    if asked.target != targets.CLASS:
        return _other(written, label, without)
    if label is None and asked.positive:
        raise BadInput(
            f"positive: expected a label to cut in two, found none in {source.name}; choose the label column"
        )
    if label is None:
        return Answer(np.full(count, -1, dtype=np.int64), [], None)
    where = f"label {label!r} of {source.name}"
    try:
        known = written.known(label, "label")
        known = known if without is None else known.mask(without, None)
        known = missing.unlabelled(known, split, asked.missing, where)
        order = source.classes if label == source.label else ()
        codes, classes, positive = columns.labels(known, order, asked.positive, asked.positive_name, where)
        classes = columns.called(classes, asked.value_names.get(label, {}), where)
        positive = None if positive is None else classes[1]
        if (usable := int((codes >= 0).sum())) < MIN_EXAMPLES:
            raise BadInput(f"{where}: expected at least {MIN_EXAMPLES} labels, found {usable}")
    except BadInput as error:
        raise _declinable(error, asked.label, "label", "--label none") from None
    return Answer(codes, classes, positive)


def _other(written: _Written, label: str | None, without: np.ndarray | None) -> Answer:
    """A target that is no class. Raises BadInput."""
    asked, source = written.asked, written.source
    if label is None:
        raise BadInput(f"label: expected the column of target {asked.target} of {source.name}, found none; choose it")
    where = f"label {label!r} of {source.name}"

    def column(name: str, what: str) -> pd.Series:
        values = source.column(name, what)
        values = values.mask(text(values).isin(asked.missing).to_numpy(), None) if asked.missing else values
        return values if without is None else values.mask(without, None)

    answer = targets.target(asked.target).read(column, label, where, asked)
    known = np.isfinite(answer.numbers) if answer.codes.max(initial=-1) < 0 else answer.codes >= 0
    if known.sum() < MIN_EXAMPLES:
        raise BadInput(f"{where}: expected at least {MIN_EXAMPLES} rows with a {asked.target}, found {known.sum()}")
    return answer


def _groups(written: _Written, attribute: Sensitive) -> tuple[pd.Series, list[str]]:
    where = f"sensitive {attribute.column!r} of {written.source.name}"
    if not attribute.cuts:
        found, order = columns.groups(written.known(attribute.column, "sensitive"), [], where)
        told = columns.called(order, written.asked.value_names.get(attribute.column, {}), where)
        return found.map(dict(zip(order, told, strict=True))), told
    values = written.source.column(attribute.column, "sensitive")
    if said := written.asked.missing:
        values = values.mask(text(values).isin(said).to_numpy(), None)
    return columns.groups(values, attribute.cuts, where)


def _declinable(error: BadInput, asked: Any, role: str, shell: str) -> BadInput:
    """The same line, and where the column was not asked for, how to go without it."""
    hint = f"; to go without a {role} choose (none), in the shell {shell}"
    return error if asked or "--missing" in str(error) else BadInput(str(error) + hint)


def _missing_words(asked: Spec, source: Columns) -> dict[str, Any] | None:
    """The words that stand for a missing value and whether a person said them, None where there can be none."""
    if asked.missing is None and not source.words_only:
        return None
    return {"words": list(missing.WORDS if asked.missing is None else asked.missing), "said": asked.missing is not None}


def _reasons(asked: Spec, source: Columns, label: str | None, given: str | None) -> dict[str, Any]:
    """{role: {"column", "why"}} of label and split."""
    return {
        "label": {"column": label, "why": _why("label", asked.label, source.label, source)},
        "split": {"column": given, "why": _why("split", asked.split_column, source.split, source)},
    }


def _why(role: str, asked: str | Literal[False] | None, declared: str | None, source: Columns) -> str:
    if asked:
        return chosen.ASKED
    if declared is None:
        return f"no column is called {role}"
    return chosen.DECLINED if asked is False else source.reasons.get(role, chosen.NAMED)


def check_parts(parts: np.ndarray, roles: dict[str, Any], where: str, noun: str) -> None:
    """Raises BadInput for a split without rows and for a train split of one class or number."""
    codes, what = roles["conflicting"], "classes" if roles["numbers"] is None else "different numbers"
    for name in SPLITS:
        if not (parts == name).any():
            unit, group = roles["unit"], roles["group"]
            few = "" if unit is None else f"; {group} has {unit.nunique()} values, each of which stays in one split"
            raise BadInput(f"{where}: expected {noun}s in train, val and test, found none for {name}{few}")
    if (codes >= 0).any() and len(np.unique(codes[(parts == "train") & (codes >= 0)])) < 2:
        raise BadInput(f"{where}: expected at least two {what} in train, found fewer")


def meaning(roles: dict[str, Any]) -> dict[str, Any]:
    """What the manifest says of the columns."""
    known = {name: roles[name] for name in ("label", "classes", "positive", "group")}
    told = {"target": roles["target"]} if roles["target"] else {}  # digests of data sets with classes stay as they are
    return known | {"sensitive": list(roles["groups"])} | told
