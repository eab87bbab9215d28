"""Inputs of the kinds in test_faults.py that nobody handed over."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from backend.data.dataset import Dataset
from backend.data.register import register
from backend.workspace.artefacts import Artefacts
from backend.workspace.layout import BadInput

ROWS = 48
TEXTS = [f"note {i} about thing {i * 7 % 31}" for i in range(ROWS)]


@pytest.fixture
def read(tmp_path):
    """read(path, **spec) -> (the manifest, the table)."""

    def registered(path: Path, **spec):
        artefacts = Artefacts(tmp_path / "artefacts")
        data = Dataset(register({"name": "x", "path": str(path), **spec}, artefacts)[0], artefacts)
        return data.manifest, artefacts.table(data.manifest["table"]["sha256"]).to_pandas()

    return registered


def class_folders(root: Path, *splits: tuple[str, int]) -> None:
    """Folders a and b below each split, with so many pictures each."""
    draw = np.random.default_rng(0)
    for split, count in splits:
        for name in "ab":
            (root / split / name).mkdir(parents=True)
            for i in range(count):
                picture = Image.fromarray(draw.integers(0, 255, (16, 16, 3), dtype=np.uint8))
                picture.save(root / split / name / f"{i}.png")


def test_identifiers_that_look_like_numbers_stay_what_they_are(read, tmp_path):
    """1e5, 100000 and 1E05 are three patients, 0x10 and 16 two classes."""
    who = [f"{how}{i}" for i in range(4) for how in ("1e", "1E0", "1_00", "0x")]
    lines = [f"{text},{('0x10', '16')[i % 2]},{who[i // 3]}" for i, text in enumerate(TEXTS)]
    (tmp_path / "t.csv").write_text("\n".join(["text,label,patient", *lines]))
    manifest, table = read(tmp_path / "t.csv", kind="text", split_by="patient")
    assert set(manifest["classes"]) == {"0x10", "16"}
    assert set(table["group"]) == set(who)


def test_too_few_groups_for_three_splits_are_named(read, tmp_path):
    lines = [f"{text},{i % 2},{i // 24}" for i, text in enumerate(TEXTS)]
    (tmp_path / "t.csv").write_text("\n".join(["text,label,patient", *lines]))
    with pytest.raises(BadInput, match="patient has 2 values, each of which stays in one split"):
        read(tmp_path / "t.csv", kind="text", split_by="patient")


def test_parquet_types_that_no_float_holds(read, tmp_path):
    """Integers beyond 2^63, decimals with a last nought, dates, a label kept as a dictionary."""
    table = pa.table(
        {
            "text": TEXTS,
            "label": pa.array(["left", "right"] * 24).dictionary_encode(),
            "patient": pa.array([2**63 + i // 4 for i in range(ROWS)], pa.uint64()),
            "code": pa.array([Decimal("1.10"), Decimal("1.01")] * 24),
            "day": pa.array([18_000 + i // 4 for i in range(ROWS)], pa.date32()),
        }
    )
    pq.write_table(table, tmp_path / "t.parquet")
    manifest, found = read(tmp_path / "t.parquet", kind="text", split_by="patient")
    assert set(manifest["classes"]) == {"left", "right"}
    assert set(found["group"]) == {str(2**63 + i) for i in range(12)}
    manifest, found = read(tmp_path / "t.parquet", kind="text", label="code", split_by="day")
    assert set(manifest["classes"]) == {"1.10", "1.01"}
    assert found["group"].nunique() == 12


def test_splits_in_other_words_and_letters(read, tmp_path):
    class_folders(tmp_path / "set", ("Train", 12), ("Valid", 4), ("TEST", 6))
    assert Counter(read(tmp_path / "set")[1]["split"]) == {"train": 24, "val": 8, "test": 12}


def test_what_a_mac_puts_beside_a_zip_is_no_class(read, tmp_path):
    class_folders(tmp_path / "set" / "data", ("train", 12), ("test", 6))
    for file in list((tmp_path / "set" / "data").rglob("*.png")):
        shadow = tmp_path / "set" / "__MACOSX" / file.relative_to(tmp_path / "set")
        shadow.parent.mkdir(parents=True, exist_ok=True)
        shadow.with_name(f"._{file.name}").write_bytes(b"\0\5\x16\7")
    manifest, table = read(tmp_path / "set")
    assert manifest["classes"] == ["a", "b"]
    assert manifest["count"] == 36
    assert (table["split"] == "test").sum() == 12
