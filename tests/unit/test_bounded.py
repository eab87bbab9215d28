"""Small files that unpack to far more than the machine has: read in little memory, or refused with one clear line."""

import datetime
import decimal
import io
import json
import struct
import subprocess
import sys
import zipfile
import zlib

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.control.content.looking import Looks
from backend.data import bounded, cleaning
from backend.data import source as sources
from backend.data.readers import npz
from backend.workspace.layout import BadInput

MIB = 1 << 20

VALUES = st.one_of(st.none(), st.text(max_size=30))
COLUMNS = st.fixed_dictionaries(
    {
        "word": st.lists(VALUES, min_size=1, max_size=20),
        "kind": st.sampled_from(["string", "large_string", "dictionary", "view", "list", "struct", "map", "pair"]),
    }
)


def column(words: list, kind: str) -> pa.Array:
    if kind == "dictionary":
        return pa.array(words, pa.string()).dictionary_encode()
    if kind == "view":
        return pa.array(words, pa.string_view())
    if kind == "list":
        return pa.array([None if w is None else [w, None] for w in words], pa.list_(pa.string()))
    if kind == "struct":
        return pa.array([{"a": w, "b": 1} for w in words], pa.struct([("a", pa.string()), ("b", pa.int8())]))
    if kind == "map":
        return pa.array([[("k", w)] for w in words], pa.map_(pa.string(), pa.string()))
    if kind == "pair":
        return pa.array([None if w is None else [w, w] for w in words], pa.list_(pa.string(), 2))
    return pa.array(words, getattr(pa, kind)())


@given(COLUMNS, st.integers(1, 7), st.booleans())
def test_what_is_read_in_pieces_is_what_was_written(tmp_path_factory, drawn, group, stored):
    """Whatever the type, the row groups and whether Arrow's own schema is kept beside Parquet's."""
    table = pa.table({"c": column(drawn["word"], drawn["kind"])})
    file = tmp_path_factory.mktemp("t") / "t.parquet"
    pq.write_table(table, file, row_group_size=group, store_schema=stored)
    found = pa.concat_tables(bounded.parquet(file, rows=3))
    assert found["c"].to_pylist() == table["c"].to_pylist()
    assert not any(pa.types.is_dictionary(kind) or kind == pa.string_view() for kind in found.schema.types)


def test_other_types_come_through():
    table = pa.table(
        {
            "decimal": [decimal.Decimal("1.5")] * 3,
            "time": [datetime.datetime(2026, 1, 1)] * 3,
            "json": pa.array(["{}", None, "[]"], pa.json_()),
            "fixed": pa.array([b"ab", None, b"cd"], pa.binary(2)),
            "coded": pa.array([1, None, 1]).dictionary_encode(),
            "nothing": pa.nulls(3),
        }
    )
    assert pa.concat_tables(bounded.pieces(iter([table]))).to_pydict() == table.to_pydict()


@pytest.mark.parametrize("kind", ["view", "run ends"])
def test_columns_whose_rows_cannot_be_counted_are_refused(kind):
    lists = pa.array([[1]], pa.list_view(pa.int8())) if kind == "view" else pa.compute.run_end_encode(pa.array([1, 1]))
    with pytest.raises(BadInput, match="column 'c': expected plain values, found"):
        list(bounded.pieces(iter([pa.table({"c": lists})])))


def repeated(rows: int, size: int) -> pa.Table:
    """One long text that stands in every row: some kilobytes in a file, gigabytes when it is written out."""
    text = pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, np.int32)), pa.array(["x" * size]))
    return pa.table({"text": text, "label": pa.array(np.arange(rows) % 2)})


def test_a_repeated_value_is_counted_before_it_is_written_out(monkeypatch):
    monkeypatch.setattr(bounded, "PIECE", 1_000)
    sizes = [len(piece) for piece in bounded.pieces(iter([repeated(10, 300)]))]
    assert sizes == [3, 3, 3, 1]
    told = []
    next(bounded.pieces(iter([repeated(10, 300)]), told.append))
    assert told == [10 * (300 + 8)], "the size of all rows is told before the first is decoded"


def test_a_table_beyond_the_cap_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(cleaning, "MAX_BYTES", MIB)
    pq.write_table(repeated(2_000, 1_000), tmp_path / "t.parquet", store_schema=False)
    from backend.data.readers import text_tables
    from backend.data.spec import Spec

    path = tmp_path / "t.parquet"
    with pytest.raises(BadInput, match=r"t.parquet: expected rows of at most 0 GiB once they are decoded"):
        list(text_tables.read(path, Spec(name="x", path=str(path), kind="text")).batches)


