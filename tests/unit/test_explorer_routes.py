"""The explorer's HTTP routes: what a ticket opens, what nothing opens, and what a browser may keep."""

from __future__ import annotations

import gzip
import io

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient

from backend.control.content import stored as kept
from backend.control.content.rows import Rows
from backend.control.people.people import People
from backend.control.people.sessions import COOKIE
from backend.control.service import NotFound
from backend.modality import Cell
from backend.workspace.visible import visible
from tests.conftest import make_dataset, make_texts
from workbench.explorer import bundle, columns, maps, routes, shelf, tickets
from workbench.explorer.shelf import Parcel, Shelf
from workbench.modality._items import SIDE
from workbench.modality.text import items
from workbench.modality.text.items import HIDDEN

ROWS = np.array([2, 5, 9, 11], dtype=np.int64)


class Stored(Rows):
    """The service as far as the routes need it: one data set of pictures, one of texts, a map of four of their rows."""

    def __init__(self, workspace, store):
        from backend.workspace.artefacts import Artefacts

        self.workspace, self.artefacts = workspace, Artefacts(workspace.artefacts)
        self.data = {d.manifest["name"]: d.manifest for d in (make_dataset(self.artefacts), make_texts(self.artefacts))}
        at = {"row": ROWS, "x": [0.0, 1, 2, 3], "y": [0.0, 1, 0, 1], "kept": [1.0, 1, 1, 1]}
        self.map = self.artefacts.put_table("projection/ssl/pca/2", pa.table(at)).sha256
        near = {"index": np.array([[1, 2], [0, 3], [1, 0], [2, 1]], np.int32), "rows": ROWS}
        near["cosine"] = np.array([[0.9, 0.5]] * 4, np.float32)
        self.near = self.artefacts.put_arrays("neighbours/ssl", near).sha256
        self.people, self._stored = People(store, workspace), kept.Stored(self.artefacts)

    def table(self, sha256, wanted=None):
        if not self.artefacts.path(sha256, "parquet").is_file():
            raise NotFound(f"artefact: expected a stored file, found no {sha256[:8]}")
        return self.artefacts.table(sha256, wanted)

    def array(self, sha256, key, rows=None):
        return self.artefacts.array(sha256, key, rows)

    def dataset(self, name):
        return self.data[name]


@pytest.fixture
def stored(workspace, store, monkeypatch):
    found = Stored(workspace, store)
    for module in (columns, maps, routes):
        monkeypatch.setattr(module, "service", lambda: found)
    monkeypatch.setattr(routes, "server", lambda: found)
    return found


@pytest.fixture
def browser(stored):
    return TestClient(Starlette(routes=[routes.explorer_routes()]))


@pytest.fixture
def signed(stored):
    return lambda path, user="local": tickets.signed(path, stored.workspace.token, user)


def test_a_column_comes_back_byte_for_byte_and_may_be_kept_for_good(browser, signed):
    column = np.arange(5_000, dtype=np.uint16).tobytes()
    name = shelf.shelf().put(Parcel.of(column))
    answer = browser.get(signed(routes.bytes_path(name)))
    assert answer.content == column
    assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
    assert int(answer.headers["content-length"]) < len(column)


def test_a_column_that_left_the_shelf_is_gone(browser, signed):
    answer = browser.get(signed(routes.bytes_path("0" * 64)))
    assert (answer.status_code, answer.headers["cache-control"]) == (404, "no-store")
    assert answer.json()["detail"].startswith("column: expected one")


def test_a_point_has_its_picture_and_says_its_row(browser, signed, stored):
    answer = browser.get(signed(routes.cell_path("bars", stored.map, False)) + "&point=2")
    assert answer.headers["x-row"] == "9"
    assert max(Image.open(io.BytesIO(answer.content)).size) == SIDE
    assert answer.headers["content-type"] == "image/png"


