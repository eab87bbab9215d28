"""docs/formats.md says what the code does."""

from __future__ import annotations

import io
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from backend.data.conventions import folders, names, side_table, splits
from backend.data.pixels import kinds, scale
from backend.data.readers import _arrays, _described, _tables

PAGE = (Path(__file__).parents[2] / "docs" / "formats.md").read_text()


def section(title: str) -> str:
    return PAGE.split(f"### {title}\n", 1)[1].split("\n### ", 1)[0].split("\n## ", 1)[0]


def rows(title: str) -> list[list[str]]:
    """The cells of the tables of a section, without their heads."""
    lines = [line for line in section(title).splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    ruled = {i for i, row in enumerate(cells) if set("".join(row)) <= set("- ")}
    return [row for i, row in enumerate(cells) if i not in ruled and i + 1 not in ruled]


def test_the_formats_and_endings_that_are_read():
    told = section("Which files are images")
    assert tuple(re.search(r"\n\n    (\..+)\n", told)[1].split()) == kinds.SUFFIXES
    for kind in kinds.FORMATS:
        assert kind in told
        out = io.BytesIO()
        Image.new("RGB", (9, 9)).save(out, kind)
        assert kinds.picture(out.getvalue()) == kind


def test_the_endings_of_tables():
    told = next(row[0] for row in rows("Where they may lie") if ".csv" in row[0])
    assert set(re.findall(r"\.\w+", told)) == set(_tables.SUFFIXES)


def test_what_the_system_keeps_is_hidden():
    told = next(row[0] for row in rows("Which files are images") if ".DS_Store" in row[0])
    listed = [name.replace("\\r", "\r") for name in re.findall("`(.+?)`", told)]
    assert set(names.CLUTTER) <= set(listed)
    assert all(map(names.hidden, listed))


@pytest.mark.parametrize("row", rows("What folders say"), ids=lambda row: row[0])
def test_what_folders_say(row):
    """Each example, beside what it needs to be one."""
    for example in re.findall(r"`(\S+\.png)`", row[0]):
        if example == "figures/2.png":
            continue
        files = [example]
        if "nothing beside it" not in row[0]:
            files += [example.replace("cat", "dog"), example.replace("train", "test")]
        if "beside `train/`" in row[0]:
            files += ["train/cat/3.png", "train/dog/4.png", "test/cat/5.png"]
        if "figures" in row[0]:
            files += ["figures/2.png", "set/test/dog/3.png"]
        found = folders.read(sorted(set(files)), "set", "image")
        at = found.frame["path"].tolist().index(example)
        label = found.frame.get("label", {at: None})[at]
        assert (label if isinstance(label, str) else "none") == re.split("[:;]", row[1])[0]
        split = splits.named(found.frame["split"][at]) if found.split else "made here"
        assert {"unlabelled": "train"}.get(split, split) == row[2].split(";")[0]


def test_what_splits_are_called():
    told = re.search(r"Splits are called (.+?)\. Where", section("What folders say"), re.DOTALL)[1]
    listed = [w.strip() for part in told.split(";")[:4] for w in part.replace("\n", " ").split(",")]
    assert [w for w in listed if w] == [word for words in splits.WORDS.values() for word in words]
    for example in re.findall("`(.+?)`", told):
        assert splits.named(example)


def test_the_columns_that_name_images():
    told = section("Tables beside the images")
    listed = re.search(r"a column called (.+?),? or by any", told, re.DOTALL)[1].replace("\n", " ")
    assert re.split(r", | or ", listed) == [*side_table.KEYS, *_described.NAMING]


NUMBERS = {
    "whole numbers 0 to 255": np.arange(256),
    "floats from 0 to 1": np.append(np.linspace(0, 1, 999), 1.03),
    "floats from 0 to 255": np.linspace(0, 255, 999),
    "floats from -1 to 1": np.linspace(-1, 1, 999),
    "whole numbers up to 4095": np.arange(0, 4000, dtype=np.uint16),
    "whole numbers up to 65535": np.arange(0, 65535, 7, dtype=np.uint16),
    "masks of 0 and 1": np.arange(200, dtype=np.uint8) % 2,
    "masks of 0 to 3": np.arange(200) % 4,
    "signed bytes": np.arange(-128, 127).astype(np.int8),
    "anything else": np.linspace(-1000, 2000, 999),
}


@pytest.mark.parametrize("row", rows("From numbers to bytes")[:10], ids=lambda row: row[0])
def test_black_and_white(row):
    numbers = next(values for name, values in NUMBERS.items() if row[0].startswith(name))
    seen = scale.Seen()
    seen.add(numbers)
    found = scale.decide([("", seen)], "set")
    ends = {"the darkest": numbers.min(), "the brightest": numbers.max()}
    assert (found.low, found.high) == tuple(ends.get(cell, cell) if cell in ends else float(cell) for cell in row[1:])


def test_the_arrays_of_an_npz():
    told = [row[0] for row in rows(".npz")]
    for cell, known in zip(told, (_arrays.IMAGES, _arrays.LABELS, _arrays.CLASSES), strict=False):
        assert tuple(re.split(r", | \(", cell)[: len(known)]) == known
