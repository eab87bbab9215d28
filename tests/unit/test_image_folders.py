"""Folders and zip files of images as people have them: links, other endings, tables beside them, odd names.

What is registered is read back; what is left out is counted and named; a class that would vanish is a refusal.
"""

from __future__ import annotations

import os
import unicodedata
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from backend.data import readers
from backend.data.conventions.left_out import sentences
from backend.data.dataset import Dataset
from backend.data.preview import preview
from backend.data.register import register
from backend.data.spec import parse
from backend.workspace.artefacts import Artefacts
from backend.workspace.layout import BadInput

SIDE = 10


def picture(i: int) -> Image.Image:
    """Of an even number red, of an odd one green, no two the same."""
    pixels = np.random.default_rng(i).integers(0, 60, (SIDE, SIDE, 3), dtype=np.uint8)
    pixels[2:8, 2:8, i % 2] = 200
    return Image.fromarray(pixels)


def put(root: Path, *names: str, kind: str = "PNG") -> Path:
    for i, name in enumerate(names):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        picture(i).save(root / name, kind)
    return root


def classes(root: Path, *names: str) -> Path:
    """Twelve pictures of each class: the first are red, the second green."""
    for k, name in enumerate(names):
        for i in range(12):
            (root / name).mkdir(parents=True, exist_ok=True)
            picture(2 * i + k % 2).save(root / name / f"{i}.png")
    return root


def read(path: Path, **spec):
    return readers.read(parse({"name": "x", "path": str(path), **spec}))


def said(path: Path) -> list[str]:
    source = read(path)
    return [*sentences(source.left_out), *source.notes]


