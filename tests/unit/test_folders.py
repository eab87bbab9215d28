"""What a tree of folders says: splits at any depth, classes, neither; what can be read in two ways is refused."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.data.conventions import folders
from backend.workspace.layout import BadInput


def tree(*names: str) -> folders.Tree:
    return folders.read(sorted(names), "set", "image")


def told(*names: str) -> dict[str, tuple]:
    """{path: (split, label)} of the rows."""
    found = tree(*names)
    frame = found.frame.astype(object).where(found.frame.notna(), None)
    columns = [frame.get(c, [None] * len(frame)) for c in ("split", "label")]
    return dict(zip(found.frame["path"], zip(*columns, strict=True), strict=True))


def both(*tops: str) -> list[str]:
    """cat/1.png and dog/2.png below each of these folders."""
    return [f"{top}/{name}" for top in tops for name in ("cat/1.png", "dog/2.png")]


def test_classes_alone():
    assert told("cat/1.png", "dog/2.png") == {"cat/1.png": (None, "cat"), "dog/2.png": (None, "dog")}


@pytest.mark.parametrize("around", ["", "chest_xray/", "a/b/"])
@pytest.mark.parametrize(
    ("train", "test"),
    [
        ("train", "test"),
        ("Training", "TESTING"),
        ("training_set", "test_set"),
        ("TrainData", "val2017"),
        ("train", "dev"),
    ],
)
def test_splits_around_classes(around, train, test):
    found = told(*both(f"{around}{train}", f"{around}{test}"))
    assert {split for split, _ in found.values()} == {train, test}
    assert found[f"{around}{test}/dog/2.png"] == (test, "dog")


def test_what_stands_beside_the_splits_is_left_out_and_no_class():
    found = tree(*both("train", "test"), "figures/a.png", "figures/b.png", "preview.png", "notes/deep/c.png")
    assert set(found.frame["label"]) == {"cat", "dog"}
    assert set(found.frame["split"]) == {"train", "test"}
    assert found.left_out[0].sentence() == (
        "4 images beside the split folders were left out: figures/a.png, figures/b.png, notes/deep/c.png and others."
    )
    assert [found.frame["path"][i] for i in range(2)] == ["test/cat/1.png", "test/dog/2.png"]
    assert len(found.rows) == 4


def test_a_copy_of_the_whole_below_itself():
    found = tree(*both("train", "val", "test", "chest_xray/train", "chest_xray/val", "chest_xray/test"))
    assert len(found.rows) == 6
    assert len(found.left_out[0]) == 6


def test_stray_folders_beside_the_folder_of_the_splits():
    assert set(told(*both("data/train", "data/test"), "figures/a.png").values()) == {
        (s, c) for s in ("train", "test") for c in ("cat", "dog")
    }


def test_unlabelled_images_are_rows_of_train():
    found = told(*both("train", "test"), "unlabeled/3.png", "unlabeled/more/4.png")
    assert found["unlabeled/3.png"] == found["unlabeled/more/4.png"] == ("unlabeled", None)
    assert found["train/cat/1.png"] == ("train", "cat")


def test_unlabelled_images_within_a_split():
    found = told(*both("train", "test"), "train/unsup/3.png")
    assert found["train/unsup/3.png"] == ("train", None)
    assert found["train/cat/1.png"] == ("train", "cat")


def test_unlabelled_images_beside_classes():
    assert told("cat/1.png", "dog/2.png", "unsup/3.png")["unsup/3.png"] == (None, None)


def test_splits_in_the_class_folders():
    found = told("cat/train/1.png", "cat/test/2.png", "dog/train/3.png", "dog/test/4.png")
    assert found["cat/test/2.png"] == ("test", "cat")
    assert found["dog/train/3.png"] == ("train", "dog")


def test_splits_in_the_class_folders_of_which_one_lacks_a_split():
    found = told("cat/train/1.png", "cat/test/2.png", "dog/train/3.png")
    assert found["dog/train/3.png"] == ("train", "dog")
    assert len(found) == 3


def test_splits_without_classes():
    assert told("train/1.png", "test/2.png") == {"train/1.png": ("train", None), "test/2.png": ("test", None)}


@pytest.mark.parametrize(
    "names", [["images/train/1.png", "images/test/2.png"], ["train/images/1.png", "test/images/2.png"]]
)
def test_a_folder_called_images_is_no_class(names):
    assert {label for _, label in told(*names).values()} == {None}


def test_tiny_imagenet():
    found = told("train/n01/images/1.png", "train/n02/images/2.png", "val/images/3.png", "test/images/4.png")
    assert found["train/n01/images/1.png"] == ("train", "n01")
    assert found["val/images/3.png"] == ("val", None)


def test_a_test_split_whose_one_folder_is_no_class():
    found = tree(*both("train"), "test/unknown/3.png", "test/unknown/4.png")
    assert found.frame["label"].isna().tolist() == [True, True, False, False]
    assert found.notes == ["The folder unknown of test is no class of train: its images have no label."]


def test_a_flat_test_split_has_no_label_and_it_is_said():
    found = tree(*both("train"), "test/3.png")
    assert found.notes == ["test has no class folders: its images have no label."]


@pytest.mark.parametrize(
    "names", [["set/cat/1.png", "set/cat/2.png"], ["cat/1.png"], ["images/1.png"], ["1.png", "2.png"]]
)
def test_one_folder_around_everything_is_no_class(names):
    found = tree(*names)
    assert found.label is None
    assert found.single == ("cat" if "cat" in names[0] else None)


def test_a_copy_of_the_classes_beside_them():
    """As Kaggle's brain tumours: yes/, no/, and brain_tumor_dataset/ with both again."""
    found = tree("yes/1.png", "no/2.png", "brains/yes/1.png", "brains/no/2.png")
    assert found.frame["label"].tolist() == ["no", "yes"]
    assert found.left_out[0].sentence() == (
        "2 images in a folder that repeats the class folders (brains) were left out: brains/no/2.png, brains/yes/1.png."
    )