class TestPeakMemory:
    """What a process that does nothing else takes at most, in MiB."""

    PROGRAM = """
import resource, sys
from pathlib import Path
from backend.data import preview, readers
from backend.data.spec import Spec
from backend.workspace.layout import BadInput
path, kind = sys.argv[1:]
def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
before, said = peak(), ""
try:
    if kind == "look":
        preview.preview(path)
    elif kind == "text":
        for batch in readers.read_texts(Spec(name="x", path=path, kind="text")).batches: pass
    else:
        from backend.data import decode_images
        source = readers.read(Spec(name="x", path=path))
        decode_images.stack(source.images, 64, source.name, lambda *_: None)
except BadInput as error:
    said = str(error)
print(peak() - before, said)
"""

    def read(self, path, kind: str) -> tuple[int, str]:
        command = [sys.executable, "-c", self.PROGRAM, path, kind]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        taken, _, said = done.stdout.strip().partition(" ")
        return int(taken), said

    @pytest.mark.slow  # the same in another format is held below
    @pytest.mark.parametrize("kind", ["text", "look"])
    def test_a_long_text_in_every_row_of_parquet(self, tmp_path, kind):
        """A terabyte when it is written out; one value is 70 MB."""
        pq.write_table(repeated(20_000, 70_000_000), tmp_path / "t.parquet", store_schema=False, compression="zstd")
        assert (tmp_path / "t.parquet").stat().st_size < 10_000
        taken, said = self.read(tmp_path / "t.parquet", kind)
        assert taken < 500
        assert "expected rows of at most 64 GiB once they are decoded, found" in said or kind == "look"

    @pytest.mark.slow  # the same in another format is held below
    def test_a_long_text_in_every_row_of_arrow(self, tmp_path):
        (tmp_path / "d").mkdir()
        table = repeated(20_000, 70_000_000)
        with pa.OSFile(str(tmp_path / "d" / "a.arrow"), "wb") as out, pa.ipc.new_stream(out, table.schema) as stream:
            stream.write_table(table)
        (tmp_path / "d" / "state.json").write_text(json.dumps({"_data_files": [{"filename": "a.arrow"}]}))
        (tmp_path / "d" / "dataset_info.json").write_text("{}")
        taken, said = self.read(tmp_path / "d", "text")
        assert taken < 500
        assert "once they are decoded" in said

    @pytest.mark.parametrize("nested", [False, True])
    def test_one_picture_in_every_row(self, tmp_path, nested):
        """30 MB in every of 1,000 rows, plain and as the {bytes, path} of Hugging Face."""
        pixels = pa.array([b"\x89PNG" * 7_500_000])
        picture = pa.DictionaryArray.from_arrays(pa.array(np.zeros(1_000, np.int32)), pixels)
        if nested:
            picture = pa.StructArray.from_arrays([picture], ["bytes"])
        table = pa.table({"image": picture, "label": pa.array(np.arange(1_000) % 2)})
        pq.write_table(table, tmp_path / "t.parquet", store_schema=False, compression="zstd")
        taken, said = self.read(tmp_path / "t.parquet", "image")
        assert taken < 600
        assert "expected at most 4 GiB of decoded images, found" in said

    def test_json_of_many_numbers_and_csv_of_many_cells(self, tmp_path):
        """A line of a megabyte that becomes as many objects, and so on: a batch is counted by what was read."""
        line = json.dumps({"text": "a", "n": [[]] * 200_000}, separators=(",", ":")) + "\n"
        (tmp_path / "t.jsonl").write_text(line * 30)
        assert self.read(tmp_path / "t.jsonl", "text")[0] < 300
        (tmp_path / "t.csv").write_text("text,b\na,b\n" + ("," * 2_000_000 + "\n") * 10)
        taken, said = self.read(tmp_path / "t.csv", "text")
        assert taken < 300
        assert "expected 2 columns in every row, found 2000001" in said


def npy(shape: str, dtype: str = "|u1", header: int = 0, payload: bytes = b"") -> bytes:
    text = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}".ljust(header).encode() + b"\n"
    return b"\x93NUMPY\x02\x00" + struct.pack("<I", len(text)) + text + payload


def packed(path, **members: bytes):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, payload in members.items():
            archive.writestr(f"{name}.npy", payload)
    return path


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"images": npy("(9000000, 64, 64)")}, "expected at most 4 GiB of decoded images"),
        ({"images": npy("(4000000000, 1, 1)")}, "expected at most 20,000,000 images, found 4,000,000,000"),
        ({"images": npy("(10, 8, 8)"), "labels": npy("(10, 900000000)", "<i8")}, "in the arrays beside the images"),
        ({"images": npy("(10, 8, 8)"), "class_names": npy("(90000000,)", "<U900")}, "in the arrays beside the images"),
        ({"images": npy("(10, 8, 8)", header=50 * MIB)}, "expected an .npz file of arrays"),
        ({"images": npy("(10, 8, 8)", payload=b"short")}, "expected an .npz file of arrays"),
        ({"images": npy("(10, 8, 8)", "|O")}, "found a pickled object array"),
        ({"images": npy("(10, 0)", "<U0")}, "expected N x H x W"),
    ],
)
@pytest.mark.parametrize("call", ["look", "read"])
def test_npz_headers_are_not_believed(members, said, call, tmp_path, monkeypatch):
    path = packed(tmp_path / "s.npz", **members)
    asked = []
    monkeypatch.setattr(np, "load", lambda *args, real=np.load, **more: asked.append(args) or real(*args, **more))
    if call == "look" and said in ("expected at most 4 GiB of decoded images", "expected N x H x W"):
        npz.look(path)  # of images a look reads the number alone
        return
    if call == "look" and members["images"].endswith(b"short"):
        npz.look(path)
        return
    with pytest.raises(BadInput) as caught:
        npz.look(path) if call == "look" else npz.read(path, None)
    assert said in str(caught.value)