def test_a_text_with_a_slur_is_hidden_unless_the_page_lets_it_be_seen(browser, signed, stored, monkeypatch):
    monkeypatch.setattr(items, "holds_slur", lambda text: True)
    assert browser.get(signed(routes.cell_path("reviews", stored.map, False)) + "&point=0").text == HIDDEN
    shown = browser.get(signed(routes.cell_path("reviews", stored.map, True)) + "&point=0").text
    assert shown == stored.text_starts("reviews", [2])[0]
    mild = signed(routes.cell_path("reviews", stored.map, False))
    assert browser.get(mild.replace("/mild?", "/all?") + "&point=0").status_code == 403


def test_an_example_of_a_kind_of_data_without_a_room_is_a_record(browser, signed, stored, monkeypatch):
    stored.data["sums"] = {"name": "sums", "kind": "table"}
    told = {"amount": 12.5, "note": "a\u202eb"}
    stored.cells = lambda name, rows, *sizes: [Cell("record", told | {"row": row}) for row in rows]
    answer = browser.get(signed(routes.cell_path("sums", stored.map, False)) + "&point=1")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {"amount": "12.5", "note": visible("a\u202eb"), "row": "5"}
    told |= {f"column {i}": i for i in range(1_000)}
    many = browser.get(signed(routes.cell_path("sums", stored.map, False)) + "&point=1").json()
    assert list(many)[9:] == ["column 7", "further values"]
    assert many["further values"] == "993"


def test_true_neighbours_are_points_of_the_map(browser, signed, stored):
    answer = browser.get(signed(routes.near_path(stored.map, stored.near)) + "&point=3").json()
    assert answer == {"points": [2, 1], "cosine": [0.9, 0.5]}


@pytest.mark.parametrize("point", ["", "-1", "4", "1e3", "²", "0x1", "99999999999999999999"])
def test_a_point_that_is_none_is_one_clear_line(browser, signed, stored, point):
    answer = browser.get(
        signed(routes.cell_path("bars", stored.map, False)), params={"point": point} | _query(signed, stored)
    )
    assert answer.status_code == 400
    assert answer.json()["detail"].startswith("point: expected a number from 0 to 3")


def _query(signed, stored) -> dict:
    return dict(
        part.split("=") for part in signed(routes.cell_path("bars", stored.map, False)).partition("?")[2].split("&")
    )


def test_a_map_that_is_no_more_is_not_found(browser, signed):
    assert browser.get(signed(routes.cell_path("bars", "a" * 64, False)) + "&point=0").status_code == 404


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("images", lambda stored: routes.cell_path("bars", stored.map, False)),
        ("texts", lambda stored: routes.cell_path("reviews", stored.map, False)),
    ],
)
def test_deleted_pictures_and_texts_are_one_line(browser, signed, stored, kind, path):
    data = stored.data["bars" if kind == "images" else "reviews"]
    stored.artefacts.path(data[kind]["sha256"], "safetensors" if kind == "images" else "parquet").unlink()
    answer = browser.get(signed(path(stored)) + "&point=0")
    assert answer.status_code == 404
    assert answer.json()["detail"].startswith("artefact: expected a stored file, found no")


NONE = "a" * 64
PATHS = [f"bytes/{NONE}", f"cell/bars/{NONE}/mild", f"cell/reviews/{NONE}/mild", f"near/{NONE}/{NONE}"]


@pytest.mark.parametrize("path", PATHS)
def test_every_route_refuses_who_has_no_ticket_or_anothers(browser, signed, stored, path):
    stored.people.add("anna", "viewer", email="anna@example.org")
    browser.cookies.set(COOKIE, stored.people.sessions.start("anna"))
    address = signed(f"/explorer/{path}", "anna")
    assert browser.get(f"/explorer/{path}").status_code == 403
    assert browser.get(address.replace("user=anna", "user=bert")).status_code == 403
    assert browser.get(signed("/explorer/other").replace("/explorer/other", f"/explorer/{path}")).status_code == 403
    assert browser.get(address[:-1] + ("0" if address[-1] != "0" else "1")).status_code == 403
    assert browser.get(address).status_code != 403
    browser.cookies.clear()
    assert browser.get(address).status_code == 403


HOW = {"password": {"password": "correct horse battery"}, "identity provider": {"email": "anna@example.org"}}