def refused(path: Path) -> str:
    with pytest.raises(BadInput) as caught:
        read(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


class TestLinks:
    def test_a_linked_class_folder_inside_is_read(self, tmp_path):
        root = classes(tmp_path / "set", "cat", ".store")
        os.symlink(".store", root / "dog")
        source = read(root)
        assert source.frame["label"].value_counts().to_dict() == {"cat": 12, "dog": 12}
        assert [left.fact()["names"] for left in source.left_out if left] == [[".store"]]

    @pytest.mark.parametrize("absolute", [True, False])
    def test_one_that_leads_out_is_refused_by_name(self, absolute, tmp_path):
        root = classes(tmp_path / "set", "cat", "dog")
        classes(tmp_path / "pool", "bird")
        os.symlink(tmp_path / "pool" / "bird" if absolute else "../pool/bird", root / "bird")
        said = "set/bird: expected a folder below set/, found a link that leads outside"
        assert refused(root).startswith(said)
        with pytest.raises(BadInput, match=said):
            preview(str(root))

    def test_one_that_leads_nowhere_is_refused_by_name(self, tmp_path):
        root = classes(tmp_path / "set", "cat", "dog")
        os.symlink(tmp_path / "gone", root / "bird")
        assert "set/bird: expected a folder or a file, found a link that leads nowhere" in refused(root)

    def test_one_that_leads_back_is_left_out_and_said(self, tmp_path):
        root = classes(tmp_path / "set", "cat", "dog")
        os.symlink(".", root / "cat" / "again")
        assert said(root) == ["1 link that leads back to a folder around it was left out: cat/again."]

    def test_links_that_make_many_folders_of_a_few(self, tmp_path, monkeypatch):
        monkeypatch.setattr("backend.data.readers._walk.MOST_FOLDERS", 1000)
        root = classes(tmp_path / "set", "cat", "dog")
        for i in range(12):
            (root / f"n{i}").mkdir()
        for i in range(11):
            os.symlink(f"../n{i + 1}", root / f"n{i}" / "a")
            os.symlink(f"../n{i + 1}", root / f"n{i}" / "b")
        assert "expected at most 1,000 folders, found more" in refused(root)

    def test_a_pipe_is_not_opened(self, tmp_path):
        root = classes(tmp_path / "set", "cat", "dog")
        os.mkfifo(root / "cat" / "pipe")
        assert said(root) == ["1 entry that is no file was left out: cat/pipe."]


class TestNames:
    @pytest.mark.parametrize(
        "name",
        [
            "Screenshot at 9.22.20\u202fPM.png",
            "Sn\u00edmek v\u00a013.05.png",
            "\u5199\u771f\u300001.png",
            "\U0001f468\u200d\U0001f469.png",
            "a\u2028b.png",
        ],
    )
    def test_of_any_writing_are_read(self, name, tmp_path):
        root = put(classes(tmp_path / "set", "cat", "dog"), f"cat/{name}")
        assert f"cat/{name}" in set(read(root).frame["path"])

    @pytest.mark.parametrize("name", ["Icon\r", ".DS_Store", "Thumbs.db", "desktop.ini", "._0.png", "__MACOSX/0.png"])
    def test_of_the_system_are_counted_and_no_remark(self, name, tmp_path):
        root = classes(tmp_path / "set", "cat", "dog")
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_bytes(b"")
        source = read(root)
        assert len(source.frame) == 24
        assert sentences(source.left_out) == []
        assert [left.fact()["count"] for left in source.left_out if left] == [1]

    @pytest.mark.parametrize("folder", [b"\xff", b"new\nline", b"\x1b[31m"])
    def test_of_folders_that_cannot_be_shown_are_refused(self, folder, tmp_path):
        root = classes(tmp_path / "set", "cat", "dog")
        (root / "cat").rename(os.fsdecode(os.fsencode(root) + b"/" + folder))
        assert "printable UTF-8" in refused(root)
        assert refused(root).isprintable()

    def test_composed_and_decomposed_are_one_class(self, tmp_path):
        for split, form in (("train", "NFD"), ("test", "NFC")):
            classes(tmp_path / "set" / split, *(unicodedata.normalize(form, c) for c in ("caf\u00e9", "th\u00e9")))
        counts = read(tmp_path / "set").frame.groupby(["split", "label"]).size()
        assert counts.to_dict() == {(s, c): 12 for s in ("train", "test") for c in ("caf\u00e9", "th\u00e9")}


class TestEndings:
    def test_the_content_decides(self, tmp_path):
        root = tmp_path / "set"
        for k, (folder, ending) in enumerate([("a", "jfif"), ("b", "jpe"), ("c", ""), ("d", "JPG"), ("e", "scan")]):
            for i in range(4):
                (root / folder).mkdir(parents=True, exist_ok=True)
                picture(10 * k + i).save(root / folder / f"{i}{'.' * bool(ending)}{ending}", "JPEG")
        assert read(root).frame["label"].value_counts().to_dict() == dict.fromkeys("abcde", 4)
        assert said(root) == []

    def test_what_is_no_picture_is_counted_and_the_first_named(self, tmp_path):
        root = classes(tmp_path / "set", "cat", "dog")
        for name in ("d.md", "c.json", "b.xml", "a.bin"):
            (root / "cat" / name).write_bytes(b"{}")
        picture(3).save(root / "cat" / "0.png.bak", "PNG")  # left behind by a program
        assert said(root) == [
            "5 files that are no images were left out: cat/0.png.bak, cat/a.bin, cat/b.xml and others."
        ]

    def test_pictures_of_other_kinds_are_called_so(self, tmp_path):
        root = classes(tmp_path / "set", "cat", "dog")
        (root / "cat" / "x.heic").write_bytes(b"\0\0\0\x18ftypheic" + bytes(300))
        assert said(root) == ["1 file of a kind that is not read (HEIC) was left out: cat/x.heic."]

    @pytest.mark.parametrize(
        ("payload", "kind"),
        [
            (b"\0\0\0\x18ftypavif" + bytes(300), "AVIF"),
            (bytes(128) + b"DICM", "DICOM"),
            (b"\x93NUMPY\1\0v\0", "NumPy array"),
            (b"II*\0" + bytes(90), "camera raw"),
        ],
    )
    @pytest.mark.parametrize("split", ["", "train/"])
    def test_a_class_of_which_no_picture_is_read_is_a_refusal(self, payload, kind, split, tmp_path):
        root = classes(tmp_path / "set", *(f"{s}{c}" for s in ({split, split and "test/"}) for c in ("cat", "dog")))
        for i in range(3):
            (root / f"{split}bird").mkdir(exist_ok=True)
            (root / f"{split}bird" / f"{i}{'.dng' if kind == 'camera raw' else ''}").write_bytes(payload)
        line = refused(root)
        assert line.startswith(
            "set: expected images that are read in every class folder, found none in bird, only 3 of"
        )
        assert kind in line

    def test_an_empty_folder_is_said(self, tmp_path):
        root = classes(tmp_path / "set", "cat", "dog")
        (root / "bird").mkdir()
        assert said(root) == ["1 empty folder was left out: bird."]

    def test_a_folder_of_notes_is_no_class(self, tmp_path):
        root = classes(tmp_path / "set", "cat", "dog")
        (root / "notes").mkdir()
        (root / "notes" / "a.txt").write_text("seen on Monday")
        assert set(read(root).frame["label"]) == {"cat", "dog"}

    def test_only_other_kinds(self, tmp_path):
        (tmp_path / "set").mkdir()
        (tmp_path / "set" / "a").write_bytes(b"\0\0\0\x18ftypavif" + bytes(300))
        assert refused(tmp_path / "set").endswith("found none, but 1 file of another kind (AVIF; a)")


def table(root: Path, name: str, **columns) -> Path:
    pd.DataFrame(columns).to_csv(root / name, index=False)
    return root


LABELS = ["cat" if i % 2 else "dog" for i in range(24)]


class TestTables:
    @pytest.mark.parametrize(
        ("pictures", "key", "written"),
        [
            ("images/{}.png", "file_name", "images/{}.png"),
            ("images/{}.png", "image", "{}"),
            ("{}.png", "Filename", "{}.png"),
            ("{}.png", "id", "{}"),
            ("a/b/{}.png", "path", "b\\{}.png"),
            ("{}.png", "scan", "{}.png"),  # no usual name, but its values are files
        ],
    )
    def test_beside_the_images_are_used(self, pictures, key, written, tmp_path):
        root = put(tmp_path / "set", *(pictures.format(i) for i in range(24)))
        folder = root / "a" if pictures.startswith("a/") else root
        table(folder, "labels.csv", **{key: [written.format(i) for i in range(24)]}, label=LABELS)
        source = read(root)
        number = source.frame["path"].map(lambda path: int(Path(path).stem))
        assert source.label == "label"
        assert source.frame["label"].tolist() == [LABELS[i] for i in number]
        assert source.notes[-1].endswith("labels.csv tells of the images: label.")

    def test_in_the_folders_of_the_splits(self, tmp_path):
        for split, rows in (("train", range(16)), ("test", range(8))):
            put(tmp_path / "set" / split, *(f"{i}.png" for i in rows))
            names = [f"{i}.png" for i in rows]
            table(
                tmp_path / "set" / split,
                "metadata.csv",
                file_name=names,
                label=LABELS[: len(rows)],
                sex=["f", "m"] * (len(rows) // 2),
            )
        source = read(tmp_path / "set")
        assert source.frame.groupby(["split", "label", "sex"]).size().to_dict() == {
            ("train", "dog", "f"): 8, ("train", "cat", "m"): 8, ("test", "dog", "f"): 4, ("test", "cat", "m"): 4,
        }  # fmt: skip

    def test_of_train_alone_leave_the_test_split_without_labels(self, tmp_path):
        """As Kaggle's: the answers of the test pictures are not told."""
        root = put(tmp_path / "set", *(f"train/{i}.png" for i in range(16)), *(f"test/{i + 16}.png" for i in range(8)))
        table(root, "labels.csv", id=[str(i) for i in range(16)], label=LABELS[:16])
        source = read(root)
        assert source.frame["label"].isna().groupby(source.frame["split"]).sum().to_dict() == {"train": 0, "test": 8}
        assert source.notes[-1] == "set/labels.csv names no image of test."
        number = source.frame["path"].map(lambda path: int(Path(path).stem))
        assert source.frame["label"].dropna().tolist() == [LABELS[i] for i in number if i < 16]

    def test_that_are_called_like_splits_tell_them(self, tmp_path):
        """train.csv and test.csv beside images/: no test picture ends in train."""
        root = put(tmp_path / "set", *(f"images/{i}.png" for i in range(24)))
        table(root, "train.csv", id=[str(i) for i in range(16)], label=LABELS[:16])
        table(root, "test.csv", id=[str(i) for i in range(16, 24)])
        source = read(root)
        number = source.frame["path"].map(lambda path: int(Path(path).stem))
        assert source.split == "split"
        assert source.frame["split"].tolist() == ["train" if i < 16 else "test" for i in number]
        assert source.frame["label"].isna().tolist() == [i >= 16 for i in number]

    def test_the_answers_of_a_sample_submission_are_no_labels(self, tmp_path):
        root = put(tmp_path / "set", *(f"train/{i}.png" for i in range(16)), *(f"test/{i}.png" for i in range(16, 24)))
        table(root, "train_labels.csv", id=[str(i) for i in range(16)], label=LABELS[:16])
        table(root, "sample_submission.csv", id=[str(i) for i in range(16, 24)], label=["dog"] * 8)
        source = read(root)
        assert source.frame["label"][source.frame["split"] == "test"].isna().all()
        assert sentences(source.left_out) == ["1 file that is no image was left out: sample_submission.csv."]

    def test_that_name_some_images_are_refused_aloud(self, tmp_path):
        root = put(tmp_path / "set", *(f"{i}.png" for i in range(24)))
        table(root, "sample_submission.csv", image=[f"{i}.png" for i in range(12)], label=[0] * 12)
        line = refused(root)
        assert line.startswith("set/sample_submission.csv: expected a row for every image, found none for 12 of 24")
        assert line.endswith("to use only the images that it names, give the table itself")

    def test_of_something_else_are_left_out_and_said(self, tmp_path):
        root = put(tmp_path / "set", *(f"{i}.png" for i in range(24)))
        table(root, "losses.csv", epoch=range(5), loss=range(5))
        assert len(read(root).frame) == 24
        assert said(root) == ["1 file that is no image was left out: losses.csv."]

    def test_one_of_each_picture_are_no_tables(self, tmp_path):
        root = classes(tmp_path / "set", "cat", "dog")
        for i in range(12):
            (root / "cat" / f"{i}.json").write_text('{"file": "0.png"}')
        assert len(said(root)) == 1

    def test_with_class_folders_give_the_other_columns(self, tmp_path):
        root = classes(tmp_path / "set", "cat", "dog")
        names = [f"{c}/{i}.png" for c in ("cat", "dog") for i in range(12)]
        table(root, "metadata.csv", path=names, label=["cat"] * 12 + ["dog"] * 12, sex=["f", "m"] * 12)
        assert list(read(root).frame) == ["path", "label", "sex"]
        table(root, "metadata.csv", path=names, label=["dog"] * 12 + ["cat"] * 12)
        assert "expected other columns than what the folders tell, found 'label'" in refused(root)

    def test_a_look_shows_their_columns(self, tmp_path):
        root = put(tmp_path / "set", *(f"{i}.png" for i in range(24)))
        table(root, "labels.csv", file=[f"{i}.png" for i in range(24)], label=LABELS, sex=["f", "m"] * 12)
        look = preview(str(root))
        assert [c["name"] for c in look["columns"]] == ["path", "label", "sex"]
        assert look["label"] == "label"

    def test_of_parquet_and_json_lines(self, tmp_path):
        """As Hugging Face's ImageFolder knows them."""
        for ending, write in (
            ("parquet", pd.DataFrame.to_parquet),
            ("jsonl", lambda f, p: f.to_json(p, orient="records", lines=True)),
        ):
            root = put(tmp_path / ending, *(f"{i}.png" for i in range(24)))
            write(
                pd.DataFrame({"file_name": [f"{i}.png" for i in range(24)], "label": LABELS}),
                root / f"metadata.{ending}",
            )
            source = read(root)
            assert source.kind == "image_folder"
            assert source.frame["label"].tolist() == [LABELS[int(Path(path).stem)] for path in source.frame["path"]]

    def test_a_look_at_a_part_of_a_large_folder_goes_on(self, tmp_path, monkeypatch):
        """What it saw makes no sense alone: some of the images are not told of."""
        root = put(tmp_path / "set", *(f"{i}.png" for i in range(24)))
        table(root, "labels.csv", file=[f"{i}.png" for i in range(0, 24, 2)], label=LABELS[:12])
        with pytest.raises(BadInput, match="expected a row for every image"):
            preview(str(root))
        monkeypatch.setattr("backend.data.readers.image_folder.LOOK_FILES", 24)
        assert [c["name"] for c in preview(str(root))["columns"]] == ["path"]

    def test_a_look_says_what_is_wrong_with_images_rather_than_take_the_table_for_texts(self, tmp_path):
        root = put(tmp_path / "set", *(f"{i}.png" for i in range(24)))
        table(root, "labels.csv", file=[f"{i}.png" for i in range(12)], note=["a long text of many words"] * 12)
        with pytest.raises(BadInput, match="expected a row for every image, found none for 12 of 24"):
            preview(str(root))

    def test_a_folder_is_one_of_what_it_holds_more_of(self, tmp_path):
        root = put(tmp_path / "set", "logo.png")
        for i in range(12):
            (root / f"{i}.txt").write_text(f"note {i} on something")
        assert preview(str(root))["of"] == "text"
        put(root, *(f"{i}.png" for i in range(24)))
        assert preview(str(root))["of"] == "image"

    def test_one_known_file_does_not_stand_for_the_folder(self, tmp_path):
        root = put(tmp_path / "set", *(f"{i}.png" for i in range(24)))
        with zipfile.ZipFile(root / "old.zip", "w") as archive:
            archive.write(root / "0.png", "0.png")
        assert len(read(root).frame) == 24
        assert said(root) == ["1 file that is no image was left out: old.zip."]


class TestZip:
    def zipped(self, root: Path) -> Path:
        path = root.with_suffix(".zip")
        with zipfile.ZipFile(path, "w") as archive:
            for file in sorted(root.rglob("*")):
                if file.is_file():
                    archive.write(file, f"{root.name}/{file.relative_to(root).as_posix()}")
        return path

    def test_is_read_as_its_folder_is(self, tmp_path):
        """Splits, strays, other endings, a table: all the same."""
        root = put(
            tmp_path / "set",
            *(f"train/{i}.png" for i in range(16)),
            *(f"test/{i + 16}.jfif" for i in range(8)),
            "figures/a.png",
        )
        table(root, "labels.csv", file=[f"{i}.png" if i < 16 else f"{i}.jfif" for i in range(24)], label=LABELS)
        (root / "Icon\r").touch()
        folder, archive = read(root), read(self.zipped(root))
        told = folder.frame.assign(path="set/" + folder.frame["path"])
        pd.testing.assert_frame_equal(told, archive.frame)
        assert len(sentences(folder.left_out)) == len(sentences(archive.left_out)) == 1

    def test_names_that_do_not_say_that_they_are_utf8(self, tmp_path):
        """As Finder writes them."""
        root = classes(tmp_path / "set", "cafe\u0301", "the\u0301")
        path = self.zipped(root)
        raw = path.read_bytes()
        for mark, at in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
            place = raw.find(mark)
            while place >= 0:
                flags = int.from_bytes(raw[place + at : place + at + 2], "little") & ~0x800
                raw = raw[: place + at] + flags.to_bytes(2, "little") + raw[place + at + 2 :]
                place = raw.find(mark, place + 4)
        path.write_bytes(raw)
        assert set(read(path).frame["label"]) == {"caf\u00e9", "th\u00e9"}
        assert Image.open(read(path).images[0].open()).size == (SIDE, SIDE)

    def test_a_link_is_refused_by_name(self, tmp_path):
        path = self.zipped(classes(tmp_path / "set", "cat", "dog"))
        with zipfile.ZipFile(path, "a") as archive:
            entry = zipfile.ZipInfo("set/bird")
            entry.external_attr = 0o120777 << 16
            archive.writestr(entry, "../pool/bird")
        assert "found the link 'set/bird'" in refused(path)


def test_what_was_left_out_is_on_the_sheet(tmp_path, workspace):
    """Registered and read back: pixels, labels, splits, and what is said."""
    root = classes(tmp_path / "set", "train/cat", "train/dog", "test/cat", "test/dog")
    put(root, "figures/a.png", "unlabeled/b.png")
    for name in (".DS_Store", "notes.txt"):
        (root / name).write_text("x")
    store = Artefacts(workspace.artefacts)
    manifest, _ = register({"name": "x", "path": str(root)}, store)
    data, sheet = Dataset(manifest, store), store.json(manifest["sheet"]["sha256"])
    assert manifest["classes"] == ["cat", "dog"]
    red = data.images[:, :, 5, 5].argmax(axis=1) == 0
    assert (red == (data.labels == 0))[data.labels >= 0].all()
    paths = data.table["path"]
    assert (data.table["split"][paths.str.startswith("test/")] == "test").all()
    assert data.table["split"][paths == "unlabeled/b.png"].tolist() == ["train"]
    assert data.labels[paths == "unlabeled/b.png"].tolist() == [-1]
    assert [(left["count"], left["names"], left["quiet"]) for left in sheet["left_out"]] == [
        (1, ["figures/a.png"], False), (1, ["notes.txt"], False), (1, [".DS_Store"], True),
    ]  # fmt: skip
    assert "1 image beside the split folders was left out: figures/a.png." in sheet["warnings"]
    assert not any(".DS_Store" in line for line in sheet["warnings"])
