"""Inputs that were read wrongly once, made by the generators of shared/faults: each is right, or one true line.

A case names its generator's number, the path below what it makes, the spec, and what is read back: rows of each class
(None: without a label), rows of given splits, groups; or words of the line that refuses it. Pixels are checked below.
"""

from __future__ import annotations

import os
import runpy
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backend.data.dataset import Dataset
from backend.data.register import register
from backend.workspace.artefacts import Artefacts
from backend.workspace.layout import BadInput

FAULTS = Path(os.environ.get("WORKBENCH_FAULTS", Path(__file__).parents[3] / "shared" / "faults"))
TEXT = {"kind": "text"}
BY = {"split_by": "patient"}
CAT_DOG = {"cat": 12, "dog": 12}
TWO = {"0": 24, "1": 24}
AGE = {"sensitive": [{"column": "age", "cuts": [40]}]}
DRINKS = {"café": 24, "thé": 24}


def right(number: str, path: str, labels: dict[Any, int], spec: Any = None, **more: Any) -> Any:
    """more: splits {name: rows}, groups, said (words of a warning), texts (the first ones)."""
    return pytest.param(number, path, spec or {}, labels, more, id=f"{number}-{path or 'all'}")


def no(number: str, path: str, *words: str, spec: Any = None) -> Any:
    return pytest.param(number, path, spec or {}, words, {}, id=f"{number}-{path or 'all'}-refused")