@pytest.mark.parametrize("around", ["", "train/"])
def test_a_folder_of_all_images_beside_masks_is_no_class(around):
    with pytest.raises(BadInput, match="found images/ beside masks/: a folder of that name holds the images of all"):
        tree(f"{around}images/1.png", f"{around}masks/1.png")


def test_folders_below_the_classes_are_a_column():
    found = tree("cat/front/1.png", "cat/2.png", "dog/3.png")
    assert found.frame["subfolder"].dropna().tolist() == ["front"]
    assert found.notes == []


@pytest.mark.parametrize("around", ["", "train/"])
def test_folds_may_be_meant_as_classes_and_it_is_said(around):
    found = tree(*(f"{around}fold{k}/{c}/{i}.png" for k in range(3) for i, c in enumerate(("cat", "dog"))))
    assert set(found.frame["label"]) == {"fold0", "fold1", "fold2"}
    assert set(found.frame["subfolder"]) == {"cat", "dog"}
    assert found.notes == [
        "Every class folder (fold0, fold1, fold2) holds folders of the same names (cat, dog): they are the column "
        "subfolder; choose it as the label if those are the classes."
    ]


@pytest.mark.parametrize("splits", [("train/", "test/"), ("",)])
def test_the_time_grows_with_the_number_of_files(splits):
    """Not with its square: eight thousand would take minutes."""
    files = sorted(f"{s}c{k % 50}/{k}.png" for s in splits for k in range(8_000 // len(splits)))
    start = time.process_time()
    assert len(folders.read(files, "set", "image").rows) == 8_000
    assert time.process_time() - start < 5


def test_composed_and_decomposed_names_are_one_class():
    found = told("train/cafe\u0301/1.png", "train/the/2.png", "test/caf\u00e9/3.png", "test/the/4.png")
    assert {label for _, label in found.values()} == {"caf\u00e9", "the"}


@pytest.mark.parametrize("names", [["train/1.png", "bus/2.png", "car/3.png"], ["test/1.png", "control/2.png"],
                                   ["vehicles/car/1.png", "vehicles/train/2.png", "animals/cat/3.png"]])  # fmt: skip
def test_classes_that_are_called_like_a_split(names):
    assert tree(*names).split is None


def test_train_alone():
    assert {split for split, _ in told(*both("train")).values()} == {"train"}
    assert {split for split, _ in told(*both("train"), "figures/1.png").values()} == {"train"}


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["cat/1.png", "dog/2.png", "test/3.png"], "found test/ beside cat"),
        (both("train", "extra"), "found train/ beside extra"),
        (["cat/1.png", "dog/2.png", "dog/test/3.png"], "found dog/test/ beside no other split"),
        (both("a/train", "a/test", "b/train", "b/test"), "found split folders in a and b; give one of them"),
        (
            ["cat/train/1.png", "cat/test/2.png", "dog/train/1.png", "dog/test/2.png", "bird/3.png"],
            "found 'bird/3.png' in none",
        ),
        (["train/cat/1.png", "train/2.png", "test/cat/3.png"], "found 'train/2.png' beside them"),
        (["cat/1.png", "2.png"], "found '2.png' beside them"),
    ],
)
def test_what_can_be_read_in_two_ways_is_refused(names, said):
    with pytest.raises(BadInput) as caught:
        tree(*names)
    assert said in str(caught.value)


SEGMENT = st.sampled_from(["train", "test", "val", "cat", "dog", "images", "unlabeled", "figures", "set", "test_set"])


@given(st.lists(st.lists(SEGMENT, max_size=3), min_size=1, max_size=8))
def test_no_test_picture_ever_ends_in_train(paths):
    """Whatever the tree: a file below a folder of one split alone is of that split, left out, or all is refused."""
    files = sorted({"/".join([*path, f"{i}.png"]) for i, path in enumerate(paths)})
    try:
        found = folders.read(files, "set", "image")
    except BadInput:
        return
    assert sorted([files[i] for i in found.rows] + [n for left in found.left_out for n in left.names]) == files
    for path, split in zip(found.frame["path"], found.frame.get("split", []), strict=False):
        words = {w for part in path.split("/")[:-1] if (w := folders.splits.named(part))}
        if len(words) == 1:
            assert {folders.splits.named(split)} == words
