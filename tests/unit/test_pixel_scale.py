"""Numbers of any range become bytes by one scale for all splits, monotonously; what is cut is counted."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from PIL import Image

from backend.data import decode_images, readers, register
from backend.data.dataset import Dataset
from backend.data.pixels import scale
from backend.data.source import Encoded
from backend.data.spec import parse
from backend.workspace.artefacts import Artefacts
from backend.workspace.layout import BadInput
from tests.pictures_made import png16, tiff

RNG = np.random.default_rng(0)
UNIT = RNG.random((40, 12, 12))
BYTES = RNG.integers(0, 256, (40, 12, 12))


def with_one(numbers: np.ndarray, value: float) -> np.ndarray:
    numbers = numbers.copy()
    numbers[3, 4, 5] = value
    return numbers


def scaled(*parts: np.ndarray) -> tuple[list[np.ndarray], scale.Scaled]:
    return scale.arrays([(f"part {i}", np.asarray(p)) for i, p in enumerate(parts)], "set")


@pytest.mark.parametrize(
    ("numbers", "low", "high"),
    [
        (BYTES.astype(np.uint8), 0, 255),
        (BYTES.astype(np.int64), 0, 255),
        (BYTES.astype(np.float32), 0, 255),
        (UNIT, 0, 1),
        (UNIT.astype(np.float16), 0, 1),
        (with_one(UNIT, np.nextafter(1, 2)), 0, 1),
        (UNIT * 0.95 * 1.084, 0, 1),  # a bicubic resize
        (np.where(RNG.random(UNIT.shape) < 0.02, -0.1, UNIT), 0, 1),  # it undershoots, too
        (with_one(UNIT * 255, 300), 0, 255),
        (with_one(UNIT * 255, -1), 0, 255),
        (BYTES % 2, 0, 1),
        ((BYTES % 2).astype(np.uint8), 0, 1),
        ((BYTES % 2).astype(np.float64), 0, 1),
        (BYTES % 2 > 0, 0, 1),
        ((BYTES % 4).astype(np.uint8), 0, 3),  # a mask of four classes
        ((BYTES % 17).astype(np.float64), 0, 16),  # scikit-learn's digits
        ((UNIT * 1000).astype(np.uint16), 0, 1023),
        ((UNIT * 4000).astype(np.uint16), 0, 4095),
        (with_one((UNIT * 4000).astype(np.uint16), 65535), 0, 4095),  # a pixel of the sensor that is stuck
        ((UNIT * 65535).astype(np.uint16), 0, 65535),
        (UNIT * 4000, 0, 4095),
        (UNIT * 2 - 1, -1, 1),
        ((UNIT * 255 - 128).astype(np.int8), -128, 127),
    ],
)
def test_the_convention_that_numbers_follow(numbers, low, high):
    (made,), found = scaled(numbers)
    assert (found.scale.low, found.scale.high) == (low, high)
    exact = np.rint((numbers.astype(float).clip(low, high) - low) / (high - low) * 255)
    assert (made == exact).all()
    assert found.cut == ((numbers < low) | (numbers > high)).sum()


@pytest.mark.parametrize(
    ("numbers", "low", "high"),
    [
        (RNG.normal(0, 1, (40, 12, 12)), None, None),  # standardised
        ((RNG.normal(0, 300, (40, 12, 12))).astype(np.int16), None, None),  # Hounsfield units
        (UNIT * 1e-3, 0, None),
        (UNIT * 5, 0, None),
        (UNIT * 1e9, 0, None),
        ((UNIT * 2**40).astype(np.int64), 0, None),
        (np.where(UNIT < 0.2, -9999, 300 + 40 * UNIT), 308, None),  # a mark for "no data"
    ],
)
def test_numbers_of_no_convention_have_their_own_range(numbers, low, high):
    """The scale holds nearly all of them and wastes nearly nothing."""
    (made,), found = scaled(numbers)
    data = numbers[numbers != -9999]
    assert made.max() >= 250
    assert made.min() <= 5
    assert abs(found.scale.high - data.max()) <= 0.01 * np.ptp(data)
    assert low is None or found.scale.low == pytest.approx(low, abs=0.2 * np.ptp(data))


@pytest.mark.parametrize("value", [1e6, -1e6])
def test_one_number_far_outside_does_not_stretch_the_scale(value):
    made = scaled(with_one(RNG.normal(0, 1, (40, 12, 12)), value))[0][0]
    rest = np.delete(made.ravel(), 3 * 144 + 4 * 12 + 5)
    assert np.ptp(rest.astype(int)) > 150


def test_sparse_pictures_keep_their_bright_points():
    """Nearly all values are the ground: the few others are the picture, not freaks."""
    numbers = np.zeros((40, 100, 100))
    numbers.ravel()[::20_000] = RNG.integers(100, 255, 20)
    assert (scaled(numbers)[0][0] == numbers).all()


def test_one_scale_for_all_splits():
    train, test = (UNIT * 0.9).astype(np.float32), with_one(UNIT * 0.4, 1.0000001).astype(np.float32)
    made, found = scaled(train, test)
    assert (made[0] == np.rint(train.astype(float) * 255)).all()
    assert (found.scale.low, found.scale.high) == (0, 1)
    assert made[1].mean() < 60


@pytest.mark.parametrize(
    ("train", "test"),
    [
        (UNIT, BYTES),
        (UNIT * 2 - 1, BYTES.astype(np.uint8)),
        (BYTES % 2, BYTES % 2 * 255),
        (BYTES.astype(np.uint8), (UNIT * 4000).astype(np.uint16)),
    ],
)
def test_splits_of_different_conventions_are_refused(train, test):
    for parts in ((train, test), (test, train), (test, test, train)):
        with pytest.raises(BadInput, match=r"set: expected numbers of one scale in all splits, found .* in part 0 and"):
            scaled(*parts)


DTYPES = ("u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f2", "f4", "f8", "?")


@st.composite
def stacks(draw, dtypes=DTYPES, most=1):
    """Splits of pictures of one dtype: any values, often within a range that such data have."""
    dtype = np.dtype(draw(st.sampled_from(dtypes)))
    low, high = draw(st.sampled_from([(None, None), (0, 1), (-1, 1), (0, 100), (-100, 100)]))
    if dtype.kind == "b":
        values = st.booleans()
    elif dtype.kind == "f":
        values = st.floats(low, high, allow_nan=False, allow_infinity=False, width=8 * dtype.itemsize)
    else:
        ends = np.iinfo(dtype)
        values = st.integers(ends.min if low is None else max(low, ends.min), ends.max if high is None else high)
    side = draw(array_shapes(min_dims=2, max_dims=2, min_side=8, max_side=9))
    return [
        draw(arrays(dtype, (draw(st.integers(1, 3)), *side), elements=values))
        for _ in range(draw(st.integers(1, most)))
    ]


def monotone(numbers: np.ndarray, made: np.ndarray) -> None:
    """Equal numbers are equal pixels, larger ones never darker."""
    order = np.argsort(numbers.ravel(), kind="stable")
    ordered, values = made.ravel()[order].astype(int), numbers.ravel()[order]
    assert (np.diff(ordered) >= 0).all()
    assert (np.diff(ordered)[values[1:] == values[:-1]] == 0).all()


@settings(max_examples=40)
@given(stacks(most=3))
@example([np.full((1, 8, 8), 1e308), np.full((1, 8, 8), -1e308)])
@example([np.full((2, 8, 8), 5e-324)])
def test_any_arrays_are_monotone_and_of_one_scale(tmp_path_factory, parts):
    path = tmp_path_factory.getbasetemp() / "property.npz"
    keys = ["train_images", "val_images", "test_images"]
    np.savez(path, **dict(zip(keys, parts, strict=False)))
    try:
        source = readers.read(parse({"name": "x", "path": str(path)}))
    except BadInput as error:
        if "expected numbers of one scale in all splits" not in str(error):
            raise
        return
    monotone(np.concatenate(parts), source.images[..., 0])
    assert (source.scaled.ends[:, 1] == np.concatenate(parts).max(axis=(1, 2)).astype(float)).all()


@settings(max_examples=40)
@given(stacks(dtypes=("u2",)), st.sampled_from([png16, tiff]))
def test_any_deep_png_or_tiff_is_monotone(parts, write):
    _check_files(parts[0], [write(p[..., None]) for p in parts[0]])


@settings(max_examples=40)
@given(stacks(dtypes=("i1", "i2", "u4", "i4", "f2", "f4", "f8")))
def test_any_tiff_is_monotone(parts):
    _check_files(parts[0], [tiff(p[..., None]) for p in parts[0]])


@settings(max_examples=40)
@given(stacks(dtypes=("u1",)), st.sampled_from(["PNG", "TIFF", "BMP", "GIF", "PPM"]))
def test_any_picture_of_bytes_is_monotone(parts, kind):
    files = []
    for pixels in parts[0]:
        out = io.BytesIO()
        Image.fromarray(pixels).save(out, kind)
        files.append(out.getvalue())
    _check_files(parts[0], files, channel=0)


def _check_files(numbers: np.ndarray, files: list[bytes], channel: int = 0) -> None:
    items = [Encoded(f"{i}", lambda f=f: io.BytesIO(f)) for i, f in enumerate(files)]
    made = decode_images.stack(items, None, "set", lambda *_: None)
    monotone(numbers, made.images[:, channel])


def test_the_sheet_tells_scale_and_ends_and_where_splits_differ(tmp_path, workspace):
    """Read back: what is registered, and what is said of it."""
    train, test = UNIT[:24] * 0.9, with_one(UNIT[24:], 1.0000001) * 0.4
    labels = np.arange(40) % 2
    np.savez(
        tmp_path / "s.npz", train_images=train, train_labels=labels[:24], test_images=test, test_labels=labels[24:]
    )
    store = Artefacts(workspace.artefacts)
    manifest, _ = register.register({"name": "x", "path": str(tmp_path / "s.npz")}, store)
    data, sheet = Dataset(manifest, store), store.json(manifest["sheet"]["sha256"])
    split = data.table["split"].to_numpy()
    assert (data.images[split == "test"][:, 0] == np.rint(test * 255)).all()
    assert sheet["scale"]["splits"]["test"] == {
        "darkest": test.min(),
        "brightest": test.max(),
        "usual_darkest": np.median(test.min(axis=(1, 2))),
        "usual_brightest": np.median(test.max(axis=(1, 2))),
    }
    assert (sheet["scale"]["low"], sheet["scale"]["high"], sheet["scale"]["cut"]) == (0, 1, 0)
    assert sheet["warnings"][0].startswith("The splits differ in brightness (brightest pixel of a typical image: 0.39")


def test_one_bright_pixel_does_not_hide_that_a_split_is_dark(tmp_path, workspace):
    test = with_one(UNIT[24:] * 0.4, 1.0000001)
    labels = np.arange(40) % 2
    parts = {"train_images": UNIT[:24], "train_labels": labels[:24], "test_images": test, "test_labels": labels[24:]}
    np.savez(tmp_path / "s.npz", **parts)
    store = Artefacts(workspace.artefacts)
    manifest, _ = register.register({"name": "x", "path": str(tmp_path / "s.npz")}, store)
    said = store.json(manifest["sheet"]["sha256"])["warnings"]
    assert said[0].startswith("The splits differ in brightness (brightest pixel of a typical image: 0.39")
    assert said[1].startswith("1 pixel value (0.017 %) lay outside 0 to 1")


def test_bytes_register_as_they_are_and_say_nothing_of_it(tmp_path, workspace):
    np.savez(tmp_path / "s.npz", images=BYTES.astype(np.uint8), labels=np.arange(40) % 2)
    store = Artefacts(workspace.artefacts)
    manifest, _ = register.register({"name": "x", "path": str(tmp_path / "s.npz")}, store)
    assert (Dataset(manifest, store).images[:, 0] == BYTES).all()
    assert "pixels" not in manifest
    assert store.json(manifest["sheet"]["sha256"])["warnings"] == []