CASES = [
    right(
        "01", "a", {"cat": 18, "dog": 18}, splits={"test": 12}, said="2 images beside the split folders were left out"
    ),
    right("01", "b", {"cat": 18, "dog": 18}, splits={"test": 12}),
    right("01", "c", {"cat": 18, "dog": 18, None: 8}, splits={"test": 12}, said="8 images without a label"),
    right("01", "d", {"cat": 22, "dog": 22}, splits={"test": 12, "train": 24, "val": 8}, said="44 images beside"),
    no("02", "set", "set/bird", "a link that leads nowhere"),
    right("02", "inside", {"cat": 12, "dog": 12, "bird": 12}),
    *(right("03", one, CAT_DOG) for one in "abcd"),
    right("04", "img", CAT_DOG),
    right("04", "txt", CAT_DOG, TEXT, texts=["This is a short note on a cat, number 0, written by hand."]),
    *(right("05", one, CAT_DOG, said="4,095 white (12 bits), the same for every split") for one in "abcd"),
    *(right("06", one, {"circle": 12, "square": 12}, said="shown on white") for one in "abcef"),
    right("06", "d", {"circle": 12, "square": 12}, said="shown on black"),
    *(right("08", one, {"x": 12, "y": 12}) for one in ("jpg", "png", "webp", "tif")),
    right("10", "", {"cat": 12, "dog": 12, "bird": 12}),
    *(right("11", f"{one}.npz", TWO, said="lay outside 0 to 1") for one in "abc"),
    right("14", "a.npz", TWO, {"sensitive": [{"column": "sex"}]}, said="1 array was not used: pixel_spacing"),
    right("14", "twice.npz", TWO, said="labels is taken as the label"),
    right("16", "t.csv", {"01": 36, "1": 36, "10": 36}, BY, groups=36),
    *(right("16", one, {"01": 36, "1": 36, "10": 36}, TEXT | BY, groups=36) for one in ("x.csv", "x.tsv")),
    *(
        right("17", f"{dense}{kind}_{which}.{ending}", {"0": 60, "1": 60}, spec | BY, groups=groups)
        for dense in ("", "dense_")
        for which, groups in (("whole", 40), ("gap", 41))  # the row without an id is a group of its own
        for kind, ending, spec in (
            ("img", "parquet", {}),
            ("txt", "parquet", TEXT),
            ("txt", "csv", TEXT),
            ("txt", "jsonl", TEXT),
        )
    ),
    *(
        right("18", one, {"250001.1": 80, "250001.2": 80, "99.5": 80}, spec | BY | {"label": "code"}, groups=120)
        for one, spec in (("t.csv", {}), ("x.csv", TEXT))
    ),
    *(no("20", one, "'None' stands in 16 of 48 rows", spec=spec) for one, spec in (("t.csv", {}), ("x.csv", TEXT))),
    right("20", "x.csv", {"None": 16, "Scratch": 16, "Edge": 16}, TEXT | {"missing": []}),
    *(right("21", f"{one}.parquet", TWO, BY, groups=12) for one in ("by_file", "by_patient")),
    right("21", "shuffled.parquet", TWO),
    right("21", "txt_by_patient.parquet", TWO, TEXT | BY, groups=12),
    right("21", "txt_by_text.parquet", TWO, TEXT, texts=["note 0 about a thing"]),
    *(
        right("22", f"{kind}_{how}.csv", DRINKS, spec | AGE)
        for kind, spec in (("i", {}), ("t", TEXT))
        for how in ("bom", "utf16", "utf16tab", "semi", "semi_decimal", "crlf", "cr", "unnamed", "decimal")
    ),
    *(no("22", f"{one}_cp1252.csv", "--encoding cp1252", spec=spec) for one, spec in (("i", {}), ("t", TEXT))),
    *(
        right("22", f"{one}_cp1252.csv", DRINKS, spec | {"encoding": "cp1252"})
        for one, spec in (("i", {}), ("t", TEXT))
    ),
    *(
        no("22", f"{one}_gz.csv.gz", "a compressed file; unpack it", spec=spec)
        for one, spec in (("i", {}), ("t", TEXT))
    ),
    right(
        "23",
        "quotes.tsv",
        {"quiet": 12, "said": 12},
        TEXT,
        texts=[None, 'She said "well done" 1 times, then left.'],
    ),
    right(
        "23",
        "lines.tsv",
        {"quiet": 12, "said": 12},
        TEXT,
        texts=[None, None, None, "Two lines,\nas a person typed them."],
    ),
    right("25", "f", {"café": 18, "thé": 18}, splits={"test": 12}),
    *(right("25", one, {"0": 12, "1": 12}) for one in ("c", "c/t.csv")),
    *(
        right("26", one, {"0": 30, "1": 30}, TEXT, splits={"train": 40, "val": 10, "test": 10})
        for one in ("empty_lists", "struct", "list_text", "blob", "fine")
    ),
    right("30", "img", {"ham": 24, "spam": 24}),
    right("30", "txt", {"ham": 25, "spam": 25, None: 10}, TEXT, splits={"train": 40, "val": 10, "test": 10}),
    right("30", "meta", {"ham": 18, "spam": 18}, {"sensitive": [{"column": "sex"}]}, splits={"test": 12}),
    no("32", "", "sport/007.txt", "found byte 0xa3", spec=TEXT),
    right("32", "", dict.fromkeys(("business", "politics", "sport", "tech"), 12), TEXT | {"encoding": "latin-1"}),
    *(
        right("35", f"{one}.json", {"0": 12, "1": 12}, TEXT, texts=["note 0 about thing 0"])
        for one in ("array", "array_lines", "pretty", "data", "data_pretty")
    ),
    no("35", "tokens.jsonl", "expected a column of text, found none", "tokens (lists or records)", spec=TEXT),
    right("35", "number.jsonl", {"False": 12, "True": 12}, TEXT, texts=["0", "note 1"]),
    right("35", "null.jsonl", {"0": 16, "1": 24}, TEXT, said="8 empty texts were kept out"),
    no("35", "label_late.jsonl", "row 0 (line 1): split 'split'", spec=TEXT),
    *(
        right("36", f"{one}.csv", {"0": 12, "1": 12})
        for one in ("backslash", "absolute", "dot", "no_ending", "bare", "spaces", "case", "up")
    ),
    right(
        "37",
        "adult.csv",
        {"<=50K": 80, ">50K": 40},
        TEXT
        | {"label": "income", "positive": ["<=50K"]}
        | {"sensitive": [{"column": "race, other"}, {"column": "capital:gain", "cuts": [4]}]},
    ),
    right("52", "names.csv", {"Portuguese": 20, "Irish-Scottish": 20}, TEXT, texts=["bal0", "cem1"]),
    no("53", "stsb.csv", "--label none", spec=TEXT),
    right("53", "stsb.csv", {}, TEXT | {"label": False}),
    *(
        right("64", one, CAT_DOG, spec)
        for one, spec in (("i.csv", {}), ("first.csv", {}), ("t.csv", TEXT), ("q.csv", TEXT))
    ),
    *(right("70", one, CAT_DOG, said=f"{one}/labels.csv tells of the images: label") for one in "abc"),
    no("71", "empty", "empty/Cat/5.jpg", "an empty file"),
    no("71", "page", "page/Cat/5.jpg", "a web page"),
    no("71", "avif", "avif/Cat/5.jpg", "found AVIF"),
    no("71", "three", "three/Cat/3.jpg", "2 more are refused"),
    no("73", "a", "found none for 28 of 40"),
    right("73", "b", {None: 40}, said="old.zip"),
    right("73", "c", {None: 40}, said="losses.csv"),
]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """made(number) -> the folder that a generator filled."""
    if not FAULTS.is_dir():
        pytest.skip(f"generators not found at {FAULTS} (set WORKBENCH_FAULTS)")
    root = tmp_path_factory.mktemp("faults")

    def make(number: str) -> Path:
        folder = root / "faults_data" / number
        if not folder.exists():
            (script,) = FAULTS.glob(f"case{number}_*.py")
            with pytest.MonkeyPatch.context() as patch:
                patch.chdir(root)
                runpy.run_path(str(script))
        return folder

    return make