@pytest.mark.parametrize("how", HOW)
def test_a_ticket_ends_with_session_and_account_and_is_no_good_in_another_browser(
    browser, signed, stored, quick_hashes, how
):
    people = stored.people
    people.add("root", "viewer", email="root@example.org")
    people.add("anna", "viewer", **HOW[how])
    start = people.sessions.start
    address = signed(routes.cell_path("bars", stored.map, False), "anna") + "&point=0"

    def status(cookie):
        browser.cookies.clear()
        if cookie:
            browser.cookies.set(COOKIE, cookie)
        return browser.get(address).status_code

    first, second = start("anna"), start("anna")
    assert [status(cookie) for cookie in (first, start("root"), "of nobody", None)] == [200, 403, 403, 403]
    people.sessions.end(first)
    assert (status(first), status(second)) == (403, 200)
    people.disable("anna")
    assert status(second) == 403


def test_without_accounts_a_ticket_needs_no_cookie_until_there_are_some(browser, signed, stored):
    address = signed(routes.cell_path("bars", stored.map, False)) + "&point=0"
    assert browser.get(address).status_code == 200
    stored.people.add("anna", "viewer", email="anna@example.org")
    browser.cookies.set(COOKIE, stored.people.sessions.start("anna"))
    assert browser.get(address).status_code == 403


def test_a_browser_keeps_what_it_fetched_for_one_session_alone(browser, signed, stored):
    answer = browser.get(signed(routes.cell_path("bars", stored.map, False)) + "&point=0")
    assert "cookie" in answer.headers["vary"].lower()


def test_the_program_is_public_and_named_by_its_content(browser, monkeypatch):
    program = Parcel.of(b"export default () => {};\n")
    monkeypatch.setattr(bundle, "parcel", lambda: program)
    answer = browser.get(routes.bundle_path())
    assert answer.text == "export default () => {};\n"
    assert answer.headers["content-type"].startswith("text/javascript")
    assert browser.get("/explorer/view-" + "0" * 64 + ".js").status_code == 404


def path_of(address: str) -> tuple[str, dict]:
    path, _, query = address.partition("?")
    return path, dict(part.split("=") for part in query.split("&"))


def test_a_ticket_opens_its_path_for_its_user_until_it_ends():
    path, query = path_of(tickets.signed("/a/b", "secret", "anna", now=1_000_000))
    assert tickets.holder(path, query, "secret", now=1_000_000) == "anna"
    until = int(query["until"])
    assert 6 * 3600 <= until - 1_000_000 <= 12 * 3600
    assert tickets.holder(path, query, "secret", now=until - 1) == "anna"
    with pytest.raises(tickets.Refused, match="expired"):
        tickets.holder(path, query, "secret", now=until)


@pytest.mark.parametrize(
    "changed",
    [
        {"user": "bert"},
        {"until": "99999999999"},
        {"until": ""},
        {"until": "1e9"},
        {"until": "9" * 40},
        {"ticket": ""},
        {"ticket": "ü" * 64},
        {"user": "ann", "until": "a1036800"},
    ],
)
def test_a_ticket_that_was_changed_opens_nothing(changed):
    path, query = path_of(tickets.signed("/a/b", "secret", "anna"))
    for wrong in ((path, query | changed, "secret"), (path, query, "other secret"), ("/a/c", query, "secret")):
        with pytest.raises(tickets.Refused):
            tickets.holder(*wrong)


def test_an_address_stays_the_same_for_hours_so_that_caches_find_it():
    assert tickets.signed("/a", "s", now=21_600) == tickets.signed("/a", "s", now=21_600 + tickets.WINDOW - 1)


def test_the_shelf_keeps_what_was_used_last():
    parcels = [Parcel.of(bytes([i]) * 100) for i in range(3)]
    small = Shelf(budget=len(parcels[0].payload) + len(parcels[1].payload))
    for one in (parcels[0], parcels[1], parcels[0], parcels[2]):
        small.put(one)
    assert [small.get(one.sha256) is not None for one in parcels] == [True, False, True]
    assert gzip.decompress(small.get(parcels[2].sha256).payload) == b"\x02" * 100
