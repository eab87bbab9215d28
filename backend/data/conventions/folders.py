"""What a tree of folders says of the files in it: a split (train/cat/1.png, cat/train/1.png), a class, or neither.

Split folders may lie at any depth. What stands beside them is no part of the data set, and no class: it is left out and
said. A folder `unlabeled` holds rows of train without a label. A folder around everything is no class.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pandas as pd

from ...workspace.layout import BadInput
from . import names, splits
from .left_out import LeftOut

# A single folder of such a name below a split, or around everything, is a container and no class
PLAIN = ("images", "image", "imgs", "img", "pictures", "pics", "photos", "jpegimages", "texts", "text", "files", "data")

ALL_IMAGES = ("images", "image", "imgs", "img", "jpegimages")  # beside `masks` it is no class either

Parts = tuple[str, ...]


@dataclass(frozen=True)
class Tree:
    """`rows`: which of the names are rows, in their order; `frame`: their `path`, and `split` and `label` where folders
    tell them; `single`: the one folder around all files that could have been a class."""

    rows: list[int]
    frame: pd.DataFrame
    left_out: list[LeftOut] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    single: str | None = None

    @property
    def label(self) -> str | None:
        return "label" if "label" in self.frame else None

    @property
    def split(self) -> str | None:
        return "split" if "split" in self.frame else None


@dataclass
class _Placed:
    """One file: its split folder, the split, and the folders between that and the file."""

    folder: str | None
    split: str | None
    inside: Parts


def read(files: Sequence[str], where: str, noun: str) -> Tree:
    """The tree of these relative names (with "/"). Raises BadInput for one that can be read in two ways."""
    paths = [tuple(name.split("/")) for name in files]
    around = _around(paths)
    root, first = _splits_at([p[len(around) :] for p in paths], where, around)
    if root is None:
        return _classes(files, paths, around, where, noun)
    root = (*around, *root)
    placed = [_place(path, root, first) for path in paths]
    rows = [i for i, place in enumerate(placed) if place is not None]
    found = [place for place in placed if place is not None]
    frame = pd.DataFrame({"path": [files[i] for i in rows]})
    frame["split"] = [place.folder for place in found]
    labels, below, notes = _labels(found, [files[i] for i in rows], where, noun)
    if any(label is not None for label in labels):
        frame["label"] = labels
        notes += _with_subfolders(frame, below)
    beside = LeftOut(
        [name for name, place in zip(files, placed, strict=True) if place is None],
        f"{noun} beside the split folders was left out", f"{noun}s beside the split folders were left out",
    )  # fmt: skip
    return Tree(rows, frame, [beside], notes)


def _around(paths: Sequence[Parts]) -> Parts:
    """The folders around everything, but those that are called like a split."""
    around: list[str] = []
    for level in zip(*(path[:-1] for path in paths), strict=False):
        if len(set(level)) > 1 or splits.named(level[0]):
            break
        around.append(level[0])
    return tuple(around)


def _splits_at(paths: Sequence[Parts], where: str, around: Parts) -> tuple[Parts | None, bool]:
    """(the folder that split folders lie in, whether they lie in the class folders below it); (None, False) for none.

    A folder holds the splits when two of its folders are called like different ones.
    """
    kinds: dict[Parts, set[str]] = {}
    for path in paths:
        for depth in range(len(path) - 1):
            if split := splits.named(path[depth]):
                kinds.setdefault(path[:depth], set()).add(split)
    several = [folder for folder, found in kinds.items() if len(found) > 1]
    if not several:
        return _one_kind(paths, kinds, where, around)
    least = min(map(len, several))
    parents = {folder[:-1] for folder in several if len(folder) == least}
    top = sorted(folder for folder in kinds if len(folder) == least and folder[:-1] in parents)
    if len(top) == 1:
        return top[0], False
    _check_class_first(paths, top, where, around)
    return top[0][:-1], True


def _one_kind(
    paths: Sequence[Parts], kinds: dict[Parts, set[str]], where: str, around: Parts
) -> tuple[Parts | None, bool]:
    """As `_splits_at`, where no folder holds two splits: all is one split, or classes are called so."""
    here = kinds.get((), set())
    mine = {path[0] for path in paths if len(path) > 1 and splits.named(path[0])}
    others = {path[0] for path in paths if len(path) > 1} - mine
    deep = {path[0] for path in paths if len(path) > 2}
    if here and not others:
        return (), False
    if here and mine <= deep and not deep & others:  # train/cat/1.png beside figures/1.png
        return (), False
    children = [{path[1] for path in paths if len(path) > 2 and path[0] in tops} for tops in (mine, others)]
    if (here & {"val", "test"} and (len(others) > 1 or mine & deep)) or (here and children[0] & children[1]):
        raise _either(min(mine), min(others), where, around)
    below = [folder for folder, found in kinds.items() if folder and found & {"val", "test"}]
    if below:
        split = next(
            p[len(below[0])] for p in paths if p[: len(below[0])] == below[0] and splits.named(p[len(below[0])])
        )
        raise _either("/".join((*below[0], split)), "no other split", where, around)
    return None, False


def _either(split: str, other: str, where: str, around: Parts) -> BadInput:
    folder = "/".join((*around, split))
    return BadInput(
        f"{where}: expected folders of splits (train, val, test) or of classes, found {folder}/ beside {other}: "
        "rename it if it is a class, put the others below train/ if it is a split"[:300]
    )


def _check_class_first(paths: Sequence[Parts], top: Sequence[Parts], where: str, around: Parts) -> None:
    """Raises BadInput unless these folders are classes that hold their own splits: cat/train/1.png, dog/test/2.png."""
    parent, depth = top[0][:-1], len(top[0])
    inside = [path for path in paths if path[: depth - 1] == parent and len(path) >= depth]
    known = set(top)
    stray = next(
        (p for p in inside if len(p) <= depth + 1 or p[:depth] not in known or not splits.named(p[depth])), None
    )
    if any(folder[:-1] != parent for folder in top) or (stray is None and any(len(p) > depth + 2 for p in inside)):
        shown = " and ".join("/".join((*around, *folder)) for folder in top[:2])
        raise BadInput(f"{where}: expected one data set, found split folders in {shown}; give one of them")
    if stray is not None:
        found = "/".join((*around, *stray))[-120:]
        raise BadInput(f"{where}: expected split folders in every class folder, found {found!r} in none")


def _place(path: Parts, root: Parts, class_first: bool) -> _Placed | None:
    """Of a file below the folder of the splits; None of what stands beside them."""
    rest = path[len(root) :]
    if path[: len(root)] != root or len(rest) < (3 if class_first else 2):
        return None
    folder, inside = (rest[1], rest[:1]) if class_first else (rest[0], rest[1:-1])
    split = splits.named(folder)
    return None if split is None else _Placed(folder, split, inside)


def _labels(
    found: list[_Placed], files: Sequence[str], where: str, noun: str
) -> tuple[list[str | None], list[str | None], list[str]]:
    """(the class of each file or None, the folders below it, what to say of both). Below `unlabeled` are no classes."""
    told: dict[str, list[int]] = {}
    for i, place in enumerate(found):
        told.setdefault(place.split, []).append(i)
    labels: list[str | None] = [None] * len(found)
    below: list[str | None] = [None] * len(found)
    notes = []
    for split, those in told.items():
        skipped = _containers([found[i].inside for i in those])
        inside = {i: found[i].inside[skipped:] for i in those}
        if split != splits.UNLABELLED:
            for i, label in _of_one_split(inside, files, where, noun).items():
                labels[i], below[i] = label, "/".join(inside[i][1:]) or None
    known = {split: {labels[i] for i in those} - {None} for split, those in told.items()}
    for split, classes in known.items():
        strange = split in ("val", "test") and len(classes) == 1 and not classes <= known.get("train", classes)
        if strange and len(known["train"]) > 1:
            notes.append(f"The folder {min(classes)} of {split} is no class of train: its {noun}s have no label.")
            for i in told[split]:
                labels[i] = None
        elif not classes and split != splits.UNLABELLED and any(known.values()):
            notes.append(f"{split} has no class folders: its {noun}s have no label.")
    return labels, below, notes


def _containers(all_inside: Sequence[Parts]) -> int:
    """How many folders below a split are called like `images` and lie around all that is in it."""
    count = 0
    for level in zip(*all_inside, strict=False):
        if len(set(level)) > 1 or level[0].casefold() not in PLAIN:
            break
        count += 1
    return count


def _of_one_split(inside: dict[int, Parts], files: Sequence[str], where: str, noun: str) -> dict[int, str | None]:
    """{file: its class}: all lie in class folders or none."""
    stray = next((i for i, parts in inside.items() if not parts), None)
    if stray is not None and any(inside.values()):
        raise BadInput(f"{where}: expected every {noun} in a class folder, found {files[stray]!r} beside them")
    told = {i: _class(parts) for i, parts in inside.items()}
    found = sorted(set(told.values()) - {None})
    if all_of_them := next((name for name in found if len(found) > 1 and name.casefold() in ALL_IMAGES), None):
        other = next(name for name in found if name != all_of_them)
        raise BadInput(
            f"{where}: expected class folders, found {all_of_them}/ beside {other}/: a folder of that name holds the "
            f"{noun}s of all classes; give it alone, or rename it if it is a class"
        )
    return told


def _class(parts: Parts) -> str | None:
    """The class that folders name; none is called `unlabeled` (train/unsup of the IMDB reviews)."""
    return names.same(parts[0]) if parts and splits.named(parts[0]) != splits.UNLABELLED else None


def _classes(files: Sequence[str], paths: Sequence[Parts], around: Parts, where: str, noun: str) -> Tree:
    """Without splits: the folders below what lies around everything are classes."""
    inside = [path[len(around) : -1] for path in paths]
    copies = _copies(inside)
    rows = [i for i, parts in enumerate(inside) if not parts or parts[0] not in copies]
    unlabelled = {i for i in rows if inside[i] and splits.named(inside[i][0]) == splits.UNLABELLED}
    told = _of_one_split({i: inside[i] for i in rows if i not in unlabelled}, files, where, noun)
    frame = pd.DataFrame({"path": [files[i] for i in rows]})
    notes: list[str] = []
    if any(told.values()):
        frame["label"] = [told.get(i) for i in rows]
        notes = _with_subfolders(frame, [None if i in unlabelled else "/".join(inside[i][1:]) or None for i in rows])
    single = around[-1] if around and not any(inside) and around[-1].casefold() not in PLAIN else None
    what = f"in a folder that repeats the class folders ({', '.join(sorted(copies))})"
    left_out = LeftOut(
        [name for name, parts in zip(files, inside, strict=True) if parts and parts[0] in copies],
        f"{noun} {what} was left out", f"{noun}s {what} were left out",
    )  # fmt: skip
    return Tree(rows, frame, [left_out], notes, single)


def _copies(inside: Sequence[Parts]) -> set[str]:
    """The folders beside class folders that hold nothing but folders of the same names: a copy of the whole."""
    children: dict[str, set[str | None]] = {}
    for parts in inside:
        if parts:
            children.setdefault(parts[0], set()).add(parts[1] if len(parts) > 1 else None)
    return {
        top
        for top, found in children.items()
        if len(found) > 1 and found <= {other for other, those in children.items() if other != top and None in those}
    }


def _with_subfolders(frame: pd.DataFrame, below: list[str | None]) -> list[str]:
    """Adds the folders below the class folders as a column; where all hold the same ones, it is said."""
    if not any(below):
        return []
    frame["subfolder"] = below
    held = {label: set(those.dropna()) for label, those in frame.groupby("label")["subfolder"]}
    common = set.intersection(*held.values()) if len(held) > 1 else set()
    if len(common) < 2 or any(frame["subfolder"][frame["label"].notna()].isna()):
        return []
    shown, classes = (", ".join(sorted(those)[:3]) for those in (common, held))
    return [
        f"Every class folder ({classes}) holds folders of the same names ({shown}): they are the column subfolder; "
        "choose it as the label if those are the classes."
    ]