@pytest.fixture
def read(made, tmp_path, monkeypatch):
    """read(number, path, **spec) -> the data set as it is registered."""

    def registered(number: str, path: str, **spec: Any) -> Dataset:
        folder, artefacts = made(number), Artefacts(tmp_path / "artefacts")
        monkeypatch.chdir(folder.parents[1])  # where a notebook that wrote relative paths was run
        return Dataset(register({"name": "x", "path": str(folder / path), **spec}, artefacts)[0], artefacts)

    return registered


@pytest.mark.parametrize(("number", "path", "spec", "expected", "more"), CASES)
def test_it_is_read_rightly_or_refused_in_a_line(number, path, spec, expected, more, read):
    if isinstance(expected, tuple):
        with pytest.raises(BadInput) as refused:
            read(number, path, **spec)
        assert all(word in str(refused.value) for word in expected), str(refused.value)
        assert "\n" not in str(refused.value)
        return
    data = read(number, path, **spec)
    manifest, table = data.manifest, data.artefacts.table(data.manifest["table"]["sha256"]).to_pandas()
    if expected:
        labels = Counter(manifest["classes"][i] if i >= 0 else None for i in table["label"])
        assert expected.items() <= labels.items(), labels
        assert sum(labels.values()) == manifest["count"]
        assert len(labels) == len(expected) or number == "52"
    else:
        assert manifest["label"] is None
    for split, rows in more.get("splits", {}).items():
        assert (table["split"] == split).sum() == rows
    if "groups" in more:
        assert table["group"].nunique() == more["groups"]
        assert (table.groupby("group")["split"].nunique() == 1).all()
    if "said" in more:
        warnings = data.artefacts.json(manifest["sheet"]["sha256"])["warnings"]
        assert any(more["said"] in line for line in warnings), warnings
    if "texts" in more:
        texts = data.artefacts.table(manifest["texts"]["sha256"])["text"].to_pylist()
        for told, text in zip(more["texts"], texts, strict=False):
            assert told in (None, text)


def pixels(data: Dataset) -> np.ndarray:
    """uint8 N x C x H x W."""
    return data.artefacts.array(data.manifest["images"]["sha256"], "images")


@pytest.mark.parametrize(("which", "channel"), [("a", None), ("b", 0), ("c", None), ("d", 0)])
def test_deep_colour_keeps_its_own_depth(which, channel, read):
    """The square of 3800 to 3811 of 4095 is 237 of 255 where the class puts it, and the ground stays below it."""
    data = read("05", which)
    images, labels = pixels(data), data.artefacts.table(data.manifest["table"]["sha256"])["label"].to_pylist()
    for image, label in zip(images, labels, strict=True):
        square = image[label if channel is None else channel, 4:20, 4:20]
        ground = np.delete(image, np.s_[4:20], axis=1)
        if (which, label) == ("d", 1):  # grey of the first channel, in which the second class has no square
            assert square.max() < 100
        else:
            assert 236 <= square.min() <= square.max() <= 238
        assert ground.max() < 100


@pytest.mark.parametrize("which", "abcef")
def test_ink_on_a_transparent_ground_is_dark_on_white(which, read):
    for image in pixels(read("06", which)):
        assert (image[:, 0, 0] == 255).all()
        assert (image[:, 16, 16] == 0).all()


def test_white_ink_stands_on_black(read):
    for image in pixels(read("06", "d")):
        assert (image[:, 0, 0] == 0).all()
        assert (image[:, 16, 16] == 255).all()


@pytest.mark.parametrize("which", ["jpg", "png", "webp", "tif"])
def test_a_turned_camera_stands_upright(which, read):
    images = pixels(read("08", which))[:, 2].astype(int)  # the channel that no class marks
    assert (images[:, :18, 8:].mean((1, 2)) > 220).all()
    assert (images[:, 22:, 8:28].mean((1, 2)) < 30).all()


@pytest.mark.parametrize("which", "ab")
def test_one_value_just_above_1_moves_no_other(which, read):
    images = pixels(read("11", f"{which}.npz")).reshape(48, 24, 24)
    labels = np.arange(48) % 2
    assert (images[labels == 1][:, 8:16, 8:16] == round(0.95 * 255)).all()
    assert (images == 255).sum() == 1


def test_every_generator_has_a_case(made):
    numbers = {script.stem[4:6] for script in FAULTS.glob("case*.py")}
    assert numbers == {case.values[0] for case in CASES}
