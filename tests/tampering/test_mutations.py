"""Each mutation is found and named; what is out of reach is listed with the reason (docs/tampering.md)."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.audit.ledger.keys import FILE, FILE_VARIABLE
from backend.audit.ledger.verify import KINDS

from . import apart, catalogue, files, leaves, tables  # noqa: F401 - each registers its mutations
from .examine import examined
from .hand import MUTATIONS, Hand, Mutation
from .page import PAGE, page
from .workspace import finished

ENOUGH = 60  # kinds of mutation at the least


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    root = tmp_path_factory.mktemp("finished") / "ws"
    return root, finished(root)


@pytest.fixture(scope="module")
def made_apart(tmp_path_factory):
    """The same with its key in another folder."""
    root, keys = tmp_path_factory.mktemp("finished") / "ws", tmp_path_factory.mktemp("keys")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(FILE_VARIABLE, str(keys / "record.key"))
        names = finished(root)
    assert not (root / FILE).exists()
    return root, names, keys / "record.key"


@pytest.fixture
def hand(made, tmp_path) -> Hand:
    """A tamperer with a copy of the finished workspace."""
    root, names = made
    shutil.copytree(root, tmp_path / "ws")
    return Hand(tmp_path / "ws", names)


@pytest.fixture
def hand_apart(made_apart, tmp_path, monkeypatch) -> Iterator[Hand]:
    """A tamperer with a copy of the finished workspace, and without the folder of its key, which stays as it was."""
    root, names, key = made_apart
    shutil.copytree(root, tmp_path / "ws")
    monkeypatch.setenv(FILE_VARIABLE, str(key))
    before = {path.name: path.read_bytes() for path in key.parent.iterdir()}
    yield Hand(tmp_path / "ws", names)
    assert {path.name: path.read_bytes() for path in key.parent.iterdir()} == before


def test_the_untouched_workspace_is_clean(hand):
    report = examined(hand.root)
    assert report["findings"] == []


def test_the_untouched_workspace_is_clean_with_its_key_elsewhere(hand_apart):
    report = examined(hand_apart.root)
    assert report["findings"] == []


@pytest.mark.parametrize("one", [m for m in MUTATIONS.values() if m.found], ids=lambda one: one.name)
def test_it_is_found_and_named(one: Mutation, request):
    hand: Hand = request.getfixturevalue("hand_apart" if one.apart else "hand")
    one.do(hand)
    found = examined(hand.root)["findings"]
    assert found, f"{one.what}: nothing was found"
    kinds = {finding["kind"] for finding in found}
    assert kinds & set(one.found), f"{one.what}: named as {[f['line'] for f in found][:5]}"
    assert kinds <= set(KINDS)
    assert all("\n" not in finding["line"] for finding in found)


@pytest.mark.parametrize("one", [m for m in MUTATIONS.values() if m.reach], ids=lambda one: one.name)
def test_what_is_out_of_reach_is_so(one: Mutation, hand: Hand):
    """The page claims no more than holds: if one of these is found one day, the page must say so."""
    one.do(hand)
    assert examined(hand.root)["findings"] == []


def test_there_are_enough_kinds():
    assert sum(bool(one.found) for one in MUTATIONS.values()) >= ENOUGH


def test_the_page_lists_them_all():
    assert Path(PAGE).read_text(encoding="utf-8") == page(), "run: python -m tests.tampering.page"


def test_the_record_counts_them_rightly():
    elsewhere, out = (sum(bool(getattr(m, name)) for m in MUTATIONS.values()) for name in ("apart", "reach"))
    ways = f"{len(MUTATIONS)} ways to tamper with a finished workspace"
    said = f"{ways}, {elsewhere} of them with the key in another folder"
    assert out == 2
    assert f"{said}, two out of reach" in Path(PAGE).with_name("record.md").read_text(encoding="utf-8")
