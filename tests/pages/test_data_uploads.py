"""Pictures from the browser: files or a zip with a table beside them; what was registered is read back."""

from __future__ import annotations

import io
import re
import zipfile

import numpy as np
import pytest
from PIL import Image

from backend.control.runs import runs as run_rows
from backend.data import uploads
from backend.data.dataset import Dataset
from backend.data.register import register
from backend.workspace.formats import minute
from backend.workspace.layout import BadInput
from workbench.verdicts import data as words

ROWS = [(f"scan {i:02d}.png", i % 2, "fm"[i // 2 % 2], 30 + i) for i in range(24)]
TABLE = "file_name,tumour,sex,age\n" + "".join(f"{name},{sick},{sex},{age}\n" for name, sick, sex, age in ROWS)


def picture(row: int) -> bytes:
    out = io.BytesIO()
    Image.fromarray(np.full((12, 12), 10 * row, dtype=np.uint8)).save(out, "PNG")
    return out.getvalue()


def pictures() -> list[tuple[str, bytes, str]]:
    return [(name, picture(row), "image/png") for row, (name, *_) in enumerate(ROWS)]


def zipped(files: list[tuple[str, bytes, str]]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content, _ in files:
            archive.writestr(f"all/{name}", content)
    return out.getvalue()


@pytest.fixture
def asked(nothing, monkeypatch):
    """The specs that the page asked to register."""
    specs = []
    ended = {"state": "failed", "reason": "no", "dataset": "t", "started": None, "ended": None}
    monkeypatch.setattr(nothing, "add_data", lambda spec, actor="local": specs.append(spec) or "x")
    monkeypatch.setattr(nothing, "run", lambda run: ended)
    return specs


@pytest.mark.parametrize("way", ["files", "zip"])
def test_pictures_with_a_table_beside_them(way, nothing, asked, open_page):
    table = ("patients.csv", TABLE.encode(), "text/csv")
    files = [*pictures(), table] if way == "files" else [("scans.zip", zipped(pictures()), "application/zip"), table]
    app = open_page("data")
    app.segmented_control(key="where").select("Upload").run()
    app.file_uploader("file").set_value(files).run()
    assert not app.error, [e.value for e in app.error]
    key = f"of image {app.session_state['uploaded']['path']}"
    assert app.selectbox(key=f"label {key}").options == ["(none)", "tumour", "sex", "age"]
    app.selectbox(key=f"label {key}").select("tumour").run()
    assert app.multiselect(key=f"sensitive {key}").options == ["sex", "age"]
    assert any("Not offered: path (a value of its own in nearly every row)" in c.value for c in app.caption)
    app.multiselect(key=f"sensitive {key}").select("sex").run()
    app.text_input(key=f"called.tumour.0 {key}").set_value("benign")
    app.text_input(key=f"called.tumour.1 {key}").set_value("a tumour")
    app.button(key="register").click().run()
    assert not app.exception
    spec = asked[0]
    assert (spec["kind"], spec["name"], spec["label"]) == ("image", "pictures" if way == "files" else "scans", "tumour")
    manifest, _ = register(spec, nothing.artefacts)
    held = Dataset(manifest, nothing.artefacts)
    told = held.table
    assert (manifest["count"], manifest["classes"], manifest["sensitive"]) == (24, ["benign", "a tumour"], ["sex"])
    sheet = nothing.document(manifest["sheet"]["sha256"])
    assert "Names, as asked: tumour 0 is benign, 1 is a tumour." in words.read_lines(manifest, sheet)
    by_grey = {int(held.images[row].max()): row for row in range(24)}
    for row, (name, sick, sex, age) in enumerate(ROWS):
        mine = told.iloc[by_grey[10 * row]]
        assert mine["path"] in (name, f"all/{name}")
        assert (int(mine["label"]), mine["sex"], int(mine["age"])) == (sick, sex, age)


def test_a_table_that_names_none_of_the_pictures_is_one_line(nothing, open_page):
    app = open_page("data")
    app.segmented_control(key="where").select("Upload").run()
    table = ("patients.csv", b"who,sick\na,1\nb,0\n", "text/csv")
    app.file_uploader("file").set_value([("scans.zip", zipped(pictures()), "application/zip"), table]).run()
    assert app.error[0].value.startswith("patients.csv: expected a column that names the pictures in scans.zip")
    assert not app.exception


@pytest.mark.parametrize(
    ("names", "line"),
    [
        (["a.png", "b.zip"], "expected one file, or pictures"),
        (["a.zip", "b.zip"], "expected one file, or pictures"),
        (["a.csv", "b.csv"], "expected one file, or pictures"),
        (["a.png", "b.npz"], "expected one file, or pictures.*b.npz"),
        (["a.png", "A.PNG"], "expected every name once"),
        (["a.png", ".hidden.png"], "expected a printable name"),
        (["a.png", "b\x07.png"], "expected a printable name"),
        (["a.png", "x" * 300 + ".png"], "expected a printable name"),
    ],
)
def test_files_that_do_not_belong_together_are_one_line(names, line, tmp_path):
    placed = [(name, uploads.keep(tmp_path, f"f{at}.png", bytes([at + 1]))) for at, name in enumerate(names)]
    with pytest.raises(BadInput, match=line):
        uploads.gather(tmp_path, placed)


def test_what_is_gathered_stays_below_the_uploads(tmp_path):
    (tmp_path / "secret.png").write_bytes(b"secret")
    mine = uploads.keep(tmp_path, "a.png", b"a")
    (mine.parent / "link.png").symlink_to(tmp_path / "secret.png")
    for place in (tmp_path / "secret.png", mine.parent / "link.png", mine.parent / ".." / ".." / "secret.png"):
        with pytest.raises(BadInput, match="expected files that lie"):
            uploads.gather(tmp_path, [("a.png", mine), ("b.png", place)])
    folder = uploads.gather(tmp_path, [("../../a.png", mine), ("deep/er\\b.png", mine)])
    assert sorted(file.name for file in folder.iterdir()) == ["a.png", "b.png"]
    assert folder.is_relative_to(tmp_path / "uploads")
    assert uploads.gather(tmp_path, [("a.png", mine), ("b.png", mine)]) == folder


def test_a_registration_that_failed_stands_on_home_and_data_until_it_is_dismissed(nothing, open_page):
    fail(nothing, "data-1", "scans", "scans.zip: expected a readable zip member, found Bad CRC-32")
    for page in ("home", "data"):
        assert app_errors(open_page(page)) == [LINE.replace("WHEN", minute(nothing.run("data-1")["ended"]))]
    app = open_page("home")
    app.button(key="dismiss data-1").click().run()
    assert app_errors(app) == app_errors(open_page("data")) == []
    assert nothing.latest("data-1", "run.labelled")["body"] == {"archived": True}


def test_a_registration_that_was_tried_again_is_answered(nothing):
    fail(nothing, "data-1", "scans", "no")
    fail(nothing, "data-2", "scans", "still no")
    assert [job["run"] for job in words.unregistered(nothing.runs())] == ["data-2"]
    told = [job | {"state": "succeeded" if job["run"] == "data-2" else job["state"]} for job in nothing.runs()]
    assert words.unregistered(told) == []
    with pytest.raises(BadInput, match="expected a training run"):
        nothing.labels.set("data-1", title="another")


LINE = "scans was not registered (WHEN): scans.zip: expected a readable zip member, found Bad CRC-32"


def fail(service, run: str, name: str, reason: str) -> None:
    spec = {"spec": {"name": name, "path": f"/{name}.zip"}}
    service.store.write(lambda tx: run_rows.create(tx, run, "data", f"Register {name}", name, spec, "local"))
    service.store.write(lambda tx: run_rows.move(tx, run, "failed", reason))


def app_errors(app) -> list[str]:
    return [plain_text(error.value) for error in app.error]


def plain_text(shown: str) -> str:
    return re.sub(r"[\\\u2060]", "", shown)