def test_arrays_that_are_no_columns_are_not_loaded(tmp_path):
    """Embeddings beside images (N x 512 floats) are left alone, however large they say they are."""
    path = tmp_path / "s.npz"
    np.savez(path, images=np.zeros((4, 8, 8), np.uint8), labels=[0, 1, 0, 1], age=[1, 2, 3, 4])
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("embedding.npy", npy("(4, 900000000)", "<f8"))
    assert list(npz.read(path, None).frame) == ["label", "age"]
    assert list(npz.look(path).frame) == ["label", "age"]


def bomb_png(width: int, height: int) -> bytes:
    """A PNG of zeros that says it is so large; a few kilobytes for a thousand million pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    pixels = zlib.compress(b"\0" * min(10 * MIB, (width + 1) * height))
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def bomb_tiff(width: int, height: int) -> bytes:
    """A TIFF that says so, with a single strip of a few bytes."""
    tags = [(256, 4, width), (257, 4, height), (258, 3, 8), (259, 3, 1), (262, 3, 1), (273, 4, 8), (278, 4, height)]
    tags.append((279, 4, width * height % 2**32))
    entries = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in tags)
    return b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", len(tags)) + entries + b"\0\0\0\0"


@pytest.mark.parametrize("make", [bomb_png, bomb_tiff])
@pytest.mark.parametrize("side", [8_000, 60_000])
def test_pictures_that_unpack_to_too_much_are_refused_by_their_header(make, side, tmp_path):
    from backend.data import decode_images
    from backend.data.source import Encoded

    payload = make(side, side)
    with pytest.raises(BadInput, match="expected at most 50,000,000 pixels, found"):
        decode_images.stack([Encoded("p", lambda: io.BytesIO(payload))], None, "s", lambda *_: None)


def test_a_zip_that_claims_less_than_it_holds(tmp_path, monkeypatch):
    """What is read of a member is bounded, whatever the archive's directory says."""
    from backend.data.readers import zip_folder
    from backend.data.spec import parse

    monkeypatch.setattr(zip_folder, "MAX_MEMBER_BYTES", MIB)
    with zipfile.ZipFile(tmp_path / "z.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/1.png", b"\0" * 3 * MIB)
    asked = parse({"name": "z", "path": str(tmp_path / "z.zip")})
    source = zip_folder.read(tmp_path / "z.zip", asked)
    with pytest.raises(BadInput, match="expected at most 1,048,576 bytes, found more"):
        source.images[0].open()
    monkeypatch.setattr(sources, "MAX_BYTES", MIB)
    with pytest.raises(BadInput, match="expected at most 0 GiB of decoded images"):
        zip_folder.read(tmp_path / "z.zip", asked)


class TestLooks:
    """The first look at a source runs beside the server, within a limit of memory and of time."""

    @pytest.fixture(scope="class")
    @classmethod
    def looks(cls):
        looks = Looks(256 * MIB)
        yield looks
        looks.close()

    def test_what_needs_too_much_is_refused_and_the_next_look_works(self, looks, tmp_path):
        one_row = pa.ListArray.from_arrays([0, 1 << 26], pa.array(np.zeros(1 << 26, np.int64)))
        pq.write_table(pa.table({"text": ["a"], "n": one_row}), tmp_path / "l.parquet", compression="zstd")
        (tmp_path / "t.csv").write_text("text,label\n" + "some words,1\n" * 5)
        with pytest.raises(BadInput, match=r"l.parquet: expected a source that can be .*0.25 GiB of memory"):
            looks.at(str(tmp_path / "l.parquet"), kind=None)
        assert looks.at(str(tmp_path / "t.csv"), kind=None)["text"] == "text"

    def test_a_refusal_comes_through(self, looks, tmp_path):
        with pytest.raises(BadInput, match="expected a file or folder, found nothing at"):
            looks.at(str(tmp_path / "none"), kind=None)

    def test_a_process_that_ended_by_itself_is_started_again(self, looks, tmp_path):
        (tmp_path / "t.csv").write_text("text,label\n" + "some words,1\n" * 5)
        looks.at(str(tmp_path / "t.csv"), kind="text")
        looks._process.stdin.close()
        looks._process.wait(10)
        assert looks.at(str(tmp_path / "t.csv"), kind="text")["rows"] is None

    def test_one_that_takes_too_long_is_ended(self, tmp_path):
        slow = Looks(256 * MIB, seconds=0.01)  # no process starts that fast
        with pytest.raises(BadInput, match=r"within 0.01 s and 0.25 GiB of memory, found that it takes more"):
            slow.at(str(tmp_path), kind="text")
        assert slow._process is None
